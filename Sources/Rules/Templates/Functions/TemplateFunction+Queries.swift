// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateFunction {
    /// Queries and their answers.
    ///
    /// Source: Prometheus, `template/template.go`.
    static let queries: [TemplateFunction] = [
        TemplateFunction("query", [.text]) { evaluation, arguments throws(TemplateFault) in
            try evaluation.charge(TemplateBounds.queryCost)
            do {
                return .vector(try evaluation.scope.query(arguments[0].string))
            } catch {
                throw TemplateFault("\(error)")
            }
        },
        TemplateFunction("first", [.vector]) { _, arguments throws(TemplateFault) in
            guard case .vector(let samples) = arguments[0], let first = samples.first else {
                throw TemplateFault("first() called on vector with no elements")
            }
            return .sample(first)
        },
        TemplateFunction("label", [.text, .sample]) { _, arguments in
            .text(labels(arguments[1])[arguments[0].string] ?? "")
        },
        TemplateFunction("value", [.sample]) { _, arguments in
            if case .sample(let sample) = arguments[0] { .float(sample.value) } else { .none }
        },
        TemplateFunction("strvalue", [.sample]) { _, arguments in .text(labels(arguments[0])["__value__"] ?? "") },
        TemplateFunction("sortByLabel", [.text, .vector]) { evaluation, arguments throws(TemplateFault) in
            guard case .vector(let samples) = arguments[1] else { return .none }
            try evaluation.charge(samples.count)
            let name = arguments[0].string
            // The sort of the standard library is stable, as Prometheus's is.
            let ordered = samples.map { (key: $0.labels[name] ?? "", sample: $0) }
                .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .vector(ordered.map(\.sample))
        },
    ]

    private static func labels(_ value: TemplateValue) -> Labels {
        if case .sample(let sample) = value { sample.labels } else { [:] }
    }
}
