// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Parser {
    /// An operand with what stands behind it: ranges, `offset`, `@`, `anchored` and `smoothed`, in any order.
    mutating func modified(_ operand: Parsed) throws(QueryError) -> Parsed {
        var parsed = operand
        while true {
            switch try peek() {
            case .leftBracket: parsed = try bracketed(parsed)
            case .offset:
                _ = try take()
                contexts.append(.offset)
                let offset = try offsetDuration()
                try setOffset(offset, of: &parsed.expression)
                contexts.removeLast()
            case .at:
                _ = try take()
                contexts.append(.at)
                try setTime(of: &parsed.expression)
                contexts.removeLast()
            case .anchored:
                _ = try take()
                try setExtent(.anchored, of: &parsed.expression)
            case .smoothed:
                _ = try take()
                try setExtent(.smoothed, of: &parsed.expression)
            default: return parsed
            }
        }
    }

    /// A range selector or a subquery.
    private mutating func bracketed(_ inner: Parsed) throws(QueryError) -> Parsed {
        let open = try take()
        contexts.append(.range)
        let range = try positiveDuration()
        contexts.removeLast()
        if try accept(.colon) != nil {
            contexts.append(.step)
            let step = try peek() == .rightBracket ? nil : try positiveDuration()
            contexts.removeLast()
            guard let close = try accept(.rightBracket) else {
                throw try unexpected(Context(place: "subquery selector", expected: "\"]\""))
            }
            let position = inner.expression.position.joined(close.position)
            let node = Subquery(inner: inner.expression, range: range, step: step, position: position)
            return try self.parsed(.subquery(node), over: inner.height)
        }
        guard let close = try accept(.rightBracket) else {
            throw try unexpected(Context(place: "subquery or range", expected: "\":\" or \"]\""))
        }
        let brackets = open.position.joined(close.position)
        guard case .selector(let selector) = inner.expression else {
            throw error("ranges only allowed for vector selectors", at: brackets)
        }
        if selector.offset != .milliseconds(0) {
            throw error("no offset modifiers allowed before range", at: brackets)
        }
        if selector.at != nil { throw error("no @ modifiers allowed before range", at: brackets) }
        let position = selector.position.joined(close.position)
        return try self.parsed(
            .range(RangeSelector(selector: selector, range: range, position: position)),
            over: inner.height
        )
    }

    private func setOffset(_ offset: DurationExpression, of expression: inout Expression) throws(QueryError) {
        let twice = error("offset may not be set multiple times", at: expression.position)
        switch expression {
        case .selector(var node):
            if node.offset != .milliseconds(0) { throw twice }
            node.offset = offset
            node.position.end = lastClosing
            expression = .selector(node)
        case .range(var node):
            if node.selector.offset != .milliseconds(0) { throw twice }
            node.selector.offset = offset
            node.position.end = lastClosing
            expression = .range(node)
        case .subquery(var node):
            if node.offset != .milliseconds(0) { throw twice }
            node.offset = offset
            node.position.end = lastClosing
            expression = .subquery(node)
        default: throw misplaced("offset", expression)
        }
    }

    private mutating func setTime(of expression: inout Expression) throws(QueryError) {
        let time: AtModifier
        switch try peek() {
        case .start, .stop:
            time = try take().kind == .start ? .start : .end
            _ = try expect(.leftParenthesis)
            _ = try expect(.rightParenthesis)
        default:
            let seconds = try signedNumber()
            guard let milliseconds = Int64(exactly: (seconds * 1_000).rounded(.toNearestOrAwayFromZero)) else {
                throw error(
                    "timestamp out of bounds for @ modifier: \(GoNumber.fixed(seconds))",
                    at: expression.position
                )
            }
            time = .time(milliseconds)
        }
        let twice = error("@ <timestamp> may not be set multiple times", at: expression.position)
        switch expression {
        case .selector(var node):
            if node.at != nil { throw twice }
            node.at = time
            node.position.end = lastClosing
            expression = .selector(node)
        case .range(var node):
            if node.selector.at != nil { throw twice }
            node.selector.at = time
            node.position.end = lastClosing
            expression = .range(node)
        case .subquery(var node):
            if node.at != nil { throw twice }
            node.at = time
            node.position.end = lastClosing
            expression = .subquery(node)
        default: throw misplaced("@", expression)
        }
    }

    private func misplaced(_ modifier: String, _ expression: Expression) -> QueryError {
        error(
            "\(modifier) modifier must be preceded by an instant vector selector or range vector selector or a subquery",
            at: expression.position
        )
    }

    private func setExtent(_ extent: RangeExtent, of expression: inout Expression) throws(QueryError) {
        func merged(_ other: RangeExtent) throws(QueryError) -> RangeExtent {
            guard other == .plain || other == extent else {
                throw error("anchored and smoothed modifiers cannot be used together", at: expression.position)
            }
            return extent
        }
        switch expression {
        case .selector(var node):
            node.extent = try merged(node.extent)
            expression = .selector(node)
        case .range(var node):
            node.selector.extent = try merged(node.selector.extent)
            expression = .range(node)
        case .subquery:
            throw error("\(extent.rawValue) modifier is not supported for subqueries", at: expression.position)
        default: throw error("\(extent.rawValue) modifier not implemented", at: expression.position)
        }
    }
}
