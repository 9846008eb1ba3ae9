// SPDX-License-Identifier: Apache-2.0

/// The ends of windows: one for each step, or the same for each because of `@`.
struct RangeEnds {
    /// The first, in milliseconds, inclusive.
    let start: Int64
    /// From one to the next, in milliseconds; 0 when all are the same.
    let interval: Int64
    /// How many.
    let count: Int

    /// - Parameter stepCount: how many steps there are, if windows that are all the same are to be told apart
    ///   nonetheless, because a parameter differs from step to step.
    init(_ input: RangeInput, stepCount: Int? = nil) {
        start = input.ends.start
        interval = input.isFixed ? 0 : input.ends.interval
        count = input.isFixed ? stepCount ?? 1 : input.ends.count
    }

    /// One window.
    init(at end: Int64) { (start, interval, count) = (end, 0, 1) }

    /// The end of a step's window.
    subscript(_ step: Int) -> Int64 { start + Int64(step) * interval }
}
