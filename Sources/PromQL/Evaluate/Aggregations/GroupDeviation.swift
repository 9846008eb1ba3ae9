// SPDX-License-Identifier: Apache-2.0

/// `stddev` and `stdvar` of numbers, of the population (Welford 1962).
struct GroupDeviation: GroupKernel {
    /// Whether the root is taken.
    let isDeviation: Bool

    func evaluate(_ block: GroupBlock, _ scratch: GroupScratch, _ output: UnsafeMutablePointer<Double>) {
        let (means, squares, counts, _) = scratch.columns
        means.update(repeating: 0, count: block.count)
        squares.update(repeating: 0, count: block.count)
        counts.update(repeating: 0, count: block.count)
        for row in block.rows {
            let values = block.row(row)
            if GroupBlock.areFinite(values, block.count) {
                for step in 0..<block.count { GroupDeviation.add(values[step], step, means, squares, counts) }
            } else {
                for step in 0..<block.count where GroupBlock.isNumber(values[step]) {
                    GroupDeviation.add(values[step], step, means, squares, counts)
                }
            }
        }
        for step in 0..<block.count {
            let variance = squares[step] / counts[step]
            let value = isDeviation ? variance.squareRoot() : variance
            output[step] = counts[step] == 0 ? VectorColumns.absent : value.isNaN ? .nan : value
        }
    }

    @inline(__always)
    private static func add(
        _ value: Double,
        _ step: Int,
        _ means: UnsafeMutablePointer<Double>,
        _ squares: UnsafeMutablePointer<Double>,
        _ counts: UnsafeMutablePointer<Double>
    ) {
        counts[step] += 1
        let delta = value - means[step]
        means[step] += delta / counts[step]
        squares[step] += delta * (value - means[step])
    }
}
