// SPDX-License-Identifier: Apache-2.0

/// A template that has been read: its nodes and those of the templates that it defines.
struct TemplateProgram: Sendable {
    var nodes: [TemplateNode]
    /// By name, the template itself among them.
    var definitions: [String: [TemplateNode]]
}

/// What is done, one after another, when a template is expanded.
///
/// Source: Go, `text/template/parse/node.go`.
indirect enum TemplateNode: Sendable {
    /// Text as it is.
    case text(String)
    /// A pipeline whose value is printed, unless it declares or assigns.
    case action(TemplatePipeline)
    /// `if`, or `with`, which makes the value the dot: the first branch whose pipeline is true, or else the last part.
    case choice([TemplateBranch], otherwise: [TemplateNode], setsDot: Bool)
    /// `range`: the body for each element; without elements, the last part.
    case range(TemplateBranch, otherwise: [TemplateNode])
    /// `template`, and where a `block` stands.
    case call(name: String, TemplatePipeline?, line: Int)
    /// `break` or `continue`.
    case leave(TemplateFlow)
}

/// A condition, or what is ranged over, and what is done then.
struct TemplateBranch: Sendable {
    let pipeline: TemplatePipeline
    let body: [TemplateNode]
}

/// How a list of nodes was left.
enum TemplateFlow: Sendable {
    case end, `break`, `continue`
}

/// Commands, each of which has the value of the one before as its last argument.
struct TemplatePipeline: Sendable {
    let line: Int
    /// The variables that get the value; two only in `range`.
    var variables: [String] = []
    /// Whether the variables are there already: `=`, not `:=`.
    var assigns = false
    var commands: [TemplateCommand] = []
}

/// A value, or something called with arguments.
struct TemplateCommand: Sendable {
    let line: Int
    let operand: TemplateOperand
    let arguments: [TemplateOperand]
}

/// A single value in a command.
indirect enum TemplateOperand: Sendable {
    case dot
    case `nil`
    case literal(TemplateValue)
    /// `.a.b`.
    case fields([String])
    /// `$x.a.b`.
    case variable(String, fields: [String])
    case function(TemplateFunction)
    /// In parentheses.
    case pipeline(TemplatePipeline)
    /// `(…).a.b`, `function.a.b`.
    case chain(TemplateOperand, fields: [String])

    /// Whether it can be given the value of a pipeline before it.
    var takesArguments: Bool {
        switch self {
        case .dot, .nil, .literal: false
        case .fields, .variable, .function, .pipeline, .chain: true
        }
    }
}
