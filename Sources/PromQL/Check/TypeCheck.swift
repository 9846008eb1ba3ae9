// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Finds what the grammar allows and the types do not, in Prometheus's words and order, and settles how the sides of
/// binary operators are matched.
///
/// Source: Prometheus, `promql/parser/parse.go`, `checkAST`.
struct TypeCheck {
    /// The query's text in UTF-8, for places.
    let bytes: [UInt8]

    func error(_ message: String, at position: SourceRange) -> QueryError { position.error(message, in: bytes) }

    /// Checks an expression and all within it.
    ///
    /// - Returns: its type.
    func check(_ expression: inout Expression) throws(QueryError) -> ValueType {
        switch expression {
        case .number: return .scalar
        case .string: return .string
        case .parenthesis(var node):
            let type = try check(&node.inner)
            expression = .parenthesis(node)
            return type
        case .unary(var node):
            let type = try check(&node.operand)
            guard type == .scalar || type == .vector else {
                let expected = "unary expression only allowed on expressions of type scalar or instant vector"
                throw error("\(expected), got \(QuotedText.string(type.rawValue))", at: node.position)
            }
            expression = .unary(node)
            return type
        case .binary(var node):
            let type = try check(&node)
            expression = .binary(node)
            return type
        case .call(var node):
            try check(&node)
            expression = .call(node)
            return node.function.returns
        case .aggregation(var node):
            try check(&node)
            expression = .aggregation(node)
            return .vector
        case .selector(let node):
            try check(node)
            return .vector
        case .range(let node):
            try check(node.selector)
            return .matrix
        case .subquery(var node):
            let type = try check(&node.inner)
            guard type == .vector else {
                let name = type == .matrix ? "matrix" : type.rawValue
                throw error("subquery is only allowed on instant vector, got \(name) instead", at: node.position)
            }
            expression = .subquery(node)
            return .matrix
        }
    }

    private func expect(_ type: ValueType, of expression: inout Expression, in place: String) throws(QueryError) {
        let found = try check(&expression)
        guard found == type else {
            throw error("expected type \(type.rawValue) in \(place), got \(found.rawValue)", at: expression.position)
        }
    }

    private func check(_ node: inout Aggregation) throws(QueryError) {
        try expect(.vector, of: &node.operand, in: "aggregation expression")
        guard var parameter = node.parameter else { return }
        let type: ValueType = node.operation == .countValues ? .string : .scalar
        try expect(type, of: &parameter, in: "aggregation parameter")
        node.parameter = parameter
    }

    private func check(_ node: inout FunctionCall) throws(QueryError) {
        let signature = node.function.signature
        let name = QuotedText.string(node.function.rawValue)
        let most = signature.arguments.count
        let least = most - signature.optional
        let count = node.arguments.count
        if least == most, !signature.isVariadic {
            guard count == most else {
                throw error("expected \(most) argument(s) in call to \(name), got \(count)", at: node.position)
            }
        } else if count < least {
            throw error("expected at least \(least) argument(s) in call to \(name), got \(count)", at: node.position)
        } else if count > most, !signature.isVariadic {
            throw error("expected at most \(most) argument(s) in call to \(name), got \(count)", at: node.position)
        }
        if node.function == .info, count > 1 { try checkDataLabels(node) }
        for index in node.arguments.indices {
            // Info's second argument may select everything.
            if node.function == .info, index == 1, case .selector = node.arguments[1] { continue }
            try expect(
                signature.arguments[min(index, most - 1)],
                of: &node.arguments[index],
                in: "call to function \(name)"
            )
        }
    }

    /// The second argument of `info` is a selector without a name, which says which labels are wanted.
    private func checkDataLabels(_ node: FunctionCall) throws(QueryError) {
        let argument = node.arguments[1]
        guard argument.type == .vector else {
            let expected = "expected type \(ValueType.vector.rawValue) in call to function \"info\""
            throw error("\(expected), got \(argument.type.rawValue)", at: node.position)
        }
        guard case .selector(let selector) = argument else {
            throw error("expected label selectors only", at: argument.position)
        }
        guard selector.name.isEmpty else {
            throw error("expected label selectors only, got vector selector instead", at: argument.position)
        }
    }

    private func check(_ node: VectorSelector) throws(QueryError) {
        if node.name.isEmpty {
            guard node.matchers.contains(where: { !$0.matchesEmpty }) else {
                throw error("vector selector must contain at least one non-empty matcher", at: node.position)
            }
        } else if let other = node.matchers.dropLast().first(where: { $0.name == "__name__" }) {
            let names = "\(QuotedText.string(node.name)) or \(QuotedText.string(other.value))"
            throw error("metric name must not be set twice: \(names)", at: node.position)
        }
    }
}
