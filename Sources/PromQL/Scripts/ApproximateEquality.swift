// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// When a result is taken to be what was expected.
package enum ApproximateEquality {
    /// The relative difference that is allowed between numbers.
    package static let tolerance = 1e-6

    /// Whether two numbers are as good as equal. NaN is NaN, but a staleness marker is only a staleness marker.
    ///
    /// Source: Prometheus, `util/almost/almost.go`, `Equal`.
    package static func holds(_ left: Double, _ right: Double, tolerance: Double = tolerance) -> Bool {
        if SampleColumns.isStale(left) || SampleColumns.isStale(right) {
            return SampleColumns.isStale(left) && SampleColumns.isStale(right)
        }
        if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
        if left == right { return true }
        let smallest = Double.leastNormalMagnitude
        let difference = (left - right).magnitude
        let size = left.magnitude + right.magnitude
        if left == 0 || right == 0 || size < smallest { return difference < tolerance * smallest }
        return difference / min(size, .greatestFiniteMagnitude) < tolerance
    }

    /// Whether two histograms hold as good as the same, empty buckets left aside, reset hints not looked at.
    ///
    /// Source: Prometheus, `promql/promqltest/test.go`, `compareNativeHistogram`.
    package static func holds(_ left: NativeHistogram, _ right: NativeHistogram) -> Bool {
        var left = left
        var right = right
        left.compact(maximumGap: 0)
        right.compact(maximumGap: 0)
        return left.schema == right.schema && holds(left.count, right.count) && holds(left.sum, right.sum)
            && (!left.usesCustomBuckets || left.customValues == right.customValues)
            && left.zeroThreshold == right.zeroThreshold && holds(left.zeroCount, right.zeroCount)
            && left.negativeSpans.filter { $0.length > 0 } == right.negativeSpans.filter { $0.length > 0 }
            && left.positiveSpans.filter { $0.length > 0 } == right.positiveSpans.filter { $0.length > 0 }
            && holds(left.negativeBuckets, right.negativeBuckets)
            && holds(left.positiveBuckets, right.positiveBuckets)
    }

    private static func holds(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { holds($0, $1) }
    }
}
