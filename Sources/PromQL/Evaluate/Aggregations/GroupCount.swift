// SPDX-License-Identifier: Apache-2.0

/// `count` and `group`: samples of both kinds count.
struct GroupCount: GroupKernel {
    /// Whether the value is 1 as soon as there is a sample.
    let isGroup: Bool

    func evaluate(_ block: GroupBlock, _ scratch: GroupScratch, _ output: UnsafeMutablePointer<Double>) {
        let counts = scratch.columns.0
        counts.update(repeating: 0, count: block.count)
        var complete = 0.0
        for row in block.rows {
            let values = block.row(row)
            if GroupBlock.areFinite(values, block.count) {
                complete += 1
            } else {
                for step in 0..<block.count { counts[step] += VectorColumns.isAbsent(values[step]) ? 0 : 1 }
            }
        }
        for step in 0..<block.count {
            let count = complete + counts[step]
            output[step] = count == 0 ? VectorColumns.absent : isGroup ? 1 : count
        }
    }
}
