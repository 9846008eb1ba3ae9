// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension VectorColumns {
    /// Marks all names to go at the end.
    mutating func dropAllNames() { dropsName = Array(repeating: true, count: count) }

    /// Puts what came of an operator at an index of `values`.
    mutating func put(_ outcome: SampleOperation.Outcome, at index: Int) {
        if case .sample(.histogram(let histogram)) = outcome {
            set(histogram, at: index)
            return
        }
        if hasHistograms { histograms[index] = nil }
        if case .sample(.number(let number)) = outcome {
            values[index] = number
        } else {
            values[index] = VectorColumns.absent
        }
    }

    /// Only the rows for which it is asked, in their order.
    func keepingRows(_ isKept: [Bool]) -> VectorColumns {
        if isKept.allSatisfy({ $0 }) { return self }
        return reordered(isKept.indices.filter { isKept[$0] })
    }

    /// The rows in another order, or some of them.
    func reordered(_ order: [Int]) -> VectorColumns {
        if order.count == count, zip(order, 0...).allSatisfy({ $0 == $1 }) { return self }
        var columns = VectorColumns(stepCount: stepCount)
        columns.labels = order.map { labels[$0] }
        columns.dropsName = order.map { dropsName[$0] }
        columns.values.reserveCapacity(order.count * stepCount)
        for row in order { columns.values.append(contentsOf: self.row(row)) }
        if hasHistograms {
            columns.histograms.reserveCapacity(order.count * stepCount)
            for row in order {
                columns.histograms.append(contentsOf: histograms[row * stepCount..<(row + 1) * stepCount])
            }
        }
        return columns
    }
}
