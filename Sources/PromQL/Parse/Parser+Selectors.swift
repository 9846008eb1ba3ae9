// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Parser {
    /// A whole text that is a selector without modifiers.
    mutating func metricSelector() throws(QueryError) -> VectorSelector {
        let kind = try peek()
        guard kind == .leftBrace || kind.isMetricName else { throw try unexpected() }
        let selector = try selector(named: kind == .leftBrace ? nil : try take())
        if try peek() != .end { throw try unexpected() }
        return selector
    }

    /// A selector, its name taken if it has one before the braces.
    mutating func selector(named name: Token?) throws(QueryError) -> VectorSelector {
        var position = name?.position
        var matchers: [LabelMatcher] = []
        if try peek() == .leftBrace {
            let open = try take()
            matchers = try self.matchers()
            position = (position ?? open.position).joined(SourceRange(start: open.start, end: lastClosing))
        }
        let text = name.map { lexer.text(of: $0) } ?? ""
        guard let position else { preconditionFailure("a selector has a name or braces") }
        if name != nil { matchers.append(try matcher("__name__", .equal, text, at: position)) }
        return VectorSelector(name: text, matchers: matchers, position: position)
    }

    /// The matchers up to the closing brace, which is taken too.
    private mutating func matchers() throws(QueryError) -> [LabelMatcher] {
        var matchers: [LabelMatcher] = []
        while try accept(.rightBrace) == nil {
            matchers.append(try matcher())
            if try accept(.comma) == nil, try peek() != .rightBrace {
                throw try unexpected(Context(place: "label matching", expected: "\",\" or \"}\""))
            }
        }
        return matchers
    }

    private mutating func matcher() throws(QueryError) -> LabelMatcher {
        let place = "label matching"
        let kind = try peek()
        guard kind == .string || kind == .identifier else {
            throw try unexpected(Context(place: place, expected: "identifier or \"}\""))
        }
        let name = try take()
        let text = kind == .string ? String(decoding: lexer.unquoted(name), as: UTF8.self) : lexer.text(of: name)
        let operation: LabelMatcher.Operation
        switch try peek() {
        case .equal: operation = .equal
        case .binary(.notEqual): operation = .notEqual
        case .matches: operation = .matches
        case .doesNotMatch: operation = .doesNotMatch
        default:
            if kind == .string { return try matcher("__name__", .equal, text, at: name.position) }
            throw try unexpected(Context(place: place, expected: "label matching operator"))
        }
        _ = try take()
        guard let value = try accept(.string) else { throw try unexpected(Context(place: place, expected: "string")) }
        let position = name.position.joined(value.position)
        return try matcher(text, operation, String(decoding: lexer.unquoted(value), as: UTF8.self), at: position)
    }

    private func matcher(
        _ name: String,
        _ operation: LabelMatcher.Operation,
        _ value: String,
        at position: SourceRange
    ) throws(QueryError) -> LabelMatcher {
        do throws(LabelMatcherError) {
            return try LabelMatcher(name, operation, value)
        } catch {
            throw self.error(error.message, at: position)
        }
    }

    /// A whole text that names a series: `name{label="value"}`, either part of which may be missing. Empty values are
    /// left out.
    mutating func metric() throws(QueryError) -> Labels {
        var pairs: [(name: String, value: String)] = []
        if try peek().isMetricName { pairs.append(("__name__", lexer.text(of: try take()))) }
        if try accept(.leftBrace) != nil {
            while try accept(.rightBrace) == nil {
                let (pair, position) = try label()
                if pairs.contains(where: { areSameBytes($0.name, pair.name) }) {
                    throw error("label \(QuotedText.string(pair.name)) must not be set twice", at: position)
                }
                pairs.append(pair)
                if try accept(.comma) == nil, try peek() != .rightBrace {
                    throw try unexpected(Context(place: "label set", expected: "\",\" or \"}\""))
                }
            }
        }
        if try peek() != .end { throw try unexpected() }
        return Labels(pairs)
    }

    private mutating func label() throws(QueryError) -> (pair: (name: String, value: String), position: SourceRange) {
        let place = "label set"
        let kind = try peek()
        guard kind == .string || kind == .identifier else {
            throw try unexpected(Context(place: place, expected: "identifier or \"}\""))
        }
        let name = try take()
        let text = kind == .string ? String(decoding: lexer.unquoted(name), as: UTF8.self) : lexer.text(of: name)
        guard try accept(.equal) != nil else {
            if kind == .string { return (("__name__", text), name.position) }
            throw try unexpected(Context(place: place, expected: "\"=\""))
        }
        guard let value = try accept(.string) else { throw try unexpected(Context(place: place, expected: "string")) }
        return ((text, String(decoding: lexer.unquoted(value), as: UTF8.self)), name.position)
    }
}
