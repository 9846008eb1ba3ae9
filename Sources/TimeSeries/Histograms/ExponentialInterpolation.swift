// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Which share of a bucket's observations is below `value`, when they would fill the buckets of any finer exponential
/// schema evenly.
///
/// - Precondition: the bounds are finite and on the same side of 0, `value` is between them.
///
/// Source: Prometheus, `promql/quantile.go`, `HistogramFraction`.
package func exponentialShare(below value: Double, lower: Double, upper: Double) -> Double {
    let logLower = log2(lower.magnitude)
    let logUpper = log2(upper.magnitude)
    let logValue = log2(value.magnitude)
    if value > 0 { return (logValue - logLower) / (logUpper - logLower) }
    return 1 - (logValue - logUpper) / (logLower - logUpper)
}

/// The value below which a share of a bucket's observations is: what ``exponentialShare(below:lower:upper:)`` undoes.
///
/// Source: Prometheus, `promql/quantile.go`, `HistogramQuantile`.
package func exponentialValue(ofShare share: Double, lower: Double, upper: Double) -> Double {
    let logLower = log2(lower.magnitude)
    let logUpper = log2(upper.magnitude)
    if lower > 0 { return exp2(logLower + (logUpper - logLower) * share) }
    return -exp2(logUpper + (logLower - logUpper) * (1 - share))
}
