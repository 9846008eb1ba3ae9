// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

/// The day files that are open: those used last, at most so many, and those that views which are being read have pinned,
/// again at most so many. A file that is being read stays open until that is done, whatever happens here. From any thread.
final class OpenDays: Sendable {
    private struct State {
        /// By the object of the file, which a day holds: as long as it is here, its address is no other's.
        var days: [ObjectIdentifier: (day: OpenDay, used: UInt64)] = [:]
        /// Those of views, and how many views have each.
        var pinned: [ObjectIdentifier: (day: OpenDay, views: Int)] = [:]
        var uses: UInt64 = 0
        var limit: Int
        var pinLimit: Int
        var openings = 0

        /// Gives those up that are too many, the ones used longest ago first.
        mutating func shrink() -> [OpenDay] {
            var left: [OpenDay] = []
            while days.count > limit, let oldest = days.min(by: { $0.value.used < $1.value.used }) {
                left.append(oldest.value.day)
                days[oldest.key] = nil
            }
            return left
        }
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: how many descriptors, at least 1.
    ///   - pinLimit: how many more for views.
    init(limit: Int, pinLimit: Int) {
        state = Mutex(State(limit: max(limit, 1), pinLimit: pinLimit))
    }

    /// A day's file, opened if it is not.
    ///
    /// - Throws: `corrupt` with the name of the file, `io`.
    /// - Complexity: O(1); O(open days) when one has to be closed for it.
    func open(_ file: DayFile) throws(StoreError) -> OpenDay {
        let key = ObjectIdentifier(file)
        let known = state.withLock { state -> OpenDay? in
            guard let known = state.days[key]?.day ?? state.pinned[key]?.day else { return nil }
            state.uses += 1
            if state.days[key] != nil { state.days[key] = (known, state.uses) }
            return known
        }
        if let known { return known }
        let day = try OpenDay(file)
        // What leaves is closed outside the lock.
        let left = state.withLock { state -> [OpenDay] in
            state.uses += 1
            state.openings += 1
            // A dropped file is to go with the view that still reads it.
            guard !file.isDropped else { return [] }
            let old = state.days.updateValue((day, state.uses), forKey: key)
            return state.shrink() + (old.map { [$0.day] } ?? [])
        }
        withExtendedLifetime(left) {}
        return day
    }

    /// Keeps a file open for a view, unless there are too many.
    ///
    /// - Returns: whether it is; `unpin` has to be called then.
    func pin(_ day: OpenDay) -> Bool {
        let key = ObjectIdentifier(day.file)
        return state.withLock { state in
            if let known = state.pinned[key] {
                state.pinned[key] = (known.day, known.views + 1)
                return true
            }
            guard state.pinned.count < state.pinLimit else { return false }
            state.pinned[key] = (day, 1)
            return true
        }
    }

    /// A view needs a file no more that it has pinned.
    func unpin(_ file: DayFile) {
        let key = ObjectIdentifier(file)
        let left = state.withLock { state -> OpenDay? in
            guard let known = state.pinned[key] else { return nil }
            state.pinned[key] = known.views > 1 ? (known.day, known.views - 1) : nil
            return known.day
        }
        withExtendedLifetime(left) {}
    }

    /// Closes a file that has been dropped, once nobody reads it any more, so that it can go.
    func forget(_ file: DayFile) {
        let left = state.withLock { $0.days.removeValue(forKey: ObjectIdentifier(file)) }
        withExtendedLifetime(left) {}
    }

    /// Closes all, once nobody reads them.
    func removeAll() {
        let left = state.withLock { state in
            defer {
                state.days = [:]
                state.pinned = [:]
            }
            return (state.days, state.pinned)
        }
        withExtendedLifetime(left) {}
    }

    /// How many may be open beside those that views have pinned and those that are read.
    var limit: Int {
        get { state.withLock { $0.limit } }
        set {
            let left = state.withLock { state in
                state.limit = max(newValue, 1)
                return state.shrink()
            }
            withExtendedLifetime(left) {}
        }
    }

    /// How many views may have pinned.
    var pinLimit: Int {
        get { state.withLock { $0.pinLimit } }
        set { state.withLock { $0.pinLimit = newValue } }
    }

    /// How many are open, and how often one was opened.
    var counts: (open: Int, openings: Int) {
        state.withLock { state in
            (state.days.count + state.pinned.keys.count { state.days[$0] == nil }, state.openings)
        }
    }
}

/// The day files that a view has open, as long as it is there: it is read series by series, over all its days each time.
final class PinnedDays: Sendable {
    private let openDays: OpenDays
    private let days = Mutex<[ObjectIdentifier: OpenDay]>([:])

    init(_ openDays: OpenDays) {
        self.openDays = openDays
    }

    deinit {
        for day in days.withLock({ $0 }).values { openDays.unpin(day.file) }
    }

    /// A file that the view's registry names: as long as the view is, it is that of its key.
    ///
    /// - Throws: as `OpenDays.open`.
    func open(_ file: DayFile) throws(StoreError) -> OpenDay {
        let key = ObjectIdentifier(file)
        if let known = days.withLock({ $0[key] }) { return known }
        let day = try openDays.open(file)
        days.withLock { days in
            if days[key] == nil, openDays.pin(day) { days[key] = day }
        }
        return day
    }
}
