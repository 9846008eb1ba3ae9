// SPDX-License-Identifier: Apache-2.0

import TestSupport
import TimeSeries

@testable import Store

/// What a reading around the edges of windows has to have, straight from the definition of `SampleWindows`: from all
/// samples, one by one.
struct EdgesTwin {
    let windows: SampleWindows

    /// Windows of any kind that end in a time, milliseconds.
    static func random(_ random: inout SeededRandom, from start: Int64, through end: Int64) -> SampleWindows {
        var windows = SampleWindows(
            firstEnd: start + Int64(random.below(Int(end - start) / 2)),
            interval: [3_600_000, 21_600_000, 86_400_000][random.below(3)],
            count: 1 + random.below(5),
            range: [0, 300_000, 3_600_000, 86_400_000][random.below(4)]
        )
        windows.start = SampleWindows.Edge(newest: random.below(2), oldest: random.below(2))
        windows.end = SampleWindows.Edge(newest: random.below(3), oldest: random.below(2))
        windows.needsDrops = random.chance(50)
        if random.chance(50) { windows.lookback = 300_000 }
        if random.chance(50) { windows.firstEnd -= windows.firstEnd % 86_400_000 }
        return windows
    }

    /// What is wrong with a reading, or nil.
    func fault(_ columns: SampleColumns, of whole: SampleColumns) -> String? {
        if columns.ordinals.isEmpty { return columns.list == whole.list ? nil : "is not all" }
        guard columns.ordinals.count == columns.count else { return "has \(columns.ordinals.count) ordinals" }
        for index in 0..<columns.count {
            let ordinal = columns.ordinals[index]
            guard ordinal < whole.count, columns.sample(index) == whole.sample(ordinal) else {
                return "has \(columns.sample(index)) as sample \(ordinal)"
            }
            guard index > 0, ordinal > columns.ordinals[index - 1] + 1 else { continue }
            for missing in (columns.ordinals[index - 1] + 1)...ordinal
            where whole.timestamps[missing] - whole.timestamps[missing - 1] != columns.spacing {
                return "does not tell of the gap before \(whole.sample(missing))"
            }
        }
        let found = Set(columns.ordinals)
        let missing = required(whole).subtracting(found).min()
        return missing.map { "lacks \(whole.sample($0)), sample \($0) of \(whole.count)" }
    }

    /// The samples that have to be there, by their index.
    private func required(_ whole: SampleColumns) -> Set<Int> {
        var required: Set<Int> = []
        let count = whole.count
        func require(_ range: ClosedRange<Int>) {
            required.formUnion(range.filter { $0 >= 0 && $0 < count })
        }
        require(0...0)
        require((count - max(windows.end.newest, 1))...(count - 1))
        for index in 0..<count {
            if SampleColumns.isStale(whole.values[index]) { require((index - 2)...(index + 1)) }
            guard windows.needsDrops, index > 0, whole.values[index] < whole.values[index - 1] else { continue }
            require((index - 1)...index)
        }
        func require(_ edge: SampleWindows.Edge, at time: Int64, lookback: Int64) {
            let behind = (0..<count).first { whole.timestamps[$0] > time } ?? count
            if edge.newest > 0 { require((behind - edge.newest)...(behind - 1)) }
            let isOld = edge.newest > 0 && (behind == 0 || time - whole.timestamps[behind - 1] >= lookback)
            if edge.oldest > 0 || isOld && lookback < .max { require(behind...behind) }
        }
        for index in 0..<windows.count {
            let end = windows.firstEnd + Int64(index) * windows.interval
            require(windows.start, at: end - windows.range, lookback: windows.lookback)
            require(windows.end, at: end, lookback: .max)
        }
        return required
    }
}

extension SampleColumns {
    /// One sample.
    fileprivate func sample(_ index: Int) -> ReadingTwin.Sample {
        ReadingTwin.Sample(time: timestamps[index], bits: values[index].bitPattern)
    }
}

extension EdgesTwin {
    /// Reads some days of a series in full and around the edges of windows.
    ///
    /// - Returns: where one does not fit the other.
    static func fault(
        _ view: SeriesView,
        _ selection: SeriesSelection,
        _ random: inout SeededRandom
    ) throws -> String? {
        var selection = selection
        let start = Int64(20_508 + random.below(4)) * 86_400_000 + Int64(random.below(86_400_000))
        let end = start + Int64(random.below(6 * 86_400_000)) + 2
        selection.start = Timestamp(milliseconds: start)
        selection.end = Timestamp(milliseconds: end)
        selection.window = nil
        let (whole, edges) = (SampleColumns(), SampleColumns())
        try view.select(selection).read(0, into: whole)
        let windows = EdgesTwin.random(&random, from: start, through: end)
        selection.windows = windows
        try view.select(selection).read(0, into: edges)
        return EdgesTwin(windows: windows).fault(edges, of: whole)
            .map { "\(selection.matchers), \(start)...\(end), \(windows): \($0)" }
    }
}
