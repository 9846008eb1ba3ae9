// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Parser {
    /// The arguments of a function or an aggregation, in parentheses.
    private mutating func arguments() throws(QueryError) -> (arguments: [Expression], height: Int) {
        _ = try expect(.leftParenthesis)
        if try accept(.rightParenthesis) != nil { return ([], 0) }
        var arguments: [Expression] = []
        var height = 0
        while true {
            let argument = try expression()
            arguments.append(argument.expression)
            height = max(height, argument.height)
            if try accept(.rightParenthesis) != nil { return (arguments, height) }
            let comma = try expect(.comma)
            if try !peek().beginsExpression {
                throw error("trailing commas not allowed in function call args", at: comma.position)
            }
        }
    }

    /// A call, its name taken.
    mutating func call(_ name: Token) throws(QueryError) -> Parsed {
        let (arguments, height) = try arguments()
        let text = lexer.text(of: name)
        guard let function = Function(rawValue: text) else {
            throw error("unknown function with name \(QuotedText.string(text))", at: name.position)
        }
        let position = SourceRange(start: name.start, end: lastClosing)
        return try parsed(
            .call(FunctionCall(function: function, arguments: arguments, position: position)),
            over: height
        )
    }

    /// An aggregation, its operator taken; `by` or `without` stands before or behind the arguments.
    mutating func aggregation(_ operation: AggregationOperator, _ name: Token) throws(QueryError) -> Parsed {
        contexts.append(.aggregation)
        var grouping = try grouping()
        let (arguments, height) = try arguments()
        var position = SourceRange(start: name.start, end: lastClosing)
        if grouping == nil, let behind = try self.grouping() {
            grouping = behind
            position.end = lastClosing
        }
        contexts.removeLast()
        if arguments.isEmpty { throw error("no arguments for aggregate expression provided", at: position) }
        let count = operation.takesParameter ? 2 : 1
        if arguments.count != count {
            throw error(
                "wrong number of arguments for aggregate expression provided, expected \(count), got \(arguments.count)",
                at: position
            )
        }
        let node = Aggregation(
            operation: operation,
            parameter: operation.takesParameter ? arguments[0] : nil,
            operand: arguments[count - 1],
            grouping: grouping?.labels ?? [],
            isWithout: grouping?.isWithout ?? false,
            position: position
        )
        return try parsed(.aggregation(node), over: height)
    }

    /// `by (…)`, `without (…)` or nothing.
    private mutating func grouping() throws(QueryError) -> (labels: [String], isWithout: Bool)? {
        let kind = try peek()
        guard kind == .by || kind == .without else { return nil }
        _ = try take()
        return (try labelNames(), kind == .without)
    }

    /// Names of labels in parentheses.
    private mutating func labelNames() throws(QueryError) -> [String] {
        let place = "grouping opts"
        guard try accept(.leftParenthesis) != nil else {
            throw try unexpected(Context(place: place, expected: "\"(\""))
        }
        var names: [String] = []
        while try accept(.rightParenthesis) == nil {
            let kind = try peek()
            guard kind == .string || kind.isLabelName else {
                throw try unexpected(Context(place: place, expected: "label"))
            }
            names.append(try labelName())
            if try accept(.comma) == nil, try peek() != .rightParenthesis {
                throw try unexpected(Context(place: place, expected: "\",\" or \")\""))
            }
        }
        return names
    }

    private mutating func labelName() throws(QueryError) -> String {
        let token = try take()
        let bytes = token.kind == .string ? lexer.unquoted(token)[...] : lexer.bytes[token.start..<token.end]
        guard !bytes.isEmpty, let name = String(validating: bytes, as: UTF8.self) else {
            throw error("invalid label name for grouping: \(QuotedText.string(utf8: bytes))", at: token.position)
        }
        return name
    }

    /// What may stand behind a binary operator: `bool`, `on` or `ignoring` with `group_left` or `group_right`, and
    /// `fill`.
    mutating func matching() throws(QueryError) -> (returnsBool: Bool, matching: VectorMatching) {
        let returnsBool = try accept(.bool) != nil
        var matching = VectorMatching()
        let kind = try peek()
        if kind == .on || kind == .ignoring {
            _ = try take()
            matching.isOn = kind == .on
            matching.labels = try labelNames()
            let side = try peek()
            if side == .groupLeft || side == .groupRight {
                _ = try take()
                matching.cardinality = side == .groupLeft ? .manyToOne : .oneToMany
                matching.include = try includedLabels()
            }
        }
        switch try peek() {
        case .fill:
            let value = try fillValue()
            (matching.fillLeft, matching.fillRight) = (value, value)
        case .fillLeft:
            matching.fillLeft = try fillValue()
            if try peek() == .fillRight { matching.fillRight = try fillValue() }
        case .fillRight:
            matching.fillRight = try fillValue()
            if try peek() == .fillLeft { matching.fillLeft = try fillValue() }
        default: break
        }
        return (returnsBool, matching)
    }

    /// The labels behind `group_left` or `group_right`, which may be left out.
    private mutating func includedLabels() throws(QueryError) -> [String] {
        switch try peek() {
        case .leftParenthesis: return try labelNames()
        case let kind where kind.beginsExpression: return []
        default: return try labelNames()
        }
    }

    private mutating func fillValue() throws(QueryError) -> Double {
        _ = try take()
        _ = try expect(.leftParenthesis)
        let value = try signedNumber()
        _ = try expect(.rightParenthesis)
        return value
    }
}
