// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import TimeSeries

@testable import Store

/// A view that counts what its series take to be read, and that is always read in full if it is told so. Of what is not
/// read in full it looks whether the columns say what was left out.
final class CountingSource: SeriesSource {
    let view: SeriesView
    let isFull: Bool
    /// Chunks that were decoded, and samples that came out.
    private let chunks = Atomic(0)
    private let samples = Atomic(0)
    /// Series of which samples were left out.
    private let sparse = Atomic(0)

    init(_ view: SeriesView, isFull: Bool) {
        self.view = view
        self.isFull = isFull
    }

    var chunksDecoded: Int { chunks.load(ordering: .relaxed) }
    var samplesRead: Int { samples.load(ordering: .relaxed) }
    var sparseReads: Int { sparse.load(ordering: .relaxed) }

    func select(_ selection: SeriesSelection) throws -> any SeriesSet {
        var whole = selection
        whole.windows = nil
        let full = try view.select(whole)
        return CountedSet(source: self, base: isFull ? full : try view.select(selection), full: full)
    }

    func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList {
        try view.labelNames(selection, limit: limit)
    }

    func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList {
        try view.labelValues(name, selection, limit: limit)
    }

    func metadata() -> [MetricFamily] { view.metadata() }

    private struct CountedSet: SeriesSet {
        let source: CountingSource
        let base: any SeriesSet
        let full: any SeriesSet

        var count: Int { base.count }

        func labels(_ index: Int) -> Labels { base.labels(index) }

        func read(_ index: Int, into columns: SampleColumns) throws {
            let borrowed = columns.workspace as? BorrowedReader ?? BorrowedReader()
            columns.workspace = borrowed
            let before = borrowed.reader.chunksDecoded
            try base.read(index, into: columns)
            source.chunks.add(borrowed.reader.chunksDecoded - before, ordering: .relaxed)
            source.samples.add(columns.count, ordering: .relaxed)
            if columns.ordinals.isEmpty { return }
            source.sparse.add(1, ordering: .relaxed)
            let whole = SampleColumns()
            try full.read(index, into: whole)
            check(columns, whole, labels(index))
        }

        /// Whether a series has the samples that it says it has, and evenly spaced ones between.
        private func check(_ columns: SampleColumns, _ whole: SampleColumns, _ labels: Labels) {
            #expect(whole.ordinals.isEmpty && columns.ordinals.count == columns.count)
            #expect(columns.ordinals.first == 0 && columns.ordinals.last == whole.count - 1, "\(labels)")
            for (index, ordinal) in columns.ordinals.enumerated() {
                guard ordinal < whole.count, whole.timestamps[ordinal] == columns.timestamps[index],
                    whole.values[ordinal].bitPattern == columns.values[index].bitPattern
                else {
                    Issue.record("sample \(index) of \(labels), of all the \(ordinal)th, is another one")
                    return
                }
                guard index > 0 else { continue }
                let before = columns.ordinals[index - 1]
                for missing in (before + 1)..<max(ordinal + 1, before + 1) where ordinal > before + 1 {
                    let step = whole.timestamps[missing] - whole.timestamps[missing - 1]
                    if step != columns.spacing || SampleColumns.isStale(whole.values[missing]) {
                        Issue.record(
                            "sample \(missing) of \(labels) is not \(columns.spacing) ms behind the one before"
                        )
                        return
                    }
                }
            }
        }
    }
}
