// SPDX-License-Identifier: Apache-2.0

/// Bins that hold shares of a feature's values that are as equal as ties allow.
///
/// The bounds are the quantiles 1/bins, 2/bins, …, where the quantile p of n values is the ⌈n·p⌉th in ascending order:
/// the inverse of the empirical distribution function, type 1 of Hyndman and Fan ("Sample quantiles in statistical
/// packages", 1996). A bound is always a value that occurs.
///
/// A quantile that comes twice is one value with more than a bin's share. It gets a bin of its own, by a second bound just
/// below it, as does the only value of a constant feature. So a feature that is always 7 has the bins below 7, 7, and
/// above 7, the outer two empty, and one that is 0 or 1 the bins below, 0, between, 1, above: whatever else comes is seen.
struct QuantileBins {
    /// Inclusive upper bounds of all bins but the last: ascending, finite.
    private(set) var upperBounds: [Double]

    /// - Parameters:
    ///   - count: how many values there are.
    ///   - bins: how many bins are wanted, 2 to ``Baseline/mostBins``. There are as many, or fewer; three where two are
    ///     wanted of a constant feature.
    ///   - valueAt: the value of a 1-based rank, as the range of numbers from behind `lower` up to `upper` that cannot be
    ///     told from it: (the number just below, the number) when it is known as it is.
    init(count: UInt64, bins: Int, valueAt: (UInt64) -> (lower: Double, upper: Double)) {
        precondition(bins >= 2 && bins <= Baseline.mostBins, "2 to \(Baseline.mostBins) bins")
        upperBounds = []
        guard count > 0 else { return }
        let isConstant = valueAt(1) == valueAt(count)
        var last: (lower: Double, upper: Double)?
        for bin in 1..<UInt64(bins) {
            let value = valueAt(QuantileBins.rank(bin, of: UInt64(bins), count: count))
            if let last, last == value {
                // It has come twice.
                if upperBounds.last == value.upper { upperBounds.removeLast() }
                append(value.lower)
            }
            append(value.upper)
            if isConstant, bins == 2 { upperBounds = [value.lower, value.upper].filter(\.isFinite) }
            last = value
        }
    }

    /// Those of numbers in ascending order, infinities included.
    init(sorted values: [Double], bins: Int) {
        self.init(count: UInt64(values.count), bins: bins) { rank in
            let value = values[Int(rank) - 1]
            return (value.nextDown, value)
        }
    }

    private mutating func append(_ bound: Double) {
        guard bound.isFinite, upperBounds.last.map({ $0 < bound }) ?? true else { return }
        upperBounds.append(bound)
    }

    /// ⌈count·part/parts⌉, without overflow.
    private static func rank(_ part: UInt64, of parts: UInt64, count: UInt64) -> UInt64 {
        let product = count.multipliedFullWidth(by: part)
        let (quotient, remainder) = parts.dividingFullWidth(product)
        return quotient + (remainder > 0 ? 1 : 0)
    }
}
