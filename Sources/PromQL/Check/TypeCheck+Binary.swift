// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TypeCheck {
    /// Checks a binary operator and its sides; between anything but two vectors nothing is matched.
    func check(_ node: inout BinaryExpression) throws(QueryError) -> ValueType {
        let left = try check(&node.left)
        let right = try check(&node.right)
        let operation = node.operation
        if node.returnsBool, !operation.isComparison {
            throw error("bool modifier can only be used on comparison operators", at: operatorPosition(node))
        }
        if operation.isComparison, !node.returnsBool, left == .scalar, right == .scalar {
            throw error("comparisons between scalars must use BOOL modifier", at: operatorPosition(node))
        }
        var matching = node.matching ?? VectorMatching()
        if operation.isSetOperator, matching.cardinality == .oneToOne { matching.cardinality = .manyToMany }
        if matching.isOn, let label = matching.labels.first(where: matching.include.contains) {
            let name = QuotedText.string(label)
            throw error("label \(name) must not occur in ON and GROUP clause at once", at: operatorPosition(node))
        }
        for (type, side) in [(left, node.left), (right, node.right)] where type != .scalar && type != .vector {
            throw error("binary expression must contain only scalar and instant vector types", at: side.position)
        }
        let fills = matching.fillLeft != nil || matching.fillRight != nil
        if left != .vector || right != .vector {
            if !matching.labels.isEmpty {
                throw error("vector matching only allowed between instant vectors", at: node.position)
            }
            if fills {
                throw error("filling in missing series only allowed between instant vectors", at: node.position)
            }
            if operation.isSetOperator {
                let name = QuotedText.string(operation.rawValue)
                throw error("set operator \(name) not allowed in binary scalar expression", at: node.position)
            }
            node.matching = nil
            return left == .scalar && right == .scalar ? .scalar : .vector
        }
        if operation.isSetOperator {
            if matching.cardinality != .manyToMany {
                let name = QuotedText.string(operation.rawValue)
                throw error("no grouping allowed for \(name) operation", at: node.position)
            }
            if fills { throw error("filling in missing series not allowed for set operators", at: node.position) }
        }
        node.matching = matching
        return .vector
    }

    /// Between the sides, without the space around it.
    private func operatorPosition(_ node: BinaryExpression) -> SourceRange {
        var start = node.left.position.end
        var end = node.right.position.start
        while start < end, bytes[start].isSpace { start += 1 }
        while end > start, bytes[end - 1].isSpace { end -= 1 }
        return SourceRange(start: start, end: end)
    }
}
