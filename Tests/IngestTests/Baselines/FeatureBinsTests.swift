// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `The bins of features` {
    /// The same by dictionaries and plain loops.
    private struct Twin {
        private var baselines: [String: Baseline] = [:]

        init(_ all: [Baseline]) {
            for baseline in all {
                let key = "\(baseline.model)|\(baseline.version ?? "")"
                if let other = baselines[key], other.number > baseline.number { continue }
                baselines[key] = baseline
            }
        }

        /// `baseline bin`, `missing`, or nil without a baseline.
        func bin(_ model: String, _ version: String, _ feature: String, _ value: Value) -> String? {
            guard let baseline = baselines["\(model)|\(version)"] ?? baselines["\(model)|"],
                let feature = baseline.features.first(where: { $0.name == feature })
            else { return nil }
            let bin: Int
            switch (feature.bins, value) {
            case (.numeric(let upperBounds, _, _), .number(let number)):
                if number.isNaN { return "missing" }
                bin = upperBounds.firstIndex { number <= $0 } ?? upperBounds.count
            case (.numeric(let upperBounds, _, _), .text(let text)):
                guard let number = Double(text) else { return "missing" }
                bin = upperBounds.firstIndex { number <= $0 } ?? upperBounds.count
            case (.categories(let values), _):
                bin = values.firstIndex(of: value.category) ?? values.count
            }
            return "\(baseline.number) \(feature.binLabels[bin])"
        }
    }

    private enum Value {
        case number(Double)
        case text(String)

        var text: String {
            switch self {
            case .number(let number): "\(number)"
            case .text(let text): text
            }
        }

        var category: String {
            let isWhole = text.wholeMatch(of: /-?[0-9]+\.0+/) != nil
            return isWhole ? String(text.prefix { $0 != "." }) : text
        }
    }

    private func bin(
        _ bins: FeatureBins,
        _ model: String,
        _ version: String,
        _ feature: String,
        _ value: Value
    ) -> String? {
        let handle = withBytes(model) { model in withBytes(version) { bins.model(model, $0) } }
        let feature = withBytes(feature) { bins.feature($0, of: handle) }
        if feature == .none { return nil }
        let bin = withBytes(value.text) { text in
            switch value {
            case .number(let number): bins.bin(of: number, text: text, in: feature)
            case .text: bins.bin(of: text, in: feature)
            }
        }
        if bin == .missing { return "missing" }
        let number = String(decoding: bins.baselineLabel(of: feature), as: UTF8.self)
        check(number == "\(bins.baselineNumber(of: feature))", "\(number)")
        check(bin.index < bins.binCount, "\(bin)")
        return "\(number) \(String(decoding: bins.label(of: bin), as: UTF8.self))"
    }

    @Test func `are those of the dictionary twin`() {
        var random = SeededRandom(for: "feature bins")
        for _ in 0..<300 {
            var baselines: [Baseline] = []
            for number in 0..<random.below(12) {
                let version = random.chance(40) ? nil : "\(random.below(3))"
                baselines.append(
                    random.baseline(model: "\(random.below(3))", version: version, number: UInt32(number) + 1)
                )
            }
            baselines.shuffle(using: &random)
            let bins = FeatureBins(baselines)
            let twin = Twin(baselines)
            let names = baselines.flatMap { $0.features.map(\.name) } + ["a", "none"]
            let known = baselines.flatMap(\.features).flatMap { ($0.categories ?? []) + ["other"] } + ["x"]
            var bounds = [0.0]
            for feature in baselines.flatMap(\.features) { bounds += feature.upperBounds ?? [] }
            for _ in 0..<200 {
                let value: Value =
                    switch random.below(5) {
                    case 0: .number(random.number())
                    case 1: .number(bounds[random.below(bounds.count)])
                    case 2: .number(bounds[random.below(bounds.count)].nextUp)
                    case 3: .text(known[random.below(known.count)])
                    default: .text(random.word())
                    }
                let (model, version) = ("\(random.below(4))", ["", "0", "1", "2", "3"][random.below(5)])
                let name = names[random.below(names.count)]
                let found = bin(bins, model, version, name, value)
                let expected = twin.bin(model, version, name, value)
                check(found == expected, "\(model) \(version) \(name) \(value): \(found ?? "-"), \(expected ?? "-")")
            }
        }
    }

    private func numeric(_ name: String, _ upperBounds: [Double]) -> FeatureBaseline {
        let zeros = Array(repeating: 0.0, count: upperBounds.count + 1)
        return FeatureBaseline(
            name: name,
            bins: .numeric(upperBounds: upperBounds, positions: zeros, standardDeviation: 1),
            counts: zeros.map { _ in 1 },
            missing: 0
        )
    }

    private func baseline(_ version: String?, _ number: UInt32, _ features: [FeatureBaseline]) -> Baseline {
        Baseline(model: "m", version: version, number: number, created: made, source: "", features: features)
    }

    @Test func `a version's own baseline goes before a newer one of all versions`() {
        let feature = numeric("x", [1])
        let bins = FeatureBins([
            baseline("a", 1, [feature]), baseline("a", 2, [feature]), baseline(nil, 3, [feature]),
            baseline(nil, 4, [feature]),
        ])
        #expect(bin(bins, "m", "a", "x", .number(0)) == "2 01")
        #expect(bin(bins, "m", "b", "x", .number(0)) == "4 01")
        #expect(bin(bins, "m", "", "x", .number(2)) == "4 02")
        #expect(bin(bins, "n", "a", "x", .number(0)) == nil)
        #expect(bin(bins, "m", "a", "y", .number(0)) == nil)
        #expect(bin(FeatureBins([]), "m", "a", "x", .number(0)) == nil)
    }

    @Test func `an event without a version has the baseline of all versions`() {
        let bins = FeatureBins([baseline(nil, 1, [numeric("x", [1])])])
        let none = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        #expect(withBytes("m") { bins.model($0, none) } != .none)
        #expect(withBytes("m") { model in withBytes("v") { bins.model(model, $0) } } != .none)
        #expect(bins.model(none, none) == .none)
    }

    @Test func `a bound is in the bin below it, and infinities are in the outer bins`() {
        for count in 0..<20 {
            let bins = FeatureBins([baseline(nil, 1, [numeric("x", (0..<count).map(Double.init))])])
            for bound in 0..<count {
                let label = String(101 + bound).dropFirst()
                #expect(bin(bins, "m", "", "x", .number(Double(bound))) == "1 \(label)")
                #expect(bin(bins, "m", "", "x", .number(Double(bound) - 0.5)) == "1 \(label)")
            }
            #expect(bin(bins, "m", "", "x", .number(-.infinity)) == "1 01")
            #expect(bin(bins, "m", "", "x", .number(.infinity)) == "1 \(String(101 + count).dropFirst())")
            #expect(bin(bins, "m", "", "x", .number(.nan)) == "missing")
        }
    }

    @Test(
        arguments: [
            ("0.5", "1 01"), ("2", "1 02"), ("1e0", "1 01"), ("-inf", "1 01"), ("Infinity", "1 02"), ("1e400", "1 02"),
            ("true", "1 01"), ("True", "1 01"), ("FALSE", "1 01"), ("", "missing"), ("abc", "missing"),
            ("NaN", "missing"), ("null", "missing"), ("1 ", "missing"), (" 1", "missing"), ("0x1", "missing"),
            ("1,5", "missing"),
        ]
    )
    func `text counts in a numeric feature when it is a number`(text: String, expected: String) {
        #expect(bin(FeatureBins([baseline(nil, 1, [numeric("x", [1])])]), "m", "", "x", .text(text)) == expected)
    }

    @Test(
        arguments: [
            ("7", "1 7"), ("7.0", "1 7"), ("7.000", "1 7"), ("7.50", "1 other"), ("7.5", "1 7.5"), ("-7.0", "1 -7"),
            ("True", "1 true"), ("true", "1 true"), ("FALSE", "1 other"), (".0", "1 other"), ("b", "1 other"),
            ("other", "1 other"), ("null", "missing"), ("", "missing"), ("v1.0", "1 other"),
        ]
    )
    func `a category is known by its text, but for the .0 of whole numbers`(text: String, expected: String) {
        let categories = ["7", "7.5", "-7", "true", "v1"]
        let feature = FeatureBaseline(
            name: "x",
            bins: .categories(categories),
            counts: [1, 1, 1, 1, 1, 0],
            missing: 0
        )
        #expect(bin(FeatureBins([baseline(nil, 1, [feature])]), "m", "", "x", .text(text)) == expected)
    }
}
