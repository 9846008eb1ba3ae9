// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateParser {
    /// Declarations or assignments, and commands with `|` between them, up to and with what ends them.
    mutating func pipeline(
        _ context: String,
        until end: TemplateToken.Kind
    ) throws(TemplateError) -> TemplatePipeline {
        skipSpace()
        var pipeline = TemplatePipeline(line: peeked.line)
        try variables(of: &pipeline, context)
        while true {
            skipSpace()
            let token = peeked
            switch token.kind {
            case end:
                _ = try next()
                try check(pipeline, context)
                return pipeline
            case .bool, .character, .dot, .field, .identifier, .number, .keyword(.nil), .rawString, .string, .variable,
                .openParenthesis:
                pipeline.commands.append(try command())
            default: throw unexpected(try next(), in: context)
            }
        }
    }

    /// `$x :=`, `$x =`, and in `range` `$i, $e :=`.
    private mutating func variables(
        of pipeline: inout TemplatePipeline,
        _ context: String
    ) throws(TemplateError) {
        while peeked.kind == .variable {
            let start = index
            let name = try next()
            skipSpace()
            let mark = peeked
            let isComma = mark.kind == .other && mark.text == ","
            guard isComma || mark.kind == .declare || mark.kind == .assign else {
                // An argument. What has been read is to be read again.
                index = start
                return
            }
            _ = try next()
            pipeline.variables.append(name.text)
            try declare(name)
            if !isComma {
                pipeline.assigns = mark.kind == .assign
                return
            }
            guard context == "range", pipeline.variables.count < 2 else {
                throw TemplateError(line: mark.line, reason: "too many declarations in \(context)")
            }
            skipSpace()
            guard peeked.kind == .variable else {
                throw TemplateError(line: mark.line, reason: "range can only initialize variables")
            }
        }
    }

    /// A value alone can only come first.
    private func check(_ pipeline: TemplatePipeline, _ context: String) throws(TemplateError) {
        if pipeline.commands.isEmpty {
            throw TemplateError(line: pipeline.line, reason: "missing value for \(context)")
        }
        for (stage, command) in pipeline.commands.enumerated().dropFirst() where !command.operand.takesArguments {
            let reason = "non executable command in pipeline stage \(stage + 1)"
            throw TemplateError(line: command.line, reason: reason)
        }
    }

    /// Operands with space between them, and the `|` behind them where there is one.
    private mutating func command() throws(TemplateError) -> TemplateCommand {
        let line = peeked.line
        var operands: [TemplateOperand] = []
        while true {
            skipSpace()
            if let operand = try operand() { operands.append(operand) }
            switch peeked.kind {
            case .space: continue
            case .rightDelimiter, .closeParenthesis: break
            case .pipe: _ = try next()
            default: throw unexpected(try next(), in: "operand")
            }
            guard let first = operands.first else { throw TemplateError(line: line, reason: "empty command") }
            return TemplateCommand(line: line, operand: first, arguments: Array(operands.dropFirst()))
        }
    }

    /// A term with the fields right behind it, or nil.
    private mutating func operand() throws(TemplateError) -> TemplateOperand? {
        let start = peeked
        guard let term = try term() else { return nil }
        var fields: [String] = []
        while peeked.kind == .field { fields.append(String(try next().text.dropFirst())) }
        if fields.isEmpty { return term }
        switch term {
        case .fields(let first): return .fields(first + fields)
        case .variable(let name, _): return .variable(name, fields: fields)
        case .function, .pipeline, .chain: return .chain(term, fields: fields)
        case .dot, .nil, .literal:
            throw TemplateError(line: start.line, reason: "unexpected . after term \(start.description)")
        }
    }

    private mutating func term() throws(TemplateError) -> TemplateOperand? {
        let token = peeked
        switch token.kind {
        case .identifier:
            guard let function = TemplateFunction.named[token.text] else {
                let reason = "function \(QuotedText.string(token.text)) not defined"
                throw TemplateError(line: token.line, reason: reason)
            }
            _ = try next()
            return .function(function)
        case .variable:
            guard variables.contains(token.text) else {
                let reason = "undefined variable \(QuotedText.string(token.text))"
                throw TemplateError(line: token.line, reason: reason)
            }
            _ = try next()
            return .variable(token.text, fields: [])
        case .openParenthesis:
            _ = try next()
            return .pipeline(
                try nested(line: token.line) { parser throws(TemplateError) in
                    try parser.pipeline("parenthesized pipeline", until: .closeParenthesis)
                }
            )
        default: return try literal()
        }
    }

    private mutating func literal() throws(TemplateError) -> TemplateOperand? {
        let token = peeked
        let operand: TemplateOperand
        switch token.kind {
        case .dot: operand = .dot
        case .keyword(.nil): operand = .nil
        case .field: operand = .fields([String(token.text.dropFirst())])
        case .bool: operand = .literal(.bool(token.text == "true"))
        case .number, .character, .string, .rawString:
            operand = .literal(
                try located(token.line) { () throws(TemplateFault) in
                    switch token.kind {
                    case .number: try GoLiteral.number(token.text)
                    case .character: .integer(try GoLiteral.character(token.text))
                    default: .text(try GoLiteral.string(token.text))
                    }
                }
            )
        case .fault: throw TemplateError(line: token.line, reason: token.text)
        default: return nil
        }
        _ = try next()
        return operand
    }
}
