// SPDX-License-Identifier: Apache-2.0

/// The buckets of one side of a histogram with their indices written out, for what changes the layout.
///
/// With `compensations` each count is a compensated sum: the true value is the count and its compensation together.
struct SparseBuckets {
    /// Ascending, each once.
    private(set) var indices: [Int32]
    /// One for each index.
    private(set) var counts: [Double]
    /// One for each index when the sums are compensated, else none at all.
    private(set) var compensations: [Double]
    /// Whether the counts are compensated sums.
    private let isCompensated: Bool

    /// The buckets that spans describe. Where there are more counts than the spans tell of, or fewer, the surplus is
    /// left out.
    init(_ spans: [NativeHistogram.Span], _ counts: [Double], compensations: [Double]? = nil) {
        isCompensated = compensations != nil
        indices = []
        indices.reserveCapacity(counts.count)
        var index: Int32 = 0
        for span in spans {
            index &+= span.offset
            for _ in 0..<min(Int(span.length), counts.count - indices.count) {
                indices.append(index)
                index &+= 1
            }
        }
        self.counts = indices.count == counts.count ? counts : Array(counts.prefix(indices.count))
        self.compensations = Array((compensations ?? []).prefix(indices.count))
    }

    private init(isCompensated: Bool) {
        self.isCompensated = isCompensated
        indices = []
        counts = []
        compensations = []
    }

    /// The fewest spans that describe the indices.
    var spans: [NativeHistogram.Span] {
        var spans: [NativeHistogram.Span] = []
        var next: Int32 = 0
        for index in indices {
            if !spans.isEmpty, index == next {
                spans[spans.count - 1].length += 1
            } else {
                spans.append(NativeHistogram.Span(offset: index &- next, length: 1))
            }
            next = index &+ 1
        }
        return spans
    }

