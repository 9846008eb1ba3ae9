// SPDX-License-Identifier: Apache-2.0

/// `sum` and `avg` of numbers, compensated for rounding.
///
/// Source: Prometheus, `promql/engine.go`, `aggregation`.
struct GroupSum: GroupKernel {
    /// Whether the sum is divided by how many there are.
    let isAverage: Bool

    func evaluate(_ block: GroupBlock, _ scratch: GroupScratch, _ output: UnsafeMutablePointer<Double>) {
        let (sums, compensations, counts, _) = scratch.columns
        // Minus zero changes no number that it is added to.
        sums.update(repeating: -0.0, count: block.count)
        compensations.update(repeating: 0, count: block.count)
        counts.update(repeating: 0, count: block.count)
        var complete = 0.0
        for row in block.rows {
            let values = block.row(row)
            if GroupBlock.areFinite(values, block.count) {
                complete += 1
                for step in 0..<block.count { GroupSum.add(values[step], step, sums, compensations) }
            } else {
                for step in 0..<block.count {
                    let isNumber = GroupBlock.isNumber(values[step])
                    GroupSum.add(isNumber ? values[step] : -0.0, step, sums, compensations)
                    counts[step] += isNumber ? 1 : 0
                }
            }
        }
        for step in 0..<block.count {
            let count = complete + counts[step]
            if count == 0 {
                output[step] = VectorColumns.absent
            } else if !(sums[step] + compensations[step]).isFinite {
                output[step] = isAverage ? GroupSum.average(block, step) : GroupSum.sum(block, step)
            } else if isAverage {
                output[step] = sums[step] / count + compensations[step] / count
            } else {
                output[step] = sums[step] + compensations[step]
            }
        }
    }

    /// Adds a number, and to the compensation exactly what rounding took off (Knuth 1969, "TwoSum": as long as nothing
    /// overflows the same as Neumaier's comparison, without a branch).
    @inline(__always)
    private static func add(
        _ value: Double,
        _ step: Int,
        _ sums: UnsafeMutablePointer<Double>,
        _ compensations: UnsafeMutablePointer<Double>
    ) {
        let sum = sums[step]
        let total = sum + value
        let added = total - sum
        compensations[step] += (sum - (total - added)) + (value - added)
        sums[step] = total
    }

    /// A sum with infinite numbers or NaN in it, or one that overflows.
    private static func sum(_ block: GroupBlock, _ step: Int) -> Double {
        var sum = CompensatedSum()
        for row in block.rows {
            let value = block.row(row)[step]
            if GroupBlock.isNumber(value) { sum.add(value) }
        }
        return GroupSum.plain(sum.total)
    }

    /// The same of an average: from where the sum overflows, the average is carried on instead.
    private static func average(_ block: GroupBlock, _ step: Int) -> Double {
        var count = 0.0
        var sum = CompensatedSum()
        var isIncremental = false
        for row in block.rows {
            let value = block.row(row)[step]
            guard GroupBlock.isNumber(value) else { continue }
            count += 1
            if count == 1 {
                sum.sum = value
                continue
            }
            if !isIncremental {
                var next = sum
                next.add(value)
                if !next.sum.isInfinite {
                    sum = next
                    continue
                }
                isIncremental = true
                sum = CompensatedSum(sum.sum / (count - 1), compensation: sum.compensation / (count - 1))
            }
            let share = (count - 1) / count
            sum = CompensatedSum(share * sum.sum, compensation: share * sum.compensation)
            sum.add(value / count)
        }
        return plain(isIncremental ? sum.sum + sum.compensation : sum.sum / count + sum.compensation / count)
    }

    /// NaN as arithmetic makes it, whatever the bits of the NaN that came in.
    private static func plain(_ value: Double) -> Double { value.isNaN ? .nan : value }
}
