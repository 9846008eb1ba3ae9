// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A sum that carries what rounding took off (Kahan 1965, with Neumaier's improvement of 1974), as Prometheus sums.
package struct CompensatedSum: Sendable {
    /// The sum without compensation.
    package var sum: Double
    /// What rounding took off so far.
    package var compensation: Double

    @inline(__always)
    package init(_ sum: Double = 0, compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    /// Adds a number.
    @inline(__always)
    package mutating func add(_ value: Double) {
        accumulate(value, &sum, &compensation)
    }

    /// The sum with its compensation.
    @inline(__always)
    package var total: Double { sum.isInfinite ? sum : sum + compensation }
}
