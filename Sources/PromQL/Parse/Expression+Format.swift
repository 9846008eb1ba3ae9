// SPDX-License-Identifier: Apache-2.0

extension QueryEngine {
    /// A query in the form of `/api/v1/format_query`: what does not fit into 100 bytes is split over lines.
    ///
    /// - Throws: `badData`, as ``parse(_:)``.
    /// - Complexity: O(bytes × depth).
    package static func format(_ text: String) throws(QueryError) -> String {
        try checked(text).formatted(level: 0)
    }
}

extension Expression {
    private static let widest = 100

    /// Indented by two spaces for each level; parts that fit stay on one line.
    ///
    /// Source: Prometheus, `promql/parser/prettier.go`.
    fileprivate func formatted(level: Int) -> String {
        let indent = String(repeating: "  ", count: level)
        let isWide = isLonger(than: Expression.widest)
        switch self {
        case .unary(let node):
            let operand = node.operand.formatted(level: level)
            return indent + (node.isNegation ? "-" : "+") + String(operand.drop { $0 == " " })
        case .subquery(let node):
            // Prometheus indents a subquery by its inner expression, and so not where it fits into a line.
            return isWide ? node.inner.formatted(level: level) + node.windowText : description
        case .aggregation(let node) where isWide:
            let arguments = (node.parameter.map { [$0] } ?? []) + [node.operand]
            return "\(indent)\(node.operatorText)(\n\(Expression.formatted(arguments, level: level + 1))\n\(indent))"
        case .call(let node) where isWide:
            let arguments = Expression.formatted(node.arguments, level: level + 1)
            return "\(indent)\(node.function.rawValue)(\n\(arguments)\n\(indent))"
        case .parenthesis(let node) where isWide:
            return "\(indent)(\n\(node.inner.formatted(level: level + 1))\n\(indent))"
        case .binary(let node) where isWide:
            let left = node.isInfinityToPower ? "\(indent)  Inf" : node.left.formatted(level: level + 1)
            return "\(left)\n\(indent)\(node.operatorText)\n\(node.right.formatted(level: level + 1))"
        default: return indent + description
        }
    }

    private static func formatted(_ list: [Expression], level: Int) -> String {
        list.map { $0.formatted(level: level) }.joined(separator: ",\n")
    }
}
