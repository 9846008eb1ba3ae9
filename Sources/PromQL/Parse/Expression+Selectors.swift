// SPDX-License-Identifier: Apache-2.0

extension Expression {
    /// All selectors in it, in the order of the text; those of range selectors and subqueries too.
    package var selectors: [VectorSelector] {
        switch self {
        case .number, .string: []
        case .parenthesis(let node): node.inner.selectors
        case .unary(let node): node.operand.selectors
        case .binary(let node): node.left.selectors + node.right.selectors
        case .call(let node): node.arguments.flatMap(\.selectors)
        case .aggregation(let node): (node.parameter?.selectors ?? []) + node.operand.selectors
        case .selector(let node): [node]
        case .range(let node): [node.selector]
        case .subquery(let node): node.inner.selectors
        }
    }
}
