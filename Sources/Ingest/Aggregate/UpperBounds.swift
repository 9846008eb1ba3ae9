// SPDX-License-Identifier: Apache-2.0

/// Looking a number up among the upper bounds of buckets or bins.
enum UpperBounds {
    /// The bucket of a number: the first whose bound is not below it, as Prometheus's `le` means, or the one of +Inf behind
    /// them all.
    ///
    /// - Parameter bounds: ascending.
    /// - Complexity: O(log n).
    @inline(__always)
    static func bucket<Bound: Comparable>(of value: Bound, in bounds: UnsafePointer<Bound>, count: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low &+ high) / 2
            if bounds[middle] < value { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
