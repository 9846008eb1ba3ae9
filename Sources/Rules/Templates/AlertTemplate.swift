// SPDX-License-Identifier: Apache-2.0

/// A label or an annotation of an alerting rule: Go's text/template as Prometheus expands it, with the variables
/// `$labels`, `$value`, `$externalLabels` and `$externalURL`.
///
/// Read once, expanded for each alert at each evaluation; any number of threads may expand it at once. What an
/// expansion takes is bounded by ``TemplateBounds``.
///
/// Source: Go, package text/template; Prometheus, `template/template.go` and `rules/alerting.go`.
public struct AlertTemplate: Sendable {
    private let text: String
    /// Nil where there is no action.
    private let program: TemplateProgram?

    /// Reads a template.
    ///
    /// - Parameter name: what `{{template "…"}}` calls this template itself by.
    /// - Throws: the line and what is wrong there.
    public init(_ text: String, name: String = "template") throws(TemplateError) {
        self.text = text
        program = text.utf8.containsOpening ? try TemplateParser.program(of: text, name: name) : nil
    }

    /// Whether the text has no action, so that expanding it gives the text itself.
    public var isPlain: Bool { program == nil }

    /// The text for an alert. A missing label is the empty text.
    ///
    /// - Throws: the line and what is wrong there, such as a query that fails or a bound that is reached.
    public func expand(_ scope: TemplateScope) throws(TemplateError) -> String {
        guard let program else { return text }
        var evaluation = TemplateEvaluation(program, scope: scope)
        return try evaluation.expand()
    }
}

extension String.UTF8View {
    /// Whether there is a `{{`.
    fileprivate var containsOpening: Bool {
        zip(self, dropFirst()).contains { $0 == UInt8(ascii: "{") && $1 == UInt8(ascii: "{") }
    }
}
