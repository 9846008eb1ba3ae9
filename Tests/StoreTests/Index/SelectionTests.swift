// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

/// Series in a plain array: what `SeriesIndex` should say of them.
struct PlainIndex {
    private(set) var series: [(family: String, labels: Labels)] = []

    mutating func add(_ family: String, _ labels: Labels, to index: SeriesIndex) {
        series.append((family, labels))
        _ = index.add(
            family: MetricFamily(name: family, help: "", kind: .counter, unit: .one),
            labels: labels,
            created: Timestamp(seconds: 0)
        )
    }

    func select(families: [String]?, matchers: [LabelMatcher], below limit: UInt32) -> [UInt32] {
        series.indices.prefix(Int(limit)).filter { number in
            families?.contains(series[number].family) != false
                && matchers.allSatisfy { $0.matches(series[number].labels[$0.name] ?? "") }
        }.map(UInt32.init)
    }

    func labelNames(of ids: [UInt32]?) -> [String] {
        ordered((ids ?? series.indices.map(UInt32.init)).flatMap { series[Int($0)].labels.pairs.map(\.name) })
    }

    func labelValues(_ name: String, of ids: [UInt32]?) -> [String] {
        ordered((ids ?? series.indices.map(UInt32.init)).compactMap { series[Int($0)].labels[name] })
    }

