// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// A part of an event series over some time.
struct EventRequest {
    var id: SeriesID
    var family: MetricFamily
    var part: SeriesPart
    /// Milliseconds, both inclusive.
    var start: Int64
    var end: Int64
    /// Of a distinct series: over how many milliseconds before each sample elements count; nil since it began.
    var window: Int64?
    /// Around which boundaries samples are wanted; nil when all are.
    var edges: KeptBoundaries?
}

extension SeriesReader {
    /// Appends the samples that an event series reads as: one at every slot boundary where it is live, and one of the
    /// open slot.
    func readEvents(_ request: EventRequest, of view: SeriesView, into columns: SampleColumns) throws(StoreError) {
        let length = view.store.resolution.milliseconds
        let horizon = view.horizon
        // The first boundary at or after the start, and the last one at or before the end that is final.
        // What is below the floor counts, and cannot be read.
        let floor = view.floor(of: request.family)
        let start = max(request.start, floor)
        let first = start / length + (start % length > 0 ? 1 : 0)
        let last = min(max(request.end, -1) / length, Int64(horizon.slot))
        guard request.end >= start, first <= Int64(horizon.slot) + 1 else { return }
        let windowSlots = request.window.map { max($0 / length, 0) }
        // The open slot has one sample, of what is in it so far.
        let stamp = horizon.stamp.flatMap { $0 >= start && $0 <= request.end ? $0 : nil }
        let runs = LiveRuns(
            first: first,
            last: last,
            idle: horizon.idleSlots,
            hasValueBefore: request.family.kind != .gauge
        )
        if let edges = request.edges, canSkip(request, edges, runs) {
            var output = SparseSamples(columns, runs, edges, length: length, stamp: stamp)
            try readEdges(request, edges, of: view, runs, openSlot: Int64(horizon.slot), into: &output)
            return
        }

        let present = PresentPoints(
            view: view.serial,
            series: request.id.number,
            first: first - (windowSlots ?? 0),
            last: last
        )
        if self.present != present || request.family.kind != .histogram {
            self.present = nil
            try gather(
                request,
                view,
                from: max(first - (windowSlots ?? 0), (floor + length - 1) / length),
                through: last
            )
            self.present = present
        }

        var output = BoundarySamples(columns, length: length, openSlot: Int64(horizon.slot), stamp: stamp)
        switch request.family.kind {
        case .counter, .histogram: appendSums(request, runs, &output)
        case .gauge: appendLatest(runs, &output)
        case .distinct: appendDistinct(runs, windowSlots: windowSlots, &output)
        case .samples: preconditionFailure("samples are not event series")
        }
        output.finish()
    }

    // MARK: - From the store

    /// Puts the points of slots `first...last` into `points`, and what is before into `base`.
    private func gather(
        _ request: EventRequest,
        _ view: SeriesView,
        from first: Int64,
        through last: Int64
    ) throws(StoreError) {
        let store = view.store
        let rule = PointRule(request.family)
        base = PointBase()
        points.count = 0
        stored.count = 0
        var through: UInt64 = 0
        let lastDay = UInt32(clamping: max(last, 0) / Int64(store.spans.slotsPerDay))
        try view.cursors.with { cursors throws(StoreError) in
            try readSealedPoints(request, of: view, cursors, from: first, through: last, into: stored)
            let late = stored.count > 0 ? overlay : stored
            late.count = 0
            let eras = 0...ChunkList.era(ofDay: lastDay)
            let positions = ChunkPositions.slots(store.spans)
            try eachList(of: request.id, eras: eras, cursors, store, positions) { list throws(StoreError) in
                through = max(through, list.through)
                for entry in list.entries where entry.first <= last {
                    // A distinct series has no sums: what it has seen is in its chunks.
                    let isNeeded = request.family.kind == .distinct && request.window == nil
                    if entry.last < first, !isNeeded {
                        base.add(entry, rule)
                        continue
                    }
                    let before = late.count
                    try readPoints(entry.place, kind: request.family.kind, of: view, cursors, into: late)
                    if entry.first < first || entry.last > last {
                        cut(late, from: before, first, last, rule)
                    }
                }
            }
            if late !== stored { addLate(late, rule) }
        }
        collectHead(request.id, view, through: through, rule)
        mergeHead(first, last, rule)
    }

    /// Puts the points that are in no chunk yet into `added`.
    ///
    /// - Parameter through: the last commit that is in the series' chunks.
    func collectHead(_ id: SeriesID, _ view: SeriesView, through: UInt64, _ rule: PointRule) {
        added.count = 0
        if let frozen = view.frozen, through < view.activeBase {
            frozen.points.collect(id.number, through: view.commit, into: added)
        }
        view.store.state.withLock { _ in
            view.active.points.collect(id.number, through: view.commit, into: added)
        }
        if added.count > 0 { added.settle(rule) }
    }

    /// Makes `points` of those in `stored` and in `added`.
    func mergeHead(_ first: Int64, _ last: Int64, _ rule: PointRule) {
        if added.count == 0 {
            swap(&points, &stored)
            return
        }
        cut(added, from: 0, first, last, rule)
        points.merge(stored, added, rule)
    }

    /// Adds points of the hot database to those of sealed days in `stored`.
    func addLate(_ late: PointColumns, _ rule: PointRule) {
        guard late.count > 0 else { return }
        if late.slots[0] > stored.slots[stored.count - 1] {
            stored.append(late, 0..<late.count)
            return
        }
        points.merge(stored, late, rule)
        swap(&points, &stored)
    }

    /// Of the points from index `start` on keeps those of slots `first...last`; earlier ones go into the base.
    func cut(_ points: PointColumns, from start: Int, _ first: Int64, _ last: Int64, _ rule: PointRule) {
        let low = points.lowerBound(clamping: first, from: start)
        let high = points.lowerBound(clamping: last + 1, from: low)
        for index in start..<low {
            base.add(
                slot: Int64(points.slots[index]),
                detail: points.details[index],
                payload: points.payloads[index],
                rule
            )
        }
        points.keep(low..<max(high, low), from: start)
    }
}
