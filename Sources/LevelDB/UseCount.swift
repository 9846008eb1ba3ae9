// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Counts the calls and cursors that are inside a database, and shuts the door once nobody is.
///
/// LevelDB frees its memory in `leveldb_close` no matter who is using it. With this count, using a closed database and
/// closing one in use are caught at the call that is wrong, on any thread, at the price of two atomic additions.
struct UseCount: ~Copyable {
    /// Twice the number of uses, plus 1 once closed.
    private let state = Atomic<Int>(0)

    /// Enters. Entering a closed database is a programmer error.
    func begin() {
        let before = state.wrappingAdd(2, ordering: .acquiring).oldValue
        precondition(before & 1 == 0, "LevelDB database used after close()")
    }

    /// Leaves; pairs with one ``begin()``.
    func end() {
        state.wrappingSubtract(2, ordering: .releasing)
    }

    /// Shuts the door. False if it was shut before. Closing while somebody is inside is a programmer error.
    func close() -> Bool {
        let (closed, before) = state.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing)
        if closed { return true }
        precondition(before & 1 == 1, "LevelDB database closed while a cursor or a call was using it")
        return false
    }
}
