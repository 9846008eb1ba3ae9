// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Numbers as people read them, by the name of Grafana's unit.
struct ValueText: Sendable {
    /// Grafana's name: `percentunit`, `s`, `bytes`, `currencyUSD`, …
    var unit: String
    /// Digits behind the point; as many as tell when nil.
    var decimals: Int?

    /// The number with its unit. No-break spaces stand within it.
    func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
        switch unit {
        case "percentunit": return number(value * 100) + "\u{A0}%"
        case "s": return duration(value)
        case "bytes": return scaled(value, by: 1_024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
        case "none": return number(value)
        case "reqps": return scaled(value, by: 1_000, ["req/s", "K\u{A0}req/s", "M\u{A0}req/s"])
        case "ops": return scaled(value, by: 1_000, ["ops/s", "K\u{A0}ops/s", "M\u{A0}ops/s"])
        case "eps": return scaled(value, by: 1_000, ["events/s", "K\u{A0}events/s", "M\u{A0}events/s"])
        case "cps": return scaled(value, by: 1_000, ["samples/s", "K\u{A0}samples/s", "M\u{A0}samples/s"])
        case _ where unit.hasPrefix("currency"): return unit.dropFirst("currency".count) + "\u{A0}" + short(value)
        default: return short(value)
        }
    }

    /// As a line across a chart is named: rates without their unit, which the legend has.
    func tick(_ value: Double) -> String {
        let isRate = ["reqps", "ops", "eps", "cps"].contains(unit) || unit.hasPrefix("currency")
        return (isRate ? ValueText(unit: "short", decimals: nil) : ValueText(unit: unit, decimals: nil)).text(value)
    }

    /// What round numbers are multiples of, when the axis goes up to `highest`.
    func base(upTo highest: Double) -> Double {
        switch unit {
        case "s" where highest >= 172_800: 86_400
        case "s" where highest >= 7_200: 3_600
        case "s" where highest >= 120: 60
        case "bytes" where highest >= 1: pow(1_024, (log2(highest) / 10).rounded(.down))
        default: 1
        }
    }

    /// The number alone, digits in groups of three.
    private func number(_ value: Double) -> String {
        Self.plain(value, decimals: decimals ?? Self.tellingDecimals(value))
    }

    /// Thousands and millions as letters from 10,000 on.
    private func short(_ value: Double) -> String {
        if abs(value) < 10_000 { return number(value) }
        return scaled(value, by: 1_000, ["", "K", "M", "G", "T"])
    }

    private func scaled(_ value: Double, by factor: Double, _ names: [String]) -> String {
        var (rest, index) = (value, 0)
        while abs(rest) >= factor, index < names.count - 1 {
            rest /= factor
            index += 1
        }
        let digits = index == 0 ? decimals ?? Self.tellingDecimals(rest) : Self.tellingDecimals(rest)
        let text = Self.plain(rest, decimals: digits)
        return names[index].isEmpty ? text : text + "\u{A0}" + names[index]
    }

    /// Seconds, in the unit in which the number is neither long nor zero.
    private func duration(_ value: Double) -> String {
        let size = abs(value)
        let (factor, name): (Double, String) =
            switch size {
            case 0: (1, "s")
            case ..<0.001: (1e6, "µs")
            case ..<1: (1e3, "ms")
            case ..<120: (1, "s")
            case ..<7_200: (1 / 60, "min")
            case ..<172_800: (1 / 3_600, "h")
            default: (1 / 86_400, "days")
            }
        return Self.plain(value * factor, decimals: Self.tellingDecimals(value * factor)) + "\u{A0}" + name
    }

    /// So many digits that three tell.
    private static func tellingDecimals(_ value: Double) -> Int {
        switch abs(value) {
        case 0: 0
        case ..<0.01: 4
        case ..<0.1: 3
        case ..<10: value == value.rounded() ? 0 : 2
        case ..<100: value == value.rounded() ? 0 : 1
        default: 0
        }
    }

    /// In groups of three, with a true minus sign; `1.20e+21` beyond what a group can say.
    private static func plain(_ value: Double, decimals: Int) -> String {
        guard abs(value) < 1e15 else { return String(format: "%.2e", value) }
        let text = String(format: "%.\(max(0, min(decimals, 9)))f", abs(value))
        let whole = text.prefix { $0 != "." }
        var grouped = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        let isZero = !text.contains { ("1"..."9").contains($0) }
        return (value < 0 && !isZero ? "−" : "") + grouped + text.dropFirst(whole.count)
    }
}
