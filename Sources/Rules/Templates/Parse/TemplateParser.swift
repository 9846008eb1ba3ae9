// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Reads the tokens of a template to nodes.
///
/// Source: Go, `text/template/parse/parse.go`.
struct TemplateParser {
    private let tokens: [TemplateToken]
    /// The token that is next.
    var index = 0
    /// The variables that are known, the innermost last.
    private(set) var variables = TemplateEvaluation.alertVariables
    private var definitions: [String: [TemplateNode]] = [:]
    private var nesting = 0
    /// How many `range` are around, in the same template.
    private var ranges = 0

    private init(_ text: String) { tokens = TemplateLexer.tokens(of: text) }

    /// - Parameter name: the name of the template itself.
    static func program(of text: String, name: String) throws(TemplateError) -> TemplateProgram {
        var parser = TemplateParser(text)
        let nodes = try parser.root()
        try parser.define(name, as: nodes)
        return TemplateProgram(nodes: nodes, definitions: parser.definitions)
    }

    // MARK: - Tokens

    /// The token that is next. There is one at any time: the last one is not passed.
    var peeked: TemplateToken { tokens[index] }

    mutating func next() throws(TemplateError) -> TemplateToken {
        let token = tokens[index]
        if token.kind == .fault { throw TemplateError(line: token.line, reason: token.text) }
        if index + 1 < tokens.count { index += 1 }
        return token
    }

    mutating func skipSpace() {
        while peeked.kind == .space, index + 1 < tokens.count { index += 1 }
    }

    mutating func nextBehindSpace() throws(TemplateError) -> TemplateToken {
        skipSpace()
        return try next()
    }

    mutating func expectRightDelimiter(_ context: String) throws(TemplateError) {
        let token = try nextBehindSpace()
        if token.kind != .rightDelimiter { throw unexpected(token, in: context) }
    }

    func unexpected(_ token: TemplateToken, in context: String) -> TemplateError {
        TemplateError(line: token.line, reason: "unexpected \(token.description) in \(context)")
    }

    /// Runs `body` one level deeper.
    mutating func nested<Result>(
        line: Int,
        _ body: (inout TemplateParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > TemplateBounds.mostNesting {
            throw TemplateError(line: line, reason: "nested more than \(TemplateBounds.mostNesting) deep")
        }
        return try body(&self)
    }

    /// The text of a fault with the line of a token.
    func located<Result>(
        _ line: Int,
        _ body: () throws(TemplateFault) -> Result
    ) throws(TemplateError) -> Result {
        do throws(TemplateFault) {
            return try body()
        } catch {
            throw TemplateError(line: line, reason: error.reason)
        }
    }

    /// Makes a variable known, up to the end of what is around.
    mutating func declare(_ token: TemplateToken) throws(TemplateError) {
        if variables.count == TemplateBounds.mostVariables {
            throw TemplateError(line: token.line, reason: "more than \(TemplateBounds.mostVariables) variables")
        }
        variables.append(token.text)
    }

    // MARK: - Lists

    private mutating func root() throws(TemplateError) -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        while true {
            let token = try next()
            switch token.kind {
            case .end: return nodes
            case .text: nodes.append(.text(token.text))
            default:
                skipSpace()
                if peeked.kind == .keyword(.define) {
                    _ = try next()
                    try definition()
                    continue
                }
                switch try action() {
                case .node(let node): nodes.append(node)
                case .elseOrEnd(let keyword): throw unexpected(keyword, in: "the template")
                }
            }
        }
    }

    /// What an action is: a node, or what ends a list of nodes.
    private enum Action {
        case node(TemplateNode)
        case elseOrEnd(TemplateToken)
    }

    /// Nodes up to an `else` or `end`, which is read but for what follows `else`.
    ///
    /// - Parameter opening: the keyword that the list belongs to.
    private mutating func list(_ opening: TemplateToken) throws(TemplateError) -> ([TemplateNode], TemplateToken) {
        var nodes: [TemplateNode] = []
        while true {
            let token = try next()
            switch token.kind {
            case .end:
                let reason = "unexpected end of the text: {{\(opening.text)}} of line \(opening.line) has no {{end}}"
                throw TemplateError(line: token.line, reason: reason)
            case .text: nodes.append(.text(token.text))
            default:
                switch try action() {
                case .node(let node): nodes.append(node)
                case .elseOrEnd(let keyword): return (nodes, keyword)
                }
            }
        }
    }

    /// An action, behind its left delimiter.
    private mutating func action() throws(TemplateError) -> Action {
        skipSpace()
        let line = peeked.line
        guard case .keyword(let keyword) = peeked.kind, keyword != .nil, keyword != .define else {
            return .node(.action(try pipeline("command", until: .rightDelimiter)))
        }
        let token = try next()
        switch keyword {
        case .else: return .elseOrEnd(token)
        case .end:
            try expectRightDelimiter("end")
            return .elseOrEnd(token)
        default: return .node(try nested(line: line) { parser throws(TemplateError) in try parser.control(token) })
        }
    }