    private func ordered(_ texts: [String]) -> [String] {
        Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

struct `Selections of series` {
    private static let patterns = [
        "", "a", "a1", "a.*", "a.+", ".*1", ".*1.*", ".*", ".+", "a1|b2|c3", "a|", "(a|b)(1|2)", "[a-c][0-4]", "a?",
        "a\\d*",
        "(?i)A.*", "nope", "nope|a1", "\\.", "a.*|b1", "..", "|a.*", "[^a].*",
    ]

    /// A value of one of two dozen, or of a thousand.
    private static func value(_ random: inout SeededRandom) -> String {
        switch random.below(8) {
        case 0: ""
        case 1: "\(["a", "b", "c"][random.below(3)])"
        case 2: "v\(random.below(1_000))"
        default: "\(["a", "b", "c"][random.below(3)])\(random.below(6))"
        }
    }

    private static func matcher(_ random: inout SeededRandom) throws -> LabelMatcher {
        let name = ["l0", "l1", "l2", "l3", "id", "rare", "none"][random.below(7)]
        let operation = LabelMatcher.Operation.allCases[random.below(4)]
        if operation == .equal || operation == .notEqual {
            return try LabelMatcher(name, operation, name == "id" ? "\(random.below(800))" : value(&random))
        }
        if name == "id" {
            let patterns = ["1.*", "12|13|500", ".*7", "[0-4]+", "5", "", ".+", "(1|2|3)(4|5|6)(7|8|9)"]
            return try LabelMatcher(name, operation, patterns[random.below(patterns.count)])
        }
        return try LabelMatcher(name, operation, patterns[random.below(patterns.count)])
    }

    private static func fill(_ count: Int, _ random: inout SeededRandom) -> (PlainIndex, SeriesIndex) {
        var plain = PlainIndex()
        let index = SeriesIndex()
        for number in 0..<count {
            var labels: [String: String] = ["id": "\(number)"]
            for name in 0..<4 { labels["l\(name)"] = value(&random) }
            if random.chance(2) { labels["rare"] = value(&random) }
            if random.chance(20) { labels["id"] = nil }
            plain.add("family\(random.below(4))", Labels(labels), to: index)
        }
        return (plain, index)
    }

    private static func families(_ random: inout SeededRandom) -> [Int]? {
        random.chance(60) ? nil : (0..<4).filter { _ in random.chance(40) }
    }

    @Test(arguments: [0, 1, 7, 300, 1_500])
    func `are those that a look at each series finds`(count: Int) throws {
        var random = SeededRandom(for: "selections of \(count)")
        let (plain, index) = Self.fill(count, &random)
        // The numbers of the families are in order of their first series.
        var names: [String] = []
        for series in plain.series where !names.contains(series.family) { names.append(series.family) }
        var found = 0
        for _ in 0..<(count == 1_500 ? 500 : 1_000) {
            let families = Self.families(&random)?.filter { $0 < names.count }
            let matchers = try (0..<random.below(5)).map { _ in try Self.matcher(&random) }
            let limit = random.chance(70) ? UInt32.max : UInt32(random.below(count + 2))
            let ids = index.select(families: families, matchers: matchers, below: limit)
            let expected = plain.select(families: families?.map { names[$0] }, matchers: matchers, below: limit)
            if ids != expected { Issue.record("\(matchers) of \(families ?? [-1]) below \(limit)") }
            found += ids.count

            let some = random.chance(50) ? ids : nil
            let limits = random.below(30)
            let labels = index.labelNames(of: some, limit: limits)
            let expectedNames = plain.labelNames(of: some)
            #expect(labels.values == Array(expectedNames.prefix(limits)))
            #expect(labels.isTruncated == (expectedNames.count > limits))
            let name = ["l0", "rare", "id", "none"][random.below(4)]
            let values = index.labelValues(name, of: some, limit: limits)
            let expectedValues = plain.labelValues(name, of: some)
            #expect(values.values == Array(expectedValues.prefix(limits)), "\(name)")
            #expect(values.isTruncated == (expectedValues.count > limits))
        }
        print("StoreTests: \(count) series, \(found) found")
    }

    @Test func `of a label with many values and of one with few are found alike`() throws {
        // Enough series for bitmaps, blocks of postings of all lengths, and lists cut by the limit.
        var plain = PlainIndex()
        let index = SeriesIndex()
        for number in 0..<24_000 {
            let labels: Labels = [
                "all": "x", "half": "\(number % 2)", "ten": "\(number % 10)", "user": "user-\(number % 9_000)",
                "late": number > 23_000 ? "yes" : "",
            ]
            plain.add("m", labels, to: index)
        }
        let selections: [[(String, LabelMatcher.Operation, String)]] = [
            [("all", .equal, "x")], [("all", .notEqual, "x")], [("half", .equal, "1"), ("ten", .equal, "3")],
            [("user", .equal, "user-17"), ("all", .equal, "x")], [("user", .matches, "user-1.*")],
            [("user", .matches, "user-1.*"), ("ten", .doesNotMatch, "1|3|5")], [("user", .matches, ".+")],
            [("user", .doesNotMatch, ".*7")], [("user", .doesNotMatch, ".*7"), ("late", .equal, "yes")],
            [("late", .equal, "")], [("late", .notEqual, "")], [("late", .equal, ""), ("user", .equal, "user-8999")],
            [("user", .equal, "user-5"), ("user", .matches, ".*-5")],
            [("user", .equal, "user-5"), ("user", .equal, "x")],
            [("user", .matches, (0..<2_000).map { "user-\($0)" }.joined(separator: "|")), ("half", .notEqual, "0")],
            [("half", .doesNotMatch, "[0]"), ("user", .matches, "user-[1-3]0*"), ("late", .equal, "")],
            [("ten", .doesNotMatch, "1|2|3|4|5|6|7|8|9"), ("half", .equal, "0")], [("none", .equal, "")],
            [("none", .notEqual, "")], [("user", .matches, "nobody.*")], [],
        ]
        for selection in selections {
            let matchers = try selection.map { try LabelMatcher($0.0, $0.1, $0.2) }
            let all = plain.select(families: nil, matchers: matchers, below: .max)
            for limit: UInt32 in [.max, 24_000, 23_999, 12_001, 6, 1, 0] {
                let ids = index.select(families: nil, matchers: matchers, below: limit)
                if ids != Array(all.prefix { $0 < limit }) {
                    Issue.record("\(matchers) below \(limit)")
                }
            }
        }
        #expect(index.labelValues("user", of: nil, limit: 20_000).values == plain.labelValues("user", of: nil))
        let first = index.labelValues("user", of: nil, limit: 10)
        #expect(first.values == Array(plain.labelValues("user", of: nil).prefix(10)) && first.isTruncated)
        #expect(index.labelValues("user", of: nil, limit: 0) == LabelList(values: [], isTruncated: true))
        #expect(!index.labelValues("user", of: nil, limit: 9_000).isTruncated)
        #expect(index.labelNames(of: nil, limit: 2) == LabelList(values: ["all", "half"], isTruncated: true))
    }
}
