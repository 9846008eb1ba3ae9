// SPDX-License-Identifier: Apache-2.0

extension Parser {
    /// A term of a duration expression, and where it stands.
    private struct Term {
        var term: DurationTerm
        var position: SourceRange
        var height = 1
    }

    /// A range or a resolution: more than 0 where that can be seen.
    mutating func positiveDuration() throws(QueryError) -> DurationExpression {
        let term = try duration()
        if case .number(let seconds, _) = term.term, !(seconds > 0) {
            throw error("duration must be greater than 0", at: term.position)
        }
        let duration = finished(term)
        // What is less than a millisecond is one.
        return duration == .milliseconds(0) ? .milliseconds(1) : duration
    }

    /// What stands behind `offset`: only with parentheses more than one number or call, maybe with a sign.
    mutating func offsetDuration() throws(QueryError) -> DurationExpression {
        finished(try signedDuration(isOffset: true))
    }

    private func finished(_ term: Term) -> DurationExpression {
        if case .number(let seconds, _) = term.term {
            return .milliseconds(Int64((seconds * 1e9).rounded(.toNearestOrAwayFromZero)) / 1_000_000)
        }
        return .expression(term.term, term.position)
    }

    private mutating func duration(_ minimum: Int = 1, depth: Int = 0) throws(QueryError) -> Term {
        if depth > Parser.deepestNesting { throw try tooDeep() }
        var left = try signedDuration(isOffset: false, depth: depth)
        while case .binary(let operation) = try peek(), operation.isDurationOperator, operation.precedence >= minimum {
            let sign = try take()
            let next = operation == .power ? operation.precedence : operation.precedence + 1
            let right = try duration(next, depth: depth + 1)
            if case .number(0, _) = right.term, operation == .divide || operation == .modulo {
                throw error(operation == .divide ? "division by zero" : "modulo by zero", at: sign.position)
            }
            let height = max(left.height, right.height) + 1
            if height > Parser.deepestNesting { throw try tooDeep() }
            left = Term(
                term: .binary(left.term, operation, right.term),
                position: left.position.joined(right.position),
                height: height
            )
        }
        return left
    }

    /// An operand with or without signs. The sign of an offset belongs to the operand only; elsewhere `^` is done first.
    private mutating func signedDuration(isOffset: Bool, depth: Int = 0) throws(QueryError) -> Term {
        if depth > Parser.deepestNesting { throw try tooDeep() }
        let kind = try peek()
        guard kind == .binary(.subtract) || kind == .binary(.add) else { return try durationOperand(depth: depth) }
        let sign = try take()
        var inner =
            isOffset
            ? try signedDuration(isOffset: true, depth: depth + 1)
            : try duration(BinaryOperator.multiply.precedence + 1, depth: depth + 1)
        if kind == .binary(.subtract) {
            if case .number(let seconds, let isDuration) = inner.term {
                inner.term = .number(-seconds, isDuration: isDuration)
            } else {
                inner.term = .negated(inner.term)
                inner.height += 1
            }
        }
        inner.position.start = sign.start
        return inner
    }

    private mutating func durationOperand(depth: Int) throws(QueryError) -> Term {
        switch try peek() {
        case .number, .duration:
            let literal = try number()
            // What fits in 64 bits of nanoseconds, as Go's durations must.
            guard literal.value.magnitude <= 9_223_372_036 else {
                throw error("duration out of range", at: literal.position)
            }
            return Term(term: .number(literal.value, isDuration: literal.isDuration), position: literal.position)
        case .leftParenthesis:
            let open = try take()
            let inner = try duration(depth: depth + 1)
            let close = try expect(.rightParenthesis)
            // Prometheus leaves the parentheses out of the place, unless they hold one number only.
            var position = inner.position
            if case .number = inner.term { position = open.position.joined(close.position) }
            return Term(term: .parenthesis(inner.term), position: position, height: inner.height + 1)
        case .step, .range:
            let name = try take()
            _ = try expect(.leftParenthesis)
            let close = try expect(.rightParenthesis)
            return Term(term: name.kind == .step ? .step : .range, position: name.position.joined(close.position))
        case .leastOf, .greatestOf:
            let name = try take()
            _ = try expect(.leftParenthesis)
            let first = try duration(depth: depth + 1)
            _ = try expect(.comma)
            let second = try duration(depth: depth + 1)
            let close = try expect(.rightParenthesis)
            return Term(
                term: name.kind == .leastOf ? .least(first.term, second.term) : .greatest(first.term, second.term),
                position: name.position.joined(close.position),
                height: max(first.height, second.height) + 1
            )
        default: throw try unexpected()
        }
    }
}

extension BinaryOperator {
    /// Whether durations can be calculated with it.
    fileprivate var isDurationOperator: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power: true
        default: false
        }
    }
}
