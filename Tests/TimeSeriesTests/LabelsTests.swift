// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TimeSeries

@Suite struct `Label sets` {
    @Test func `pairs are ordered by the bytes of their names, whatever the order given`() {
        let names = ["b", "a", "B", "_", "a1", "a_", "aa", "é", "z", "Z9"]
        let sorted = names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        var random = SeededRandom(seed: 7)
        for _ in 0..<50 {
            let labels = Labels(names.shuffled(using: &random).map { (name: $0, value: "v" + $0) })
            #expect(labels.pairs.map(\.name) == sorted)
            #expect(labels.pairs.allSatisfy { $0.value == "v" + $0.name })
        }
    }

    @Test func `a pair with an empty value is absent`() {
        let labels: Labels = ["campaign": "spring", "device": ""]
        #expect(labels == ["campaign": "spring"])
        #expect(labels["device"] == nil)
        #expect(labels["campaign"] == "spring")
        #expect(labels["region"] == nil)
        #expect(Labels(["a": ""]).pairs.isEmpty)
    }

    @Test func `an empty value given twice with a name does no harm, a full one traps`() async {
        #expect(Labels([(name: "a", value: ""), (name: "a", value: "1")]) == ["a": "1"])
        await #expect(processExitsWith: .failure) {
            _ = Labels([(name: "a", value: "1"), (name: "a", value: "2")])
        }
    }

    @Test func `a dictionary, a literal and a list make the same set`() {
        let list = Labels([(name: "b", value: "2"), (name: "a", value: "1")])
        #expect(list == ["a": "1", "b": "2"])
        #expect(list == Labels(["b": "2", "a": "1"]))
        #expect(list.hashValue == Labels(["b": "2", "a": "1"]).hashValue)
    }

    /// Prometheus and the store tell values apart by their bytes; Swift's strings are equal when they look alike.
    @Test func `composed and decomposed letters are different values`() {
        let composed = Labels(["place": "hot\u{E9}is"])
        let decomposed = Labels(["place": "hote\u{301}is"])
        #expect(composed != decomposed)
        #expect((composed < decomposed) != (decomposed < composed))
        #expect(Set([composed, decomposed]).count == 2)
        #expect(composed.expositionText.utf8.elementsEqual("{place=\"hot\u{E9}is\"}".utf8))
        #expect(decomposed.expositionText.utf8.elementsEqual("{place=\"hote\u{301}is\"}".utf8))
    }

    /// All sets over two names and two letters, against a comparison written out plainly.
    @Test func `small sets compare by first differing pair, name before value, a prefix first`() {
        let values = everyString(of: "aB", upTo: 2)
        let sets = values.flatMap { first in values.map { Labels(["m": first, "n": $0]) } }
        func plain(_ labels: Labels) -> [[UInt8]] {
            labels.pairs.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
        }
        func precedes(_ left: [[UInt8]], _ right: [[UInt8]]) -> Bool {
            for (a, b) in zip(left, right) where a != b { return a.lexicographicallyPrecedes(b) }
            return left.count < right.count
        }
        var compared = 0
        for left in sets {
            for right in sets {
                #expect((left < right) == precedes(plain(left), plain(right)), "\(left) < \(right)")
                #expect((left == right) == (plain(left) == plain(right)))
                compared += 1
            }
        }
        print("TimeSeriesTests: \(compared) pairs of label sets compared")
        #expect(compared == 2_401)
    }

    @Test func `order follows bytes where Unicode order would differ`() {
        #expect(Labels(["a": "Z"]) < Labels(["a": "a"]))
        #expect(Labels(["a": "z"]) < Labels(["a": "\u{E9}"]))
        #expect(Labels(["a": "\u{FFFF}"]) < Labels(["a": "\u{10000}"]))
        #expect(Labels(["b": "1"]) > Labels(["a": "2"]))
        #expect(Labels([:]) < Labels(["a": "1"]))
        #expect(!(Labels([:]) < Labels([:])))
    }
}

@Suite struct `Label sets as text` {
    @Test(arguments: [
        ("", ""), ("spring", "spring"), ("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n"), ("a\\n", "a\\\\n"),
        ("\\\"\n", "\\\\\\\"\\n"), ("\t", "\t"), ("{},=", "{},="), ("hotéis", "hotéis"), ("한국", "한국"),
        ("\r\n", "\r\\n"),
    ])
    func `a value is escaped as the exposition formats ask`(value: String, escaped: String) {
        let labels = Labels(["l": value])
        #expect(labels.expositionText == (value.isEmpty ? "" : "{l=\"\(escaped)\"}"))
    }

    @Test func `pairs are separated by commas, and no label is no text`() {
        #expect(
            Labels(["device": "mobile", "campaign": "spring"]).expositionText == #"{campaign="spring",device="mobile"}"#
        )
        #expect(Labels([:]).expositionText.isEmpty)
        #expect(Labels([:]).description == "{}")
        #expect(Labels(["a": "1"]).description == #"{a="1"}"#)
    }

    @Test func `every short value is read back as it was`() {
        for value in everyString(of: "\\\"\nn", upTo: 4) where !value.isEmpty {
            let text = Labels(["l": value]).expositionText
            #expect(!text.contains("\n"))
            #expect(unescaped(String(text.dropFirst(4).dropLast(2))) == value)
        }
    }

    /// What a reader of the text format does.
    private func unescaped(_ text: String) -> String? {
        var result = ""
        var rest = text[...]
        while let first = rest.popFirst() {
            if first == "\"" { return nil }
            guard first == "\\" else {
                result.append(first)
                continue
            }
            switch rest.popFirst() {
            case "\\": result.append("\\")
            case "\"": result.append("\"")
            case "n": result.append("\n")
            default: return nil
            }
        }
        return result
    }
}
