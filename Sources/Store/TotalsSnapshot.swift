// SPDX-License-Identifier: Apache-2.0

import Synchronization
public import TimeSeries

/// The totals of all live series after one commit: a cheap view that later commits do not change.
public struct TotalsSnapshot: Sendable {
    /// The series of one metric name.
    public struct Family: Sendable {
        /// Name, help, kind and unit.
        public let family: MetricFamily
        /// Its live series, ordered by label text.
        public let rows: Range<Int>
    }

    /// The families, ordered by name; those without a live series have an empty range.
    public let families: [Family]

    private let series: [UInt32]
    private let entries: SeriesIndex.Entries
    private let totals: SeriesTotals
    /// Keeps the label texts alive.
    private let index: SeriesIndex

    init(
        families: [Family],
        series: [UInt32],
        entries: SeriesIndex.Entries,
        totals: SeriesTotals,
        index: SeriesIndex
    ) {
        self.families = families
        self.series = series
        self.entries = entries
        self.totals = totals
        self.index = index
    }

    /// How many rows there are.
    public var count: Int { series.count }

    /// The labels of a row as they stand in the text exposition format, `{campaign="a",device="b"}`, escaped; nothing
    /// for a series without labels.
    @inline(__always)
    public func withLabelText<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(entries[Int(series[row])].text.bytes)
    }

    /// The exact total of a row of a counter, or the sum of one of a histogram, in units of its family, and what fell
    /// back to Float64, in whole units. Of a counter of pairs from which something was taken back: the highest that it
    /// has been, until it is higher again, for a counter that falls is taken for one that began anew.
    @inline(__always)
    public func total(_ row: Int) -> (units: Int128, inexact: Double) {
        let inexact = totals.inexact
        var total = (totals.numbers[Int(series[row])], inexact.isEmpty ? 0 : inexact[series[row]] ?? 0)
        if !totals.withdrawn.isEmpty, let withdrawn = totals.withdrawn[series[row]] {
            total.0 += withdrawn.units
            total.1 += withdrawn.inexact
        }
        return total
    }

    /// The value of a row of a gauge that was set last, or the estimate of one of a distinct count.
    public func value(_ row: Int) -> Double { totals.value(SeriesID(series[row])) }

    /// The observations of a row of a histogram, by bin; bins behind the last that has any may be missing. As `total`,
    /// none of them falls.
    public func bins(_ row: Int) -> [Int64] {
        var bins = totals.bins[series[row]] ?? []
        if let withdrawn = totals.withdrawn[series[row]]?.bins {
            for (bin, count) in withdrawn.enumerated() where bin < bins.count { bins[bin] &+= count }
        }
        return bins
    }

    /// When the series of a row was made.
    @inline(__always)
    public func created(_ row: Int) -> Timestamp {
        Timestamp(milliseconds: entries[Int(series[row])].created)
    }
}

extension SeriesStore {
    /// The totals as they are now, of the series that have grown in the last `idleTimeout` seconds before `now`.
    ///
    /// - Complexity: O(series); no label is copied.
    public func snapshot(now: Timestamp, idleTimeout: Int) -> TotalsSnapshot {
        // Totals first: every series they have is in the index that is read after them.
        let totals = state.withLock { $0.head.totals }
        let (families, entries) = index.ordered()
        let oldest = UInt32(clamping: now.milliseconds / 1_000 - Int64(idleTimeout))
        var rows: [UInt32] = []
        rows.reserveCapacity(totals.count)
        var ranges: [TotalsSnapshot.Family] = []
        for family in families.sorted(by: { $0.family.name < $1.family.name }) where family.family.kind != .samples {
            let start = rows.count
            for id in family.members where Int(id) < totals.count && totals.arrivals[Int(id)] >= oldest {
                rows.append(id)
            }
            ranges.append(TotalsSnapshot.Family(family: family.family, rows: start..<rows.count))
        }
        return TotalsSnapshot(
            families: ranges,
            series: rows,
            entries: entries,
            totals: totals,
            index: index
        )
    }

    /// The committed total of one series in whole units, or nil when there is no such series: a counter's sum, a gauge's
    /// value, a distinct count's estimate, the number of a histogram's observations.
    public func total(of metric: String, _ labels: Labels) -> Double? {
        guard let id = index.find(family: metric, labels: labels), let family = index.family(named: metric) else {
            return nil
        }
        return state.withLock { state in
            guard Int(id.number) < state.head.totals.count else { return nil }
            let value = state.head.totals.value(id)
            return family.unit == .micro && family.kind == .counter
                ? Double(state.head.totals.numbers[Int(id.number)]) / 1_000_000
                    + (state.head.totals.inexact[id.number] ?? 0)
                : value
        }
    }
}
