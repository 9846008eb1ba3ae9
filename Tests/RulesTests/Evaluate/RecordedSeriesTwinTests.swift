// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Rules

/// What `RecordedSeries` should say, from dictionaries: what is recorded for a series hides the base from its first
/// sample on, and a name that is replaced has no base.
private struct Twin {
    var base: [Labels: [Int64: InMemorySeries.Sample]] = [:]
    var recorded: [Labels: [Int64: InMemorySeries.Sample]] = [:]
    let replaced: Set<String>

    func select(_ selection: SeriesSelection) -> [String] {
        var rows: [String] = []
        for labels in Set(base.keys).union(recorded.keys)
        where selection.matchers.allSatisfy({ $0.matches(labels[$0.name] ?? "") }) {
            var samples = replaced.contains(labels["__name__"] ?? "") ? [:] : base[labels] ?? [:]
            let own = recorded[labels] ?? [:]
            if let first = own.keys.min() { samples = samples.filter { $0.key < first } }
            samples.merge(own) { _, new in new }
            let seen = samples.filter {
                selection.start.milliseconds <= $0.key && $0.key <= selection.end.milliseconds
            }
            if seen.isEmpty { continue }
            let texts = seen.sorted { $0.key < $1.key }.map { time, sample in
                "\(time):\(sample.value)\(sample.histogram == nil ? "" : "!")"
            }
            rows.append("\(labels) " + texts.joined(separator: " "))
        }
        return rows.sorted()
    }

    /// Names or values of series that are recorded in time, and of all of the base, as far as it looks.
    func list(_ selection: SeriesSelection, limit: Int, _ texts: (Labels) -> [String]) -> LabelList {
        let own = recorded.filter { _, samples in
            samples.keys.contains { selection.start.milliseconds <= $0 && $0 <= selection.end.milliseconds }
        }
        let all = Set(
            (Array(base.keys) + Array(own.keys))
                .filter { labels in selection.matchers.allSatisfy { $0.matches(labels[$0.name] ?? "") } }
                .flatMap(texts)
        ).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return LabelList(values: Array(all.prefix(limit)), isTruncated: all.count > limit)
    }
}

@Suite struct `Recorded series and their twin` {
    private static let names = ["a", "b", "c", "d"]

    private static func labels(_ random: inout SeededRandom) -> Labels {
        Labels([
            ("__name__", names[random.below(4)]), ("host", ["", "h1", "h2"][random.below(3)]),
            ("zone", ["", "z1"][random.below(2)]),
        ])
    }

    private static func sample(_ random: inout SeededRandom) -> InMemorySeries.Sample {
        guard random.chance(20) else { return .init(Double(random.below(1_000))) }
        var histogram = NativeHistogram()
        histogram.sum = Double(random.below(1_000))
        return .init(histogram)
    }

    /// - Parameter now: the time of the newest samples that are recorded; a rule asks for none behind it.
    private static func selection(_ random: inout SeededRandom, now: Int64) throws -> SeriesSelection {
        var matchers: [LabelMatcher] = []
        switch random.below(5) {
        case 0: break
        case 1: matchers.append(try LabelMatcher("__name__", .matches, "a|b|none"))
        case 2: matchers.append(try LabelMatcher("__name__", .notEqual, names[random.below(4)]))
        default: matchers.append(try LabelMatcher("__name__", .equal, (names + ["none"])[random.below(5)]))
        }
        switch random.below(4) {
        case 0: matchers.append(try LabelMatcher("host", .equal, ["", "h1"][random.below(2)]))
        case 1: matchers.append(try LabelMatcher("zone", .doesNotMatch, "z.*"))
        default: break
        }
        let (one, other) = (random.below(24) * 10 - 5 * random.below(2), random.below(24) * 10 - 5 * random.below(2))
        var (start, end) = (Int64(min(one, other)), Int64(max(one, other)))
        if random.chance(10) { start = .min }
        if random.chance(10) { end = .max }
        if now <= 100 { (start, end) = (min(start, now), min(end, now)) }
        return SeriesSelection(
            matchers,
            from: Timestamp(milliseconds: start),
            through: Timestamp(milliseconds: end)
        )
    }

    @Test func `agree on all selections`() throws {
        var random = SeededRandom(for: "recorded series")
        var found = 0
        for _ in 0..<150 {
            let base = InMemorySeries()
            var twin = Twin(replaced: random.chance(50) ? ["b", "c"] : [])
            // The base has samples at 0, 10, … 100.
            for _ in 0..<random.below(8) {
                let labels = Self.labels(&random)
                for time in 0...10 as ClosedRange<Int64> where random.chance(70) {
                    let sample = Self.sample(&random)
                    twin.base[labels, default: [:]][time * 10] = sample
                    base.add(labels, samples: [(time * 10, sample)])
                }
            }
            let series = RecordedSeries(over: base, replacing: twin.replaced)
            let recordedLabels = (0..<random.below(8)).map { _ in Self.labels(&random) }
            // What is recorded begins within or behind the base, and has every time of the base from there on.
            let begin = Int64(random.below(14))
            for time in begin..<22 {
                for labels in recordedLabels where time <= 10 || random.chance(60) {
                    let sample = Self.sample(&random)
                    twin.recorded[labels, default: [:]][time * 10] = sample
                    var samples = [
                        RuleSample(
                            labels: labels,
                            time: Timestamp(milliseconds: time * 10),
                            value: sample.value,
                            histogram: sample.histogram
                        )
                    ]
                    if random.chance(20) {
                        // One that comes too late, and one whose place is taken.
                        let late = Timestamp(milliseconds: time * 10 - 5)
                        samples.append(RuleSample(labels: labels, time: late, value: -1))
                        samples.insert(RuleSample(labels: labels, time: samples[0].time, value: -1), at: 0)
                    }
                    series.append(samples)
                }
                for _ in 0..<3 {
                    let selection = try Self.selection(&random, now: time * 10)
                    let rows = try rows(try series.select(selection))
                    #expect(rows == twin.select(selection))
                    found += rows.count
                    let limit = random.below(6)
                    #expect(
                        try series.labelNames(selection, limit: limit)
                            == twin.list(selection, limit: limit) { $0.pairs.map(\.name) }
                    )
                    #expect(
                        try series.labelValues("__name__", selection, limit: limit)
                            == twin.list(selection, limit: limit) { [$0["__name__"] ?? ""] }
                    )
                }
            }
        }
        #expect(found > 1_000)
    }
}
