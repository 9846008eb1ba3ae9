// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import TidemarkServer

@Suite struct ValueTextTests {
    @Test(
        arguments: [
            ("short", nil, 0, "0"), ("short", 0, 1_234, "1,234"), ("short", 0, 12_345, "12.3 K"),
            ("short", nil, 4_000_000, "4 M"), ("short", 0, -9_999, "−9,999"), ("short", nil, 0.0123, "0.012"),
            ("none", 3, 0.12345, "0.123"), ("none", 0, 1_234_567, "1,234,567"), ("none", nil, 1e21, "1.00e+21"),
            ("none", 2, -0.001, "0.00"), ("percentunit", 2, 0.0534, "5.34 %"), ("percentunit", 1, -0.5, "−50.0 %"),
            ("s", nil, 0, "0 s"), ("s", nil, 0.000_25, "250 µs"), ("s", nil, 0.0253, "25.3 ms"), ("s", nil, 90, "90 s"),
            ("s", nil, 900, "15 min"), ("s", nil, 86_400, "24 h"), ("s", nil, 864_000, "10 days"),
            ("bytes", nil, 512, "512 B"), ("bytes", 1, 135_106_560, "129 MiB"), ("eps", 2, 12.5, "12.50 events/s"),
            ("currencyUSD", 2, 12.5, "USD 12.50"), ("currencyEUR", 2, 1_234_567, "EUR 1.23 M"),
            ("none", nil, .nan, "–"), ("s", nil, .infinity, "∞"), ("short", nil, -.infinity, "−∞"),
        ] as [(String, Int?, Double, String)]
    )
    func `numbers read well`(unit: String, decimals: Int?, value: Double, expected: String) {
        let text = ValueText(unit: unit, decimals: decimals).text(value)
        #expect(text.replacing("\u{A0}", with: " ") == expected)
    }

    @Test func `an axis has round ends and holds all values`() {
        let scale = ChartScale(values: 0.013...0.0571, minimum: 0)
        #expect(scale.lowest == 0 && scale.highest >= 0.0571)
        #expect(scale.ticks.count >= 3 && scale.ticks.count <= 7)
        #expect(scale.place(0) == 0 && scale.place(scale.highest) == 1)
        for value in [0.0, 5, -5, 1e-9, 1e18] {
            let one = ChartScale(values: value...value)
            #expect(one.lowest <= value && one.highest >= value && one.highest > one.lowest)
            #expect((0...1).contains(one.place(value)))
        }
    }

    @Test func `an axis of seconds or bytes has the round numbers of their units`() {
        let time = ValueText(unit: "s", decimals: nil)
        let hours = ChartScale(values: 0...10_000, base: time.base(upTo: 10_000))
        #expect(hours.ticks.map { time.tick($0) } == ["0\u{A0}s", "60\u{A0}min", "2\u{A0}h", "3\u{A0}h"])
        let bytes = ValueText(unit: "bytes", decimals: nil)
        let mebibytes = ChartScale(values: 0...140_000_000, base: bytes.base(upTo: 140_000_000))
        #expect(mebibytes.ticks.map { bytes.tick($0) } == ["0\u{A0}B", "50\u{A0}MiB", "100\u{A0}MiB", "150\u{A0}MiB"])
        #expect(ValueText(unit: "eps", decimals: nil).tick(1.5) == "1.50" && bytes.base(upTo: 0) == 1)
    }

    @Test func `values of any size have an axis`() {
        var random = SeededRandom(for: "values of any size have an axis")
        for _ in 0..<2_000 {
            let size = pow(10, Double.random(in: -12...15, using: &random))
            let ends = (0..<2).map { _ in Double.random(in: -size...size, using: &random) }.sorted()
            let scale = ChartScale(values: ends[0]...ends[1], minimum: ends[0] > 0 ? 0 : nil)
            #expect(scale.lowest <= ends[0] && scale.highest >= ends[1], "\(ends)")
            #expect((2...9).contains(scale.ticks.count), "\(ends): \(scale.ticks)")
            #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func `no Float64 is too large or too small for an axis`() {
        let most = Double.greatestFiniteMagnitude
        let least = Double.leastNonzeroMagnitude
        let ends = [-most, -1.7e308, -1, -least, 0, least, 1e-300, 1, 1e300, 1.7e308, most]
        for (index, low) in ends.enumerated() {
            for high in ends[index...] {
                for minimum in [nil, 0, -most] {
                    let scale = ChartScale(values: low...high, minimum: minimum, base: 60)
                    #expect(!scale.ticks.isEmpty && scale.ticks.allSatisfy(\.isFinite), "\(low)...\(high)")
                    for value in [low, high] {
                        #expect((-1e-6...1 + 1e-6).contains(scale.place(value)), "\(value) of \(low)...\(high)")
                    }
                }
            }
        }
    }

    @Test func `an axis of time has lines at round times`() {
        let day: Int64 = 1_767_571_200_000
        let hours = TimeAxis(window: day + 1...day + 86_400_000)
        #expect((4...8).contains(hours.ticks.count))
        #expect(hours.ticks.last?.text == "6\u{A0}Jan")
        let week = TimeAxis(window: day...day + 7 * 86_400_000)
        #expect(week.ticks.first?.text == "5\u{A0}Jan" && week.ticks.count == 8)
        for length: Int64 in [1, 1_000, 60_000, 3_600_000, 1 << 37] {
            #expect(TimeAxis(window: day...day + length).ticks.count <= 9)
        }
        #expect(MomentText.moment(day + 65 * 60_000) == "5\u{A0}Jan 01:05")
        #expect(MomentText.clock(-60_000) == "23:59")
    }
}