    /// Where an index is, or would be.
    private func position(of index: Int32) -> Int {
        var low = 0
        var high = indices.count
        while low < high {
            let middle = (low + high) / 2
            if indices[middle] < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The count of an index, or nil when there is no such bucket.
    func count(at index: Int32) -> Double? {
        let position = position(of: index)
        return position < indices.count && indices[position] == index ? counts[position] : nil
    }

    /// Puts together the 2^`shift` buckets that are one in a schema coarser by `shift`.
    mutating func reduce(by shift: Int32) {
        if shift == 0 || indices.isEmpty { return }
        var target = 0
        for position in indices.indices {
            let index = ((indices[position] &- 1) >> shift) &+ 1
            if position > 0, indices[target] == index {
                if !isCompensated {
                    counts[target] += counts[position]
                } else {
                    accumulate(counts[position], &counts[target], &compensations[target])
                    accumulate(compensations[position], &counts[target], &compensations[target])
                }
            } else {
                if position > 0 { target += 1 }
                indices[target] = index
                counts[target] = counts[position]
                if isCompensated { compensations[target] = compensations[position] }
            }
        }
        keepFirst(target + 1)
    }

    /// Takes out the first buckets.
    mutating func dropFirst(_ count: Int) {
        indices.removeFirst(count)
        counts.removeFirst(count)
        if isCompensated { compensations.removeFirst(count) }
    }

    private mutating func keepFirst(_ count: Int) {
        indices.removeLast(indices.count - count)
        counts.removeLast(counts.count - count)
        if isCompensated { compensations.removeLast(compensations.count - count) }
    }

    /// Takes out buckets whose upper bound is at most `threshold`.
    mutating func drop(upTo threshold: Double, schema: Int32) {
        if threshold <= 0 { return }
        var count = 0
        while count < indices.count, NativeHistogram.bound(indices[count], schema: schema) <= threshold { count += 1 }
        if count > 0 { dropFirst(count) }
    }

    /// Adds the buckets of another, or subtracts them. Compensated when this one has compensations.
    mutating func add(_ other: SparseBuckets, subtracting: Bool) {
        let sign: Double = subtracting ? -1 : 1
        var sum = SparseBuckets(isCompensated: isCompensated)
        let capacity = indices.count + other.indices.count
        sum.indices.reserveCapacity(capacity)
        sum.counts.reserveCapacity(capacity)
        if isCompensated { sum.compensations.reserveCapacity(capacity) }
        var left = 0
        var right = 0
        while left < indices.count || right < other.indices.count {
            let takesLeft =
                right == other.indices.count || (left < indices.count && indices[left] <= other.indices[right])
            let takesRight =
                left == indices.count || (right < other.indices.count && other.indices[right] <= indices[left])
            var count: Double = takesLeft ? counts[left] : 0
            var compensation: Double = takesLeft && isCompensated ? compensations[left] : 0
            if takesRight {
                if isCompensated {
                    accumulate(sign * other.counts[right], &count, &compensation)
                    if other.isCompensated {
                        accumulate(sign * other.compensations[right], &count, &compensation)
                    }
                } else {
                    count = takesLeft ? count + sign * other.counts[right] : sign * other.counts[right]
                }
            }
            sum.indices.append(takesLeft ? indices[left] : other.indices[right])
            sum.counts.append(count)
            if isCompensated { sum.compensations.append(compensation) }
            if takesLeft { left += 1 }
            if takesRight { right += 1 }
        }
        self = sum
    }

    /// Moves the buckets to the fewer custom bounds that `target` holds, which are some of `source`.
    mutating func map(from source: [Double], to target: [Double]) {
        var mapped = SparseBuckets(isCompensated: isCompensated)
        var bound = 0
        for position in indices.indices {
            let index = Int(indices[position])
            var slot = target.count
            if index >= 0, index < source.count {
                while bound < target.count, target[bound] < source[index] { bound += 1 }
                slot = bound
            }
            if mapped.indices.last == Int32(slot) {
                let last = mapped.counts.count - 1
                if !isCompensated {
                    mapped.counts[last] += counts[position]
                } else {
                    accumulate(counts[position], &mapped.counts[last], &mapped.compensations[last])
                    accumulate(compensations[position], &mapped.counts[last], &mapped.compensations[last])
                }
            } else {
                mapped.indices.append(Int32(slot))
                mapped.counts.append(counts[position])
                if isCompensated { mapped.compensations.append(compensations[position]) }
            }
        }
        self = mapped
    }

    /// The longest gap that is filled with empty buckets.
    static let longestGap = 1_024

    /// Takes out empty buckets but for those in gaps of at most `maximumGap`, which it fills with empty ones; none of
    /// more than ``longestGap``.
    ///
    /// - Precondition: the sums are not compensated: a count of 0 may have a compensation.
    mutating func compact(maximumGap: Int) {
        precondition(!isCompensated, "compensations are added before buckets are taken out")
        let maximumGap = min(maximumGap, SparseBuckets.longestGap)
        var compacted = SparseBuckets(isCompensated: isCompensated)
        for position in indices.indices where counts[position] != 0 {
            if maximumGap > 0, let last = compacted.indices.last,
                case let gap = Int(indices[position]) - Int(last) - 1, gap > 0, gap <= maximumGap
            {
                for index in (last + 1)..<indices[position] {
                    compacted.indices.append(index)
                    compacted.counts.append(0)
                }
            }
            compacted.indices.append(indices[position])
            compacted.counts.append(counts[position])
        }
        self = compacted
    }
}

/// Adds to a sum and keeps in `compensation` what the addition rounded off. (Kahan's algorithm with Neumaier's
/// improvement; Prometheus, `util/kahansum`.)
@inlinable
@inline(__always)
package func accumulate(_ increment: Double, _ sum: inout Double, _ compensation: inout Double) {
    let total = sum + increment
    if total.isInfinite {
        compensation = 0
    } else if sum.magnitude >= increment.magnitude {
        compensation += (sum - total) + increment
    } else {
        compensation += (increment - total) + sum
    }
    sum = total
}
