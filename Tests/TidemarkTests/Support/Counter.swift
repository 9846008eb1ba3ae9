// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that many threads add to.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }

    /// Adds one and returns the new number.
    @discardableResult
    func add() -> Int { count.add(1, ordering: .acquiringAndReleasing).newValue }
}
