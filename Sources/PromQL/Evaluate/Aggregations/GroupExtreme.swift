// SPDX-License-Identifier: Apache-2.0

/// `min` and `max` of numbers: NaN only where there is nothing else.
struct GroupExtreme: GroupKernel {
    let isMaximum: Bool

    func evaluate(_ block: GroupBlock, _ scratch: GroupScratch, _ output: UnsafeMutablePointer<Double>) {
        let (extremes, numbers, nans, _) = scratch.columns
        extremes.update(repeating: isMaximum ? -Double.infinity : .infinity, count: block.count)
        numbers.update(repeating: 0, count: block.count)
        nans.update(repeating: 0, count: block.count)
        var isComplete = false
        for row in block.rows {
            let values = block.row(row)
            guard GroupBlock.areFinite(values, block.count) else {
                for step in 0..<block.count {
                    let value = values[step]
                    let isNumber = GroupBlock.isNumber(value)
                    nans[step] = isNumber && value.isNaN ? 1 : nans[step]
                    numbers[step] = isNumber && !value.isNaN ? 1 : numbers[step]
                    // A NaN is neither less nor greater, whatever it stands for.
                    let isBeyond = isMaximum ? value > extremes[step] : value < extremes[step]
                    extremes[step] = isBeyond ? value : extremes[step]
                }
                continue
            }
            isComplete = true
            if isMaximum {
                for step in 0..<block.count {
                    extremes[step] = values[step] > extremes[step] ? values[step] : extremes[step]
                }
            } else {
                for step in 0..<block.count {
                    extremes[step] = values[step] < extremes[step] ? values[step] : extremes[step]
                }
            }
        }
        for step in 0..<block.count {
            output[step] =
                isComplete || numbers[step] > 0 ? extremes[step] : nans[step] > 0 ? .nan : VectorColumns.absent
        }
    }
}
