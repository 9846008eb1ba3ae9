// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `-operand` and `+operand`. The minus takes the metric name away, the plus leaves everything.
    func unary(_ node: UnaryExpression) throws(QueryError) -> ExpressionValue {
        let operand = try evaluate(node.operand)
        guard node.isNegation else { return operand }
        switch operand {
        case .scalar(let values): return .scalar(values.map { -$0 })
        case .string: preconditionFailure("the check lets no string have a sign")
        case .vector(var columns):
            columns.values.withUnsafeMutableBufferPointer { values in
                for index in values.indices where VectorColumns.isNumber(values[index]) { values[index].negate() }
            }
            for index in columns.histograms.indices { columns.histograms[index]?.multiply(by: -1) }
            columns.dropAllNames()
            return .vector(columns)
        }
    }

    /// `left operator right`, at all steps together.
    func binary(_ node: BinaryExpression) throws(QueryError) -> ExpressionValue {
        switch (node.left.type == .scalar, node.right.type == .scalar) {
        case (true, true): return .scalar(try scalars(node))
        case (false, true):
            let columns = try vector(node.left)
            return .vector(try combine(columns, with: try scalar(node.right), scalarIsLeft: false, node))
        case (true, false):
            let numbers = try scalar(node.left)
            return .vector(try combine(try vector(node.right), with: numbers, scalarIsLeft: true, node))
        case (false, false):
            let (left, right) = (try vector(node.left), try vector(node.right))
            let matching = node.matching ?? VectorMatching()
            switch node.operation {
            case .and: return .vector(try left.intersected(with: right, matching, query))
            case .unless: return .vector(try left.subtracting(right, matching, query))
            case .or: return .vector(try left.united(with: right, matching, query))
            default:
                var join = VectorJoin(node, matching, left, right)
                defer { join.operation.tell(&query.annotations, at: node.position) }
                return .vector(try join.run(query))
            }
        }
    }

    private func scalars(_ node: BinaryExpression) throws(QueryError) -> [Double] {
        var (left, right) = (try scalar(node.left), try scalar(node.right))
        guard node.operation.takesNumbers else {
            let text = "operator \"\(node.operation.rawValue)\" not allowed for Scalar operations"
            throw QueryError(.execution, text, at: node.position)
        }
        let kernel = node.operation.kernel(.truth)
        left.withUnsafeMutableBufferPointer { left in
            right.withUnsafeMutableBufferPointer { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return }
                _ = kernel(a, b, a, left.count)
            }
        }
        return left
    }

    /// A vector and a number for each step. A comparison leaves the vector's samples, whichever side they are on.
    ///
    /// Source: Prometheus, `promql/engine.go`, VectorscalarBinop.
    private func combine(
        _ vector: VectorColumns,
        with numbers: [Double],
        scalarIsLeft: Bool,
        _ node: BinaryExpression
    ) throws(QueryError) -> VectorColumns {
        var columns = vector
        let comparison: ComparisonResult = node.returnsBool ? .truth : scalarIsLeft ? .right : .left
        var hasSample = Array(repeating: true, count: columns.count)
        if node.operation.takesNumbers, !columns.hasHistograms {
            let kernel = node.operation.kernel(comparison)
            let count = columns.stepCount
            columns.values.withUnsafeMutableBufferPointer { values in
                numbers.withUnsafeBufferPointer { numbers in
                    guard let values = values.baseAddress, let numbers = numbers.baseAddress else { return }
                    for row in hasSample.indices {
                        let samples = values + row * count
                        let (left, right) = scalarIsLeft ? (numbers, samples.immutable) : (samples.immutable, numbers)
                        hasSample[row] = kernel(left, right, samples, count)
                    }
                }
            }
        } else {
            var operation = SampleOperation(node.operation, comparison)
            var pace = Pace(query)
            for index in columns.values.indices {
                try pace.advance()
                guard let sample = OperandSample(columns, at: index) else { continue }
                let number = OperandSample.number(numbers[index % columns.stepCount])
                let outcome = scalarIsLeft ? operation.apply(number, sample) : operation.apply(sample, number)
                columns.put(outcome, at: index)
            }
            operation.tell(&query.annotations, at: node.position)
        }
        if node.operation.changesMetric || node.returnsBool { columns.dropAllNames() }
        return columns.keepingRows(hasSample)
    }
}

extension UnsafeMutablePointer {
    fileprivate var immutable: UnsafePointer<Pointee> { UnsafePointer(self) }
}
