// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Reads a query's text: recursive descent, operators by precedence, one token ahead.
///
/// The first thing that is wrong ends the reading, since Prometheus tells only the first. What it tells of an
/// unexpected token depends on the innermost construct whose grammar rule has an error alternative: `contexts`.
///
/// Source of grammar and texts: Prometheus, `promql/parser/generated_parser.y` and `parse.go`.
struct Parser {
    /// The longest text of a query, in bytes of UTF-8.
    static let longestText = 1 << 20
    /// How deep expressions may be nested, operators of a chain included: all that walk over them are recursive.
    static let deepestNesting = 500

    /// What an unexpected token stands in, and what is expected there.
    struct Context {
        var place: String
        var expected: String

        static let aggregation = Context(place: "aggregation", expected: "")
        static let offset = Context(place: "offset", expected: "number, duration, step(), or range()")
        static let at = Context(place: "@", expected: "timestamp")
        static let range = Context(
            place: "subquery or range selector",
            expected: "number, duration, step(), or range()"
        )
        static let step = Context(
            place: "subquery selector",
            expected: "number, duration, step(), range(), or \"]\""
        )
    }

    /// An expression, and how deep it is nested.
    struct Parsed {
        var expression: Expression
        var height: Int
    }

    var lexer: Lexer
    /// The end of the last token taken that ends something.
    var lastClosing = 0
    var contexts: [Context] = []
    private var token: Token?
    /// How many expressions are being read, each in another.
    var depth = 0

    /// - Throws: when the text is too long.
    init(_ text: String) throws(QueryError) {
        guard text.utf8.count <= Parser.longestText else {
            throw QueryError(.badData, "query is longer than \(Parser.longestText) bytes")
        }
        lexer = Lexer(text)
    }

    /// What comes next.
    mutating func peek() throws(QueryError) -> TokenKind {
        if let token { return token.kind }
        var next = lexer.next()
        while next.kind == .comment { next = lexer.next() }
        if next.kind == .fault { throw error(lexer.fault, at: next.position) }
        token = next
        return next.kind
    }

    /// Takes what comes next.
    mutating func take() throws(QueryError) -> Token {
        _ = try peek()
        guard let taken = token else { preconditionFailure("there is a token after a look at it") }
        token = nil
        if taken.kind.isClosing { lastClosing = taken.end }
        return taken
    }

    /// Takes what comes next if it is this.
    mutating func accept(_ kind: TokenKind) throws(QueryError) -> Token? {
        try peek() == kind ? try take() : nil
    }

    /// Takes what must come next.
    mutating func expect(_ kind: TokenKind) throws(QueryError) -> Token {
        guard let taken = try accept(kind) else { throw try unexpected() }
        return taken
    }

    /// What is wrong with a place of the text.
    func error(_ message: String, at position: SourceRange) -> QueryError {
        position.error(message, in: lexer.bytes)
    }

    /// That the next token is not expected, told by the innermost context or by one given.
    mutating func unexpected(_ context: Context? = nil) throws(QueryError) -> QueryError {
        _ = try peek()
        guard let token else { preconditionFailure("there is a token after a look at it") }
        var message = "unexpected \(describe(token))"
        if let context = context ?? contexts.last {
            message += " in \(context.place)"
            if !context.expected.isEmpty { message += ", expected \(context.expected)" }
        }
        return error(message, at: token.position)
    }

    /// A token as Prometheus's messages name it.
    private func describe(_ token: Token) -> String {
        let text = lexer.text(of: token)
        switch token.kind {
        case .end: return "end of input"
        case .identifier: return "identifier \(QuotedText.string(text))"
        case .metricIdentifier: return "metric identifier \(QuotedText.string(text))"
        case .string: return "string \(shortened(text))"
        case .number: return "number \(shortened(text))"
        case .duration: return "duration \(shortened(text))"
        case .binary, .at, .matches, .doesNotMatch: return "<op:\(text)>"
        case .aggregation: return "<aggr:\(text)>"
        case .bool, .by, .without, .on, .ignoring, .groupLeft, .groupRight, .fill, .fillLeft, .fillRight, .offset,
            .anchored, .smoothed:
            return "<\(text)>"
        default: return QuotedText.string(text)
        }
    }

    private func shortened(_ text: String) -> String {
        text.utf8.count <= 10
            ? QuotedText.string(text)
            : QuotedText.string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10)))) + "..."
    }

    /// Enters one more level of nesting; whoever does so lowers `depth` again.
    mutating func enter() throws(QueryError) {
        depth += 1
        if depth > Parser.deepestNesting { throw try tooDeep() }
    }

    /// An expression made of others.
    func parsed(_ expression: Expression, over height: Int) throws(QueryError) -> Parsed {
        guard height < Parser.deepestNesting else {
            throw error("query is nested deeper than \(Parser.deepestNesting) levels", at: expression.position)
        }
        return Parsed(expression: expression, height: height + 1)
    }

    mutating func tooDeep() throws(QueryError) -> QueryError {
        _ = try peek()
        let position = token?.position ?? SourceRange(start: 0, end: 0)
        return error("query is nested deeper than \(Parser.deepestNesting) levels", at: position)
    }
}
