// SPDX-License-Identifier: Apache-2.0

/// The instants at which an expression is evaluated.
package struct Steps: Hashable, Sendable {
    /// The first, in milliseconds since the Unix epoch.
    package var start: Int64
    /// From one to the next, in milliseconds; at least 1, also when there is only one.
    package var interval: Int64
    /// How many; at least 1.
    package var count: Int

    package init(start: Int64, interval: Int64, count: Int) {
        precondition(interval > 0 && count > 0, "steps go forward and there is one")
        self.start = start
        self.interval = interval
        self.count = count
    }

    /// One instant.
    package init(at instant: Int64) { self.init(start: instant, interval: 1, count: 1) }

    /// The last, in milliseconds.
    package var end: Int64 { start + Int64(count - 1) * interval }

    /// The instant of a step.
    package subscript(_ step: Int) -> Int64 { start + Int64(step) * interval }
}
