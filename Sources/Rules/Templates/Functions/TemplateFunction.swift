// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A function that a template can call by its name.
struct TemplateFunction: Sendable {
    /// What a parameter takes.
    enum Parameter: Sendable {
        case any, text, vector, sample

        fileprivate func accepts(_ value: TemplateValue) -> Bool {
            switch (self, value) {
            case (.any, _), (.text, .text), (.vector, .vector), (.sample, .sample): true
            default: false
            }
        }

        fileprivate var typeName: String {
            switch self {
            case .any: "interface {}"
            case .text: "string"
            case .vector: "template.queryResult"
            case .sample: "*template.sample"
            }
        }
    }

    typealias Body =
        @Sendable (inout TemplateEvaluation, [TemplateValue]) throws(TemplateFault) -> TemplateValue

    let name: String
    /// In order, those that must be there.
    let parameters: [Parameter]
    /// Whether any number of values may follow.
    let isVariadic: Bool
    /// For `and` and `or`, the truth that ends them; their arguments are evaluated one by one.
    let stopsAt: Bool?
    let body: Body

    init(
        _ name: String,
        _ parameters: [Parameter],
        isVariadic: Bool = false,
        stopsAt: Bool? = nil,
        _ body: @escaping Body
    ) {
        self.name = name
        self.parameters = parameters
        self.isVariadic = isVariadic
        self.stopsAt = stopsAt
        self.body = body
    }

    /// All of them.
    ///
    /// Source: Go, `text/template/funcs.go`; Prometheus, `template/template.go`.
    static let named: [String: TemplateFunction] = Dictionary(
        (comparisons + collections + printing + texts + links + expressions + numbers + times + queries).map {
            ($0.name, $0)
        }
    ) { first, _ in first }

    func checkCount(_ count: Int) throws(TemplateFault) {
        let isEnough = isVariadic ? count >= parameters.count : count == parameters.count
        if isEnough { return }
        let least = isVariadic ? "at least " : ""
        throw TemplateFault("wrong number of args for \(name): want \(least)\(parameters.count) got \(count)")
    }

    func checkTypes(of arguments: [TemplateValue]) throws(TemplateFault) {
        for (parameter, argument) in zip(parameters, arguments) where !parameter.accepts(argument) {
            throw TemplateFault("expected \(parameter.typeName); got \(argument.typeName)")
        }
    }
}

extension TemplateValue {
    /// The text of an argument whose parameter is one.
    var string: String {
        if case .text(let text) = self { text } else { "" }
    }
}
