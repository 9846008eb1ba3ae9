// SPDX-License-Identifier: Apache-2.0

/// Quantiles as Prometheus defines them: between the two values next to the rank q × (n − 1), linearly.
///
/// Source: Prometheus, `promql/quantile.go`, `quantile`.
package enum Quantile {
    /// NaN for no value or a quantile that is NaN, −Inf below 0, +Inf above 1. NaN values are less than all others.
    ///
    /// The values are moved about.
    ///
    /// - Complexity: O(n) on average, O(n log n) at worst.
    package static func value(_ quantile: Double, _ values: UnsafeMutableBufferPointer<Double>) -> Double {
        if values.isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        // NaN first, which leaves an order without them.
        var first = 0
        for index in values.indices where values[index].isNaN {
            values.swapAt(first, index)
            first += 1
        }
        let rank = quantile * Double(values.count - 1)
        let lower = Int(rank)
        let upper = min(values.count - 1, lower + 1)
        let weight = rank - rank.rounded(.down)
        if lower >= first { select(lower, first, values) }
        let least = values[lower]
        var greatest = least
        if upper > lower {
            if upper >= first {
                // The least of those behind; all before are at most `least`.
                let start = max(upper, first)
                greatest = values[start]
                for index in start..<values.count where values[index] < greatest { greatest = values[index] }
            } else {
                greatest = values[upper]
            }
        }
        return least * (1 - weight) + greatest * weight
    }

    /// Puts at `position` what would be there if `values[first...]` were sorted, nothing greater before it and nothing
    /// less behind it. (Hoare 1961, "Find"; what is left is sorted when that takes too many rounds, as Musser 1997 has
    /// it, so that no order of values makes it quadratic.)
    private static func select(_ position: Int, _ first: Int, _ values: UnsafeMutableBufferPointer<Double>) {
        var low = first
        var high = values.count - 1
        var rounds = 2 * (Int.bitWidth - values.count.leadingZeroBitCount)
        while low < high {
            rounds -= 1
            if rounds < 0 {
                var rest = UnsafeMutableBufferPointer(rebasing: values[low...high])
                rest.sort()
                return
            }
            let middle = low + (high - low) / 2
            // Of three the one in the middle, so that sorted values are no bad case.
            if values[middle] < values[low] { values.swapAt(middle, low) }
            if values[high] < values[low] { values.swapAt(high, low) }
            if values[high] < values[middle] { values.swapAt(high, middle) }
            let pivot = values[middle]
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while pivot < values[right] { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if position <= right {
                high = right
            } else if position >= left {
                low = left
            } else {
                return
            }
        }
    }
}
