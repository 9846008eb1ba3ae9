// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import PromQL

/// A query, or nil when it is none; then what is said of it has a place in the text.
private func parsed(_ text: String) -> Expression? {
    do throws(QueryError) {
        return try QueryEngine.parse(text)
    } catch {
        precondition(error.kind == .badData && !error.message.isEmpty, "a text is wrong, not the engine")
        guard let position = error.position else { preconditionFailure("a fault has a place: \(error)") }
        precondition(position.start >= 0 && position.start <= position.end, "a place goes forward: \(error)")
        precondition(position.end <= text.utf8.count, "a fault is in the text: \(error)")
        return nil
    }
}

/// All places of an expression lie within the one of the whole.
private func check(_ expression: Expression, within outer: SourceRange) {
    let position = expression.position
    precondition(outer.start <= position.start && position.end <= outer.end, "a part is within the whole")
    precondition(position.start < position.end, "an expression stands somewhere")
    switch expression {
    case .number, .string, .selector, .range: break
    case .parenthesis(let node): check(node.inner, within: position)
    case .unary(let node): check(node.operand, within: position)
    case .binary(let node):
        check(node.left, within: position)
        check(node.right, within: position)
        let areVectors = node.left.type == .vector && node.right.type == .vector
        precondition((node.matching != nil) == areVectors, "vectors are matched, and nothing else")
    case .call(let node): for argument in node.arguments { check(argument, within: position) }
    case .aggregation(let node):
        check(node.operand, within: position)
        precondition((node.parameter != nil) == node.operation.takesParameter, "what takes a parameter has one")
        if let parameter = node.parameter { check(parameter, within: position) }
    case .subquery(let node): check(node.inner, within: position)
    }
}

/// What is read, prints and is read again; what is not, is refused with a place.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPromQL(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    if let matchers = try? QueryEngine.parseSelector(text) {
        precondition(matchers.allSatisfy { !$0.description.isEmpty }, "a matcher prints")
    }
    if let labels = try? QueryEngine.parseMetric(text) {
        precondition(labels.pairs.allSatisfy { !$0.value.isEmpty }, "a label has a value")
    }
    guard let expression = parsed(text) else { return 0 }
    check(expression, within: SourceRange(start: 0, end: text.utf8.count))

    guard let printed = parsed(expression.description) else { preconditionFailure("what is printed is a query") }
    precondition(printed.isSame(as: expression), "what is printed says the same: \(expression)")
    guard let format = try? QueryEngine.format(text), let formatted = parsed(format) else {
        preconditionFailure("what is formatted is a query")
    }
    precondition(formatted.isSame(as: expression), "what is formatted says the same: \(format)")
    var resolved = expression
    do throws(QueryError) {
        try resolved.resolveDurations(step: 15_000, range: 3_600_000)
        guard let again = parsed(resolved.description) else { preconditionFailure("what is resolved is a query") }
        precondition(again.isSame(as: resolved), "what is resolved says the same: \(resolved)")
    } catch {
        precondition(error.kind == .badData, "a duration is wrong")
    }
    return 0
}
