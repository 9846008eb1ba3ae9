// SPDX-License-Identifier: Apache-2.0

import Glibc

extension DurationExpression {
    /// Its value in milliseconds; fractions are cut off.
    ///
    /// - Parameters:
    ///   - step: what `step()` is, in milliseconds.
    ///   - range: what `range()` is, in milliseconds.
    /// - Throws: `badData` when it divides by zero or exceeds 292 years, in the words of Prometheus, `promql/durations.go`.
    package func milliseconds(step: Int64, range: Int64) throws(QueryError) -> Int64 {
        switch self {
        case .milliseconds(let value): return value
        case .expression(let term, let position):
            let seconds = try term.seconds(step: Double(step) / 1_000, range: Double(range) / 1_000, position)
            guard seconds.magnitude <= 9_223_372_036 else { throw position.fault("duration is out of range") }
            return Int64(seconds * 1_000)
        }
    }

    /// The same, which has to be more than 0.
    package func positiveMilliseconds(step: Int64, range: Int64) throws(QueryError) -> Int64 {
        let value = try milliseconds(step: step, range: range)
        if value <= 0, case .expression(_, let position) = self {
            throw position.fault("duration must be greater than 0")
        }
        return value
    }

    /// Whether it depends on the query's steps.
    package var dependsOnSteps: Bool {
        guard case .expression(let term, _) = self else { return false }
        return term.dependsOnSteps
    }
}

extension SourceRange {
    /// Prometheus tells faults of calculated durations with both offsets and no line.
    fileprivate func fault(_ message: String) -> QueryError {
        QueryError(.badData, "\(start):\(end): \(message)", at: self)
    }
}

extension DurationTerm {
    fileprivate var dependsOnSteps: Bool {
        switch self {
        case .number: false
        case .step, .range: true
        case .negated(let inner), .parenthesis(let inner): inner.dependsOnSteps
        case .binary(let left, _, let right), .least(let left, let right), .greatest(let left, let right):
            left.dependsOnSteps || right.dependsOnSteps
        }
    }

    fileprivate func seconds(step: Double, range: Double, _ position: SourceRange) throws(QueryError) -> Double {
        switch self {
        case .number(let value, _): return value
        case .step: return step
        case .range: return range
        case .negated(let inner): return -(try inner.seconds(step: step, range: range, position))
        case .parenthesis(let inner): return try inner.seconds(step: step, range: range, position)
        case .least(let left, let right):
            let (a, b) = try DurationTerm.seconds(left, right, step: step, range: range, position)
            return a.isNaN || b.isNaN ? .nan : min(a, b)
        case .greatest(let left, let right):
            let (a, b) = try DurationTerm.seconds(left, right, step: step, range: range, position)
            return a.isNaN || b.isNaN ? .nan : max(a, b)
        case .binary(let left, let operation, let right):
            let (a, b) = try DurationTerm.seconds(left, right, step: step, range: range, position)
            switch operation {
            case .add: return a + b
            case .subtract: return a - b
            case .multiply: return a * b
            case .divide:
                if b == 0 { throw position.fault("division by zero") }
                return a / b
            case .modulo:
                if b == 0 { throw position.fault("modulo by zero") }
                return a.truncatingRemainder(dividingBy: b)
            default: return pow(a, b)
            }
        }
    }

    private static func seconds(
        _ left: DurationTerm,
        _ right: DurationTerm,
        step: Double,
        range: Double,
        _ position: SourceRange
    ) throws(QueryError) -> (Double, Double) {
        let a = try left.seconds(step: step, range: range, position)
        return (a, try right.seconds(step: step, range: range, position))
    }
}

extension Expression {
    /// Puts the values of durations that depend on nothing in their place.
    ///
    /// - Throws: `badData`, when one is wrong.
    mutating func foldDurations() throws(QueryError) {
        try replaceDurations { duration, isPositive throws(QueryError) in
            if duration.dependsOnSteps { return }
            duration = .milliseconds(
                isPositive
                    ? try duration.positiveMilliseconds(step: 0, range: 0)
                    : try duration.milliseconds(step: 0, range: 0)
            )
        }
    }

    /// Puts the values of all durations in their place, before a query runs, so that none fails later.
    ///
    /// - Parameters:
    ///   - step: the query's step in milliseconds, 0 of an instant query.
    ///   - range: its end less its start, in milliseconds.
    /// - Throws: `badData`, when a duration is wrong: a range, or a subquery's step, must be more than 0.
    package mutating func resolveDurations(step: Int64, range: Int64) throws(QueryError) {
        try replaceDurations { duration, isPositive throws(QueryError) in
            duration = .milliseconds(
                isPositive
                    ? try duration.positiveMilliseconds(step: step, range: range)
                    : try duration.milliseconds(step: step, range: range)
            )
        }
    }

    /// Calls with every duration that is calculated, and whether it has to be more than 0.
    private mutating func replaceDurations(
        _ replace: (inout DurationExpression, Bool) throws(QueryError) -> Void
    ) throws(QueryError) {
        switch self {
        case .number, .string: return
        case .parenthesis(var node):
            try node.inner.replaceDurations(replace)
            self = .parenthesis(node)
        case .unary(var node):
            try node.operand.replaceDurations(replace)
            self = .unary(node)
        case .binary(var node):
            try node.left.replaceDurations(replace)
            try node.right.replaceDurations(replace)
            self = .binary(node)
        case .call(var node):
            for index in node.arguments.indices { try node.arguments[index].replaceDurations(replace) }
            self = .call(node)
        case .aggregation(var node):
            try node.parameter?.replaceDurations(replace)
            try node.operand.replaceDurations(replace)
            self = .aggregation(node)
        case .selector(var node):
            try replace(&node.offset, false)
            self = .selector(node)
        case .range(var node):
            try replace(&node.range, true)
            try replace(&node.selector.offset, false)
            self = .range(node)
        case .subquery(var node):
            try replace(&node.offset, false)
            if var step = node.step {
                try replace(&step, true)
                node.step = step
            }
            try replace(&node.range, true)
            try node.inner.replaceDurations(replace)
            self = .subquery(node)
        }
    }
}
