// SPDX-License-Identifier: Apache-2.0

/// `quantile` of numbers, with a quantile for each step.
struct GroupQuantile: GroupKernel {
    let quantiles: [Double]

    static var longestBlock: Int { 2 * width }

    /// Steps that are gathered at a time: as many values as two lines of the cache hold, which come together.
    private static let width = 16

    func evaluate(_ block: GroupBlock, _ scratch: GroupScratch, _ output: UnsafeMutablePointer<Double>) {
        let size = block.rows.count
        let gathered = scratch.gather(GroupQuantile.width * size)
        for start in stride(from: 0, to: block.count, by: GroupQuantile.width) {
            let width = min(GroupQuantile.width, block.count - start)
            withUnsafeTemporaryAllocation(of: Int.self, capacity: width) { counts in
                for lane in 0..<width { counts[lane] = 0 }
                for row in block.rows {
                    let values = block.row(row) + start
                    for lane in 0..<width {
                        // Written in any case, kept when it is a number.
                        gathered[lane * size + counts[lane]] = values[lane]
                        counts[lane] += GroupBlock.isNumber(values[lane]) ? 1 : 0
                    }
                }
                for lane in 0..<width {
                    let values = gathered[lane * size..<lane * size + counts[lane]]
                    guard !values.isEmpty else {
                        output[start + lane] = VectorColumns.absent
                        continue
                    }
                    let value = Quantile.value(
                        quantiles[block.first + start + lane],
                        UnsafeMutableBufferPointer(rebasing: values)
                    )
                    output[start + lane] = value.isNaN ? .nan : value
                }
            }
        }
    }
}
