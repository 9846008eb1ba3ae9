// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Synchronization
public import TimeSeries

/// The series of a store as they were after one commit, whatever is written later.
///
/// It is made in microseconds and blocks nobody. It keeps files on the disk and memory of the head that would go
/// otherwise, so it should live as long as a query does. Closing the store ends it: a read then throws.
public final class SeriesView: SeriesSource {
    let store: SeriesStore
    let cursors: CursorPool
    /// What the journal has and chunks have not.
    let active: HeadLayer
    /// What a checkpoint that was under way was writing; a series whose chunks are from `activeBase` on has it there.
    let frozen: HeadLayer?
    /// The last commit before `active`.
    let activeBase: UInt64
    /// The last commit in the view.
    let commit: UInt64
    /// Series with a number below it are in the view.
    let seriesCount: UInt32
    let horizon: Horizon
    /// The sealed days; their files stay as long as the view.
    let days: DayRegistry
    /// Those of their files that have been read.
    let openDays: PinnedDays
    /// How far back metrics that have a retention of their own can be read, in seconds.
    let retention: [String: Int]
    /// How far event time has come, in milliseconds.
    let eventTime: Int64
    /// For how many selected series the indices of days are asked first.
    let postingsFrom: Int
    /// Which view of this process it is: unlike an address, no other one's.
    let serial = SeriesView.serials.add(1, ordering: .relaxed).newValue
    private static let serials = Atomic<UInt64>(0)

    /// How many threads read a view at a time, at most; more wait.
    static let readers = min(ProcessInfo.processInfo.activeProcessorCount, 8)

    init(
        store: SeriesStore,
        cursors: CursorPool,
        active: HeadLayer,
        frozen: HeadLayer?,
        commit: UInt64,
        seriesCount: Int,
        horizon: Horizon,
        days: DayRegistry,
        retention: [String: Int],
        eventTime: Int64,
        postingsFrom: Int
    ) {
        self.store = store
        self.cursors = cursors
        self.active = active
        self.frozen = frozen
        activeBase = active.points.base
        self.commit = commit
        self.seriesCount = UInt32(seriesCount)
        self.horizon = horizon
        self.days = days
        openDays = PinnedDays(store.openDays)
        self.retention = retention
        self.eventTime = eventTime
        self.postingsFrom = postingsFrom
    }

    deinit {
        cursors.close()
    }

    /// Before when nothing of a metric can be read, in milliseconds.
    func floor(of family: MetricFamily) -> Int64 {
        let floor = Int64(days.floor(ofMetric: family.name)) * 86_400_000
        guard !retention.isEmpty, let seconds = retention[family.name] else { return floor }
        return max(floor, eventTime - Int64(seconds) * 1_000)
    }

    /// The series that match, to be read from any thread.
    ///
    /// - Complexity: of the index; no sample is read.
    public func select(_ selection: SeriesSelection) throws -> any SeriesSet {
        StoredSeriesSet(view: self, selection: selection, series: targets(selection.matchers))
    }

    /// All families, ordered by name.
    public func metadata() -> [MetricFamily] {
        store.index.families { _ in true }.map(\.family).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

/// How far event time has come for a reader.
struct Horizon {
    /// The slot that is still open: boundaries up to its start are final as far as anyone knows.
    var slot: UInt32
    /// The newest event time in the open slot, in milliseconds, later than the slot's start; nil when nothing is in it.
    var stamp: Int64?
    /// How many slots a series stays live after its last one.
    var idleSlots: Int64

    init(now: Timestamp, watermark: Timestamp?, idleTimeout: Int, resolution: SlotResolution) {
        let latest = resolution.start(of: Slot(.max))
        let newest = min(max(now, watermark ?? now, Timestamp(milliseconds: 0)), latest)
        slot = resolution.slot(of: newest).number
        let start = resolution.start(of: Slot(slot)).milliseconds
        if let watermark, watermark.milliseconds >= start { stamp = max(watermark.milliseconds, start + 1) }
        idleSlots = Int64((idleTimeout + resolution.seconds - 1) / resolution.seconds)
    }
}

extension SeriesStore {
    /// A view of the store as it is now.
    ///
    /// - Parameters:
    ///   - now: up to when series that are live go on.
    ///   - idleTimeout: for how many seconds after its last event a series is live.
    /// - Throws: `io` when the store is closed.
    public func view(now: Timestamp, idleTimeout: Int) throws(StoreError) -> SeriesView {
        let view: SeriesView? = state.withLock { state in
            guard !state.isClosed else { return nil }
            // Under the lock: a checkpoint cannot end between the two, so that the cursors and the layers fit.
            let days = state.days.registry
            let cursors = CursorPool(database, count: SeriesView.readers, withSealed: !days.isEmpty)
            let view = SeriesView(
                store: self,
                cursors: cursors,
                active: state.head.active,
                frozen: state.head.frozen,
                commit: state.sequence,
                seriesCount: state.head.totals.count,
                horizon: Horizon(
                    now: now,
                    watermark: state.progress.watermark,
                    idleTimeout: idleTimeout,
                    resolution: resolution
                ),
                days: days,
                retention: state.days.retention.metrics,
                eventTime: SeriesStore.eventTime(state.progress.watermark, state.days.newestDay, now).milliseconds,
                postingsFrom: state.days.settings.postingsFrom
            )
            state.pools.removeAll { $0.pool == nil }
            state.pools.append(WeakPool(pool: cursors))
            return view
        }
        guard let view else { throw StoreError(code: .io, message: "\(path) is closed") }
        return view
    }
}

/// A pool that the store closes before its database, if it still is.
struct WeakPool {
    weak var pool: CursorPool?
}
