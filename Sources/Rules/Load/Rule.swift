// SPDX-License-Identifier: Apache-2.0

package import PromQL

/// One rule of a group: an expression, and what is made of its samples.
///
/// Source of the schema: Prometheus, `model/rulefmt/rulefmt.go`.
public struct Rule: Sendable {
    /// What is made of the samples.
    public enum Kind: Hashable, Sendable {
        /// They are recorded under the rule's name.
        case recording
        /// Each is an alert.
        case alerting
    }

    /// What is made of the samples.
    public let kind: Kind
    /// The metric name of what is recorded, or the alert's name.
    public let name: String
    /// The expression as it is written in the file.
    public let query: String
    /// For how many milliseconds an alert's condition has to hold before it fires; 0 when it fires at once.
    public let holdDuration: Int64
    /// For how many milliseconds an alert goes on firing after its condition has ceased to hold.
    public let keepFiringFor: Int64
    /// Labels that are added to each sample, those of the group among them; an empty value takes a label away. Of an
    /// alerting rule the values are templates.
    public let labels: [NamedTemplate]
    /// Of an alerting rule, templates.
    public let annotations: [NamedTemplate]
    /// The 1-based line of the file on which the rule begins.
    public let line: Int

    /// The expression as Prometheus writes it.
    public var formattedQuery: String { expression.description }

    /// The expression, parsed.
    package let expression: Expression

    /// A name and a template for its value.
    public struct NamedTemplate: Sendable {
        /// Of the label or annotation.
        public let name: String
        /// As it is written.
        public let text: String
        /// Nil where the text is taken as it is.
        let template: AlertTemplate?

        /// Reads the template.
        init(name: String, text: String) throws(TemplateError) {
            self.name = name
            self.text = text
            let template = try AlertTemplate(text)
            self.template = template.isPlain ? nil : template
        }

        /// A value that is taken as it is: recording rules have no templates.
        init(name: String, plain text: String) {
            self.name = name
            self.text = text
            template = nil
        }
    }

    /// Whether it does the same as another one: their expressions may be spelled differently.
    func isSame(as other: Rule) -> Bool {
        func texts(_ templates: [NamedTemplate]) -> [String: String] {
            Dictionary(templates.map { ($0.name, $0.text) }) { _, last in last }
        }
        return kind == other.kind && name == other.name && holdDuration == other.holdDuration
            && keepFiringFor == other.keepFiringFor && expression.isSame(as: other.expression)
            && texts(labels) == texts(other.labels) && texts(annotations) == texts(other.annotations)
    }
}
