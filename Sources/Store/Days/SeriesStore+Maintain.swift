// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
public import TimeSeries

extension SeriesStore {
    /// A failed day is tried again after so many milliseconds; one of which something is corrupt after a day, because it
    /// would be written again and again up to there.
    private static let retryMilliseconds: Int64 = 60_000
    private static let corruptRetryMilliseconds: Int64 = 86_400_000
    /// Days are looked at once in so many milliseconds, however little comes in.
    private static let lookMilliseconds: Int64 = 3_600_000
    /// For the first time behind the opening after so many.
    private static let firstLookMilliseconds: Int64 = 60_000
    /// Late events are looked through up to so many times `DaySettings.overlayBytes` behind a checkpoint.
    private static let mostOverlays = 8

    /// Does one piece of what is due: takes late events below the floor out, seals a day, seals one again, or drops days.
    ///
    /// For the thread of checkpoints, behind one: what is in the head is late for a day that is sealed.
    ///
    /// - Parameters:
    ///   - clock: what the clock says.
    ///   - isCancelled: asked now and then; what is under way is given up when it says so.
    /// - Returns: whether there was something; there may be more then.
    /// - Throws: `diskFull`, `io`, `corrupt`, or `interrupted` when it was cancelled: the store has to be closed and opened
    ///   again. What a day's file could not take is counted in `dayStatistics` instead, leaves everything as it was, and
    ///   is tried again after a minute, or a day when something was corrupt.
    /// - Complexity: O(one day).
    public func maintain(
        clock: Timestamp,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(StoreError) -> Bool {
        try requireWholeDays()
        let hot = try hotDays()
        let (days, now) = state.withLock { state in
            state.days.looked = clock
            if let newest = hot.last { state.days.newestDay = newest }
            state.isMaintaining = true
            return (state.days, SeriesStore.eventTime(state.progress.watermark, state.days.newestDay, clock))
        }
        defer { state.withLock { $0.isMaintaining = false } }
        let registry = days.registry
        if let day = hot.first(where: { $0 < registry.floor }) {
            try fold(day: day, isCancelled: isCancelled)
            return true
        }
        var due = hot.first {
            registry.days[$0] == nil && isDue($0, now, days.settings) && mayTry($0, days, clock)
        }
        if due == nil { due = try overlaid(hot, now, days, clock) }
        if let day = due {
            try attempt(day, clock) { () throws(StoreError) in
                try seal(day: day, thinned: days.retention.thinned(day: day, now: now), isCancelled: isCancelled)
            }
            return true
        }
        if try dropDays(now, clock) { return true }
        if !days.retention.metrics.isEmpty,
            let day = registry.days.keys.sorted().first(where: { day in
                let wanted = days.retention.thinned(day: day, now: now)
                let known = registry.days[day]?.record.thinned ?? wanted
                return !wanted.subtracting(known).isEmpty && mayTry(day, days, clock)
            })
        {
            try attempt(day, clock) { () throws(StoreError) in
                try thin(day: day, days.retention.thinned(day: day, now: now), isCancelled)
            }
            return true
        }
        return false
    }

    /// The same by the store's own clock.
    func maintain() throws(StoreError) -> Bool { try maintain(clock: clock.now) }

    /// Whether `maintain` should be called, behind a checkpoint, although none is due: an hour has passed since it was, or
    /// a minute since this was asked for the first time. What the settings say of retention may be new then.
    public func wantsMaintenance(clock: Timestamp) -> Bool {
        state.withLock { state in
            guard let looked = state.days.looked else {
                let wait = SeriesStore.lookMilliseconds - SeriesStore.firstLookMilliseconds
                state.days.looked = Timestamp(milliseconds: clock.milliseconds - wait)
                return false
            }
            let elapsed = clock.milliseconds - looked.milliseconds
            return state.head.frozen == nil && !(0..<SeriesStore.lookMilliseconds).contains(elapsed)
        }
    }

    /// How far event time has come: no further than the clock, and as far as events or samples have.
    ///
    /// - Parameter newestDay: of which the hot database has something.
    static func eventTime(_ watermark: Timestamp?, _ newestDay: UInt32, _ clock: Timestamp) -> Timestamp {
        let newest = Timestamp(milliseconds: Int64(newestDay) * 86_400_000)
        return min(clock, max(watermark ?? newest, newest))
    }

    private func isDue(_ day: UInt32, _ now: Timestamp, _ settings: DaySettings) -> Bool {
        now.milliseconds >= (Int64(day) + 1) * 86_400_000 + Int64(settings.lateness) * 1_000
    }

    private func mayTry(_ day: UInt32, _ days: DayState, _ clock: Timestamp) -> Bool {
        // A clock that was set back is no reason to wait longer.
        days.failed[day].map { !(0..<$0.pause).contains(clock.milliseconds - $0.at.milliseconds) } ?? true
    }

    /// Does something with a day; what fails and leaves everything as it was is counted, and not tried again for a while.
    ///
    /// - Throws: what leaves the day half done, and `interrupted`.
    private func attempt(
        _ day: UInt32,
        _ clock: Timestamp,
        _ work: () throws(StoreError) -> Void
    ) throws(StoreError) {
        do throws(StoreError) {
            try work()
            state.withLock { $0.days.failed[day] = nil }
        } catch {
            if error.code == .interrupted { throw error }
            let pause =
                error.code == .corrupt ? SeriesStore.corruptRetryMilliseconds : SeriesStore.retryMilliseconds
            let isBrokenOff = state.withLock { state in
                state.days.statistics.failures += 1
                state.days.statistics.lastFailure = error
                state.days.failed[day] = (clock, pause)
                return state.days.isBrokenOff
            }
            if isBrokenOff { throw error }
        }
    }

    // MARK: - Retention

    /// Whether days were dropped.
    private func dropDays(_ now: Timestamp, _ clock: Timestamp) throws(StoreError) -> Bool {
        let floor: UInt32
        do throws(StoreError) {
            floor = try wantedFloor(now: now, clock: clock)
        } catch {
            // What is there cannot be counted: nothing is dropped for it.
            state.withLock { state in
                state.days.statistics.failures += 1
                state.days.statistics.lastFailure = error
                state.days.live = (0, clock)
            }
            return false
        }
        guard floor > state.withLock({ $0.days.registry.floor }) else { return false }
        try drop(before: floor)
        state.withLock { $0.days.dropped = clock }
        return true
    }

    /// Leaves metrics out of the file of a day; only the registry changes when the file has nothing of them.
    private func thin(
        day: UInt32,
        _ wanted: ThinnedMetrics,
        _ isCancelled: @escaping () -> Bool
    ) throws(StoreError) {
        guard var entry = state.withLock({ $0.days.registry.days[day] }) else { return }
        let missing = wanted.subtracting(entry.record.thinned)
        let open = try openDays.open(entry.file)
        for block in 0..<open.blockCount {
            for id in try open.series(in: try open.readBlock(block))
            where missing.contains(index.metricFamily(of: id).name) {
                return try seal(day: day, thinned: wanted, isCancelled: isCancelled)
            }
        }
        entry.record.thinned = entry.record.thinned.union(wanted)
        try register([day: entry])
    }

    // MARK: - Late events

    /// A sealed day whose late events are so many or so old that it is to be sealed again.
    ///
    /// - Complexity: O(late events), up to a bound; once behind each checkpoint.
    private func overlaid(
        _ hot: [UInt32],
        _ now: Timestamp,
        _ days: DayState,
        _ clock: Timestamp
    ) throws(StoreError) -> UInt32? {
        let registry = days.registry
        let late = hot.filter { registry.days[$0] != nil }
        let overlays = try count(late, days)
        var due: UInt32?
        var begun: [UInt32: DayRegistry.Entry] = [:]
        for day in late {
            guard var entry = registry.days[day] else { continue }
            if entry.record.overlaidSince == nil {
                entry.record.overlaidSince = now
                begun[day] = entry
            }
            let age = now.milliseconds - (entry.record.overlaidSince ?? now).milliseconds
            let isOld = age >= Int64(days.settings.overlayAge) * 1_000
            let isLarge = overlays.bytes[day] ?? 0 >= days.settings.overlayBytes
            if due == nil, isLarge || isOld, mayTry(day, days, clock) { due = day }
        }
        if !begun.isEmpty { try register(begun) }
        let total = late.reduce(0) { $0 + (overlays.bytes[$1] ?? 0) }
        state.withLock { state in
            state.days.overlays = overlays
            state.days.statistics.overlayBytes = total
        }
        return due
    }

    /// How many bytes of late events days have, up to the bound of each. What there is changes with checkpoints; behind one,
    /// counting goes on with the day at which it ended before.
    private func count(_ late: [UInt32], _ days: DayState) throws(StoreError) -> DayState.Overlays {
        let through = state.withLock { $0.checkpoint.through }
        var overlays = days.overlays
        guard overlays.through != through else { return overlays }
        overlays.through = through
        let known = Set(late)
        overlays.bytes = overlays.bytes.filter { known.contains($0.key) }
        var left = days.settings.overlayBytes * SeriesStore.mostOverlays
        let start = late.firstIndex { $0 > overlays.last } ?? 0
        for day in late[start...] + late[..<start] where left > 0 {
            let bytes = try hotBytes(ofDay: day, limit: days.settings.overlayBytes)
            overlays.bytes[day] = bytes
            overlays.last = day
            left -= bytes
        }
        return overlays
    }
}