    private mutating func control(_ token: TemplateToken) throws(TemplateError) -> TemplateNode {
        switch token.kind {
        case .keyword(.if): return try choice(token, setsDot: false)
        case .keyword(.with): return try choice(token, setsDot: true)
        case .keyword(.range): return try range(token)
        case .keyword(.template): return try call(token)
        case .keyword(.block): return try block(token)
        default:
            try expectRightDelimiter(token.text)
            if ranges == 0 { throw TemplateError(line: token.line, reason: "{{\(token.text)}} outside {{range}}") }
            return .leave(token.kind == .keyword(.break) ? .break : .continue)
        }
    }

    // MARK: - Control

    /// `if` and `with`, with all their `else if` and `else with`.
    private mutating func choice(_ opening: TemplateToken, setsDot: Bool) throws(TemplateError) -> TemplateNode {
        let known = variables.count
        defer { variables.removeSubrange(known...) }
        var branches: [TemplateBranch] = []
        while true {
            let condition = try pipeline(opening.text, until: .rightDelimiter)
            let (body, last) = try list(opening)
            branches.append(TemplateBranch(pipeline: condition, body: body))
            if last.kind == .keyword(.end) { return .choice(branches, otherwise: [], setsDot: setsDot) }
            skipSpace()
            if peeked.kind == opening.kind {
                _ = try next()
                continue
            }
            return .choice(branches, otherwise: try elsePart(opening), setsDot: setsDot)
        }
    }

    private mutating func range(_ opening: TemplateToken) throws(TemplateError) -> TemplateNode {
        let known = variables.count
        defer { variables.removeSubrange(known...) }
        let subject = try pipeline("range", until: .rightDelimiter)
        ranges += 1
        defer { ranges -= 1 }
        let (body, last) = try list(opening)
        let branch = TemplateBranch(pipeline: subject, body: body)
        if last.kind == .keyword(.end) { return .range(branch, otherwise: []) }
        ranges -= 1
        defer { ranges += 1 }
        return .range(branch, otherwise: try elsePart(opening))
    }

    /// What stands behind `else`, up to and with `end`.
    private mutating func elsePart(_ opening: TemplateToken) throws(TemplateError) -> [TemplateNode] {
        try expectRightDelimiter("else")
        let (nodes, last) = try list(opening)
        guard last.kind == .keyword(.end) else {
            throw TemplateError(line: last.line, reason: "expected {{end}}, found {{else}}")
        }
        return nodes
    }

    private mutating func call(_ opening: TemplateToken) throws(TemplateError) -> TemplateNode {
        let name = try templateName("template clause")
        skipSpace()
        if peeked.kind == .rightDelimiter {
            _ = try next()
            return .call(name: name, nil, line: opening.line)
        }
        return .call(name: name, try pipeline("template clause", until: .rightDelimiter), line: opening.line)
    }

    private mutating func block(_ opening: TemplateToken) throws(TemplateError) -> TemplateNode {
        let name = try templateName("block clause")
        let value = try pipeline("block clause", until: .rightDelimiter)
        try body(of: name, opening)
        return .call(name: name, value, line: opening.line)
    }

    // MARK: - Definitions

    private mutating func definition() throws(TemplateError) {
        let opening = tokens[max(0, index - 1)]
        let name = try templateName("define clause")
        try expectRightDelimiter("define clause")
        try body(of: name, opening)
    }

    /// The nodes of a defined template, which sees no variable and no `range` around it.
    private mutating func body(of name: String, _ opening: TemplateToken) throws(TemplateError) {
        let outer = (variables, ranges)
        (variables, ranges) = (["$"], 0)
        defer { (variables, ranges) = outer }
        let (nodes, last) = try list(opening)
        if last.kind != .keyword(.end) { throw unexpected(last, in: "\(opening.text) clause") }
        try define(name, as: nodes, line: opening.line)
    }

    private mutating func templateName(_ context: String) throws(TemplateError) -> String {
        let token = try nextBehindSpace()
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, in: context) }
        return try located(token.line) { () throws(TemplateFault) in try GoLiteral.string(token.text) }
    }

    /// An empty template gives way to another of its name; two others may not be.
    private mutating func define(_ name: String, as nodes: [TemplateNode], line: Int = 1) throws(TemplateError) {
        func isEmpty(_ nodes: [TemplateNode]) -> Bool {
            nodes.allSatisfy {
                if case .text(let text) = $0 { text.utf8.allSatisfy { $0.isTemplateSpace } } else { false }
            }
        }
        if let other = definitions[name], !isEmpty(other) {
            if isEmpty(nodes) { return }
            let reason = "multiple definition of template \(QuotedText.string(name))"
            throw TemplateError(line: line, reason: reason)
        }
        definitions[name] = nodes
    }
}
