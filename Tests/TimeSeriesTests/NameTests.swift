// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@Suite struct `Names of metrics and labels` {
    @Test(arguments: ["a", "_", "A9", "campaign_clicks_total", "_a", "a__b"])
    func `letters, digits and underscores make a name`(name: String) {
        #expect(MetricFamily.isValidName(name))
        #expect(Labels.isValidName(name))
    }

    @Test(arguments: ["", "9", "1a", "a-b", "a b", "a.b", "é", "aé", "a\n", "a\0", "a:b", ":a", " a"])
    func `anything else makes none`(name: String) {
        #expect(!MetricFamily.isValidName(name))
        #expect(!Labels.isValidName(name))
    }

    @Test func `a label name that begins with two underscores is reserved, a metric name is not`() {
        #expect(!Labels.isValidName("__name__"))
        #expect(!Labels.isValidName("__"))
        #expect(MetricFamily.isValidName("__a"))
    }

    @Test func `every name of one byte is as the grammar says`() {
        for byte in UInt8(0)..<0x80 {
            let name = String(UnicodeScalar(byte))
            let isLetter = name.allSatisfy { $0.isLetter || $0 == "_" }
            let isDigit = ("0"..."9").contains(name)
            #expect(Labels.isValidName(name) == isLetter, "\(byte)")
            #expect(MetricFamily.isValidName(name) == isLetter, "\(byte)")
            #expect(Labels.isValidName("a" + name) == (isLetter || isDigit), "a and \(byte)")
            #expect(MetricFamily.isValidName("a" + name) == (isLetter || isDigit), "a and \(byte)")
        }
    }
}

@Suite struct `Numbers on disk` {
    @Test func `kinds and units keep the numbers they are written with`() {
        #expect(MetricFamily.Kind.counter.rawValue == 1)
        #expect(MetricFamily.Unit.one.rawValue == 0)
        #expect(MetricFamily.Unit.micro.rawValue == 6)
        #expect(MetricFamily.Unit.one.decimals == 0)
        #expect(MetricFamily.Unit.micro.decimals == 6)
        #expect(MetricFamily.Kind(rawValue: 0) == nil)
        #expect(MetricFamily.Unit(rawValue: 1) == nil)
    }
}
