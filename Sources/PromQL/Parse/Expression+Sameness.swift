// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Expression {
    /// Whether another says the same, wherever it stands in its text. The order of matchers does not count; any NaN is
    /// the same as any other.
    package func isSame(as other: Expression) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)):
            return left.isDuration == right.isDuration && left.value.isSame(as: right.value)
        case (.string(let left), .string(let right)): return left.bytes == right.bytes
        case (.parenthesis(let left), .parenthesis(let right)): return left.inner.isSame(as: right.inner)
        case (.unary(let left), .unary(let right)):
            return left.isNegation == right.isNegation && left.operand.isSame(as: right.operand)
        case (.binary(let left), .binary(let right)):
            return left.operation == right.operation && left.returnsBool == right.returnsBool
                && VectorMatching.areSame(left.matching, right.matching) && left.left.isSame(as: right.left)
                && left.right.isSame(as: right.right)
        case (.call(let left), .call(let right)):
            return left.function == right.function && left.arguments.count == right.arguments.count
                && zip(left.arguments, right.arguments).allSatisfy { $0.isSame(as: $1) }
        case (.aggregation(let left), .aggregation(let right)):
            return left.operation == right.operation && left.grouping == right.grouping
                && left.isWithout == right.isWithout && left.operand.isSame(as: right.operand)
                && Expression.areSame(left.parameter, right.parameter)
        case (.selector(let left), .selector(let right)): return left.isSame(as: right)
        case (.range(let left), .range(let right)):
            return left.range.isSame(as: right.range) && left.selector.isSame(as: right.selector)
        case (.subquery(let left), .subquery(let right)):
            return left.range.isSame(as: right.range) && left.offset.isSame(as: right.offset) && left.at == right.at
                && DurationExpression.areSame(left.step, right.step) && left.inner.isSame(as: right.inner)
        default: return false
        }
    }

    private static func areSame(_ left: Expression?, _ right: Expression?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSame(as: right)
    }
}

extension VectorSelector {
    fileprivate func isSame(as other: VectorSelector) -> Bool {
        name == other.name && offset.isSame(as: other.offset) && at == other.at && extent == other.extent
            && matchers.map(\.description).sorted() == other.matchers.map(\.description).sorted()
    }
}

extension VectorMatching {
    fileprivate static func areSame(_ left: VectorMatching?, _ right: VectorMatching?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.cardinality == right.cardinality && left.labels == right.labels && left.isOn == right.isOn
            && left.include == right.include && Double.areSame(left.fillLeft, right.fillLeft)
            && Double.areSame(left.fillRight, right.fillRight)
    }
}

extension DurationExpression {
    fileprivate func isSame(as other: DurationExpression) -> Bool {
        switch (self, other) {
        case (.milliseconds(let left), .milliseconds(let right)): left == right
        case (.expression(let left, _), .expression(let right, _)): left == right
        default: false
        }
    }

    fileprivate static func areSame(_ left: DurationExpression?, _ right: DurationExpression?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSame(as: right)
    }
}

extension Double {
    fileprivate func isSame(as other: Double) -> Bool { bitPattern == other.bitPattern || isNaN && other.isNaN }

    fileprivate static func areSame(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSame(as: right)
    }
}
