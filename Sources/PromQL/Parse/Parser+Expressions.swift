// SPDX-License-Identifier: Apache-2.0

extension BinaryOperator {
    /// The higher, the tighter. Only `^` groups to the right.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .trimUpper, .trimLower: 3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .arcTangent: 5
        case .power: 6
        }
    }
}

extension Parser {
    /// A whole text that is an expression.
    mutating func query() throws(QueryError) -> Expression {
        if try peek() == .end { throw error("no expression found in input", at: SourceRange(start: 0, end: 0)) }
        let parsed = try expression()
        if try peek() != .end { throw try unexpected() }
        return parsed.expression
    }

    /// An expression of operators that bind at least so tightly.
    mutating func expression(_ minimum: Int = 1) throws(QueryError) -> Parsed {
        try enter()
        var left = try signed()
        while case .binary(let operation) = try peek(), operation.precedence >= minimum {
            _ = try take()
            left = try binary(left, operation)
        }
        depth -= 1
        return left
    }

    /// What stands behind an operator, and the operator.
    private mutating func binary(_ left: Parsed, _ operation: BinaryOperator) throws(QueryError) -> Parsed {
        let modifiers = try matching()
        let right = try expression(operation == .power ? operation.precedence : operation.precedence + 1)
        let node = BinaryExpression(
            operation: operation,
            left: left.expression,
            right: right.expression,
            returnsBool: modifiers.returnsBool,
            matching: modifiers.matching,
            position: left.expression.position.joined(right.expression.position)
        )
        return try parsed(.binary(node), over: max(left.height, right.height))
    }

    /// An operand with a sign before it, which binds less tightly than `^`, or without.
    private mutating func signed() throws(QueryError) -> Parsed {
        let kind = try peek()
        guard kind == .binary(.subtract) || kind == .binary(.add) else { return try modified(try operand()) }
        let sign = try take()
        let inner = try expression(BinaryOperator.multiply.precedence + 1)
        let isNegation = kind == .binary(.subtract)
        if case .number(var number) = inner.expression {
            if isNegation { number.value *= -1 }
            number.position.start = sign.start
            return Parsed(expression: .number(number), height: inner.height)
        }
        let position = sign.position.joined(inner.expression.position)
        let node = UnaryExpression(isNegation: isNegation, operand: inner.expression, position: position)
        return try parsed(.unary(node), over: inner.height)
    }

    /// What is no operator and no modifier.
    private mutating func operand() throws(QueryError) -> Parsed {
        switch try peek() {
        case .leftParenthesis:
            let open = try take()
            let inner = try expression()
            let close = try expect(.rightParenthesis)
            let node = Parenthesis(inner: inner.expression, position: open.position.joined(close.position))
            return try parsed(.parenthesis(node), over: inner.height)
        case .string:
            let token = try take()
            return Parsed(
                expression: .string(StringLiteral(bytes: lexer.unquoted(token), position: token.position)),
                height: 1
            )
        case .number, .duration: return Parsed(expression: .number(try number()), height: 1)
        case .leftBrace:
            return Parsed(expression: .selector(try selector(named: nil)), height: 1)
        case .aggregation(let operation):
            let name = try take()
            switch try peek() {
            case .leftParenthesis, .by, .without: return try aggregation(operation, name)
            default: return Parsed(expression: .selector(try selector(named: name)), height: 1)
            }
        case let kind where kind.isMetricName:
            let name = try take()
            if kind.isFunctionName, try peek() == .leftParenthesis { return try call(name) }
            return Parsed(expression: .selector(try selector(named: name)), height: 1)
        default: throw try unexpected()
        }
    }

    /// A number or a duration, without a sign.
    mutating func number() throws(QueryError) -> NumberLiteral {
        let token = try take()
        let text = lexer.text(of: token)
        if token.kind == .duration {
            do throws(DurationText.Fault) {
                let milliseconds = try DurationText.milliseconds(of: text)
                return NumberLiteral(value: Double(milliseconds) / 1_000, isDuration: true, position: token.position)
            } catch {
                throw self.error(error.message, at: token.position)
            }
        }
        switch NumberText.value(of: text) {
        case .success(let value): return NumberLiteral(value: value, position: token.position)
        case .failure(let fault): throw error(fault.message, at: token.position)
        }
    }

    /// A number or a duration, maybe with a sign.
    mutating func signedNumber() throws(QueryError) -> Double {
        var isNegative = false
        switch try peek() {
        case .binary(.subtract):
            _ = try take()
            isNegative = true
        case .binary(.add): _ = try take()
        default: break
        }
        let kind = try peek()
        guard kind == .number || kind == .duration else { throw try unexpected() }
        let value = try number().value
        return isNegative ? -value : value
    }
}
