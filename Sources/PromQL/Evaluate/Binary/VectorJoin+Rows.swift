// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The part of a join that works on whole rows.
extension VectorJoin {
    /// Plans the rows of a group with one row on the "one" side. Says no when labels meet in the result, which is
    /// allowed only where samples take turns.
    mutating func plan(_ manyRows: ArraySlice<Int32>, _ oneRow: Int, _ pairs: inout [Pair]) -> Bool {
        let before = pairs.count
        var isUnique = true
        for row in manyRows {
            let labels = resultLabels(many.labels[Int(row)], one.labels[oneRow])
            let (number, isNew) = resultRow(labels, dropsName(Int(row)), origin: Int(row))
            isUnique = isUnique && isNew
            pairs.append(Pair(many: Int(row), one: oneRow, result: number))
        }
        if !isUnique { pairs.removeLast(pairs.count - before) }
        return isUnique
    }

    /// Plans the row of a group with at most one row on either side and fill values for what is missing. Says no when
    /// the labels of the result depend on what is missing.
    mutating func planFilled(_ manyRow: Int32?, _ oneRow: Int32?, _ pairs: inout [Pair]) -> Bool {
        let manyLabels = manyRow.map { many.labels[Int($0)] }
        let oneLabels = oneRow.map { one.labels[Int($0)] }
        var variants: [(labels: Labels, dropsName: Bool)] = []
        if let manyRow, let manyLabels {
            let drops = dropsName(Int(manyRow))
            if let oneLabels { variants.append((resultLabels(manyLabels, oneLabels), drops)) }
            if matching.fillRight != nil {
                variants.append((resultLabels(manyLabels, selection.part(of: manyLabels)), drops))
            }
        }
        if let oneLabels, matching.fillLeft != nil {
            variants.append((resultLabels(selection.part(of: oneLabels), oneLabels), operation.comparison == .truth))
        }
        guard let (labels, drops) = variants.first else { return true }
        guard variants.allSatisfy({ $0.labels == labels && $0.dropsName == drops }) else { return false }
        let (number, isNew) = resultRow(labels, drops, origin: manyRow.map { Int($0) } ?? many.count)
        if isNew { pairs.append(Pair(many: manyRow.map { Int($0) }, one: oneRow.map { Int($0) }, result: number)) }
        return isNew
    }

    private static func row(
        _ row: Int?,
        of values: UnsafeBufferPointer<Double>,
        _ count: Int
    ) -> UnsafePointer<Double>? {
        guard let row, let base = values.baseAddress else { return nil }
        return base + row * count
    }

    /// A row with a number wherever it, or the other one, has a sample.
    private static func fill(
        _ row: UnsafePointer<Double>?,
        _ other: UnsafePointer<Double>?,
        with value: Double?,
        into filled: UnsafeMutablePointer<Double>,
        _ count: Int
    ) {
        let absent = VectorColumns.absent
        for step in 0..<count {
            let sample = row?[step] ?? absent
            let isNeeded = !VectorColumns.isAbsent(other?[step] ?? absent)
            filled[step] = VectorColumns.isAbsent(sample) && isNeeded ? value ?? absent : sample
        }
    }

    /// Makes the values of all rows so far: those of the pairs by the kernel, the others without a sample. Says for
    /// each row whether there is one.
    ///
    /// - Throws: when the query has to end.
    mutating func runKernel(on pairs: [Pair], _ query: RunningQuery) throws(QueryError) -> [Bool] {
        var hasSample = Array(repeating: false, count: result.count)
        guard !pairs.isEmpty else {
            result.values = Array(repeating: VectorColumns.absent, count: result.count * stepCount)
            return hasSample
        }
        let kernel = operation.operation.kernel(operation.comparison)
        let (stepCount, manyIsLeft, total) = (stepCount, manyIsLeft, result.count * stepCount)
        let (fillMany, fillOne) = (matching.fillLeft, matching.fillRight)
        // Rows with what is missing filled in; empty where nothing is to be filled.
        let hasFill = fillMany != nil || fillOne != nil
        let scratch = UnsafeMutableBufferPointer<Double>.allocate(capacity: hasFill ? 2 * stepCount : 0)
        defer { scratch.deallocate() }
        var failure: QueryError?
        result.values = many.values.withUnsafeBufferPointer { many in
            one.values.withUnsafeBufferPointer { one in
                Array(unsafeUninitializedCapacity: total) { values, initialized in
                    initialized = total
                    guard let values = values.baseAddress else { return }
                    var next = 0  // pairs come in the order of their rows in the result
                    var pace = Pace(query)
                    for pair in pairs {
                        do throws(QueryError) {
                            try pace.advance(by: 1 + stepCount / 4)
                        } catch {
                            failure = error
                            break
                        }
                        (values + next * stepCount)
                            .initialize(repeating: VectorColumns.absent, count: (pair.result - next) * stepCount)
                        var a = VectorJoin.row(pair.many, of: many, stepCount)
                        var b = VectorJoin.row(pair.one, of: one, stepCount)
                        if hasFill, let scratch = scratch.baseAddress {
                            VectorJoin.fill(a, b, with: fillMany, into: scratch, stepCount)
                            VectorJoin.fill(b, a, with: fillOne, into: scratch + stepCount, stepCount)
                            (a, b) = (UnsafePointer(scratch), UnsafePointer(scratch + stepCount))
                        }
                        guard let left = manyIsLeft ? a : b, let right = manyIsLeft ? b : a else {
                            preconditionFailure("a pair has a row on either side, or one that is filled in")
                        }
                        hasSample[pair.result] = kernel(left, right, values + pair.result * stepCount, stepCount)
                        next = pair.result + 1
                    }
                    (values + next * stepCount)
                        .initialize(repeating: VectorColumns.absent, count: total - next * stepCount)
                }
            }
        }
        if let failure { throw failure }
        return hasSample
    }
}
