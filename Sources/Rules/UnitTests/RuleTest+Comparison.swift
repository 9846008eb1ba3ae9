// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension RuleTest.Sample {
    /// Whether a sample is what was expected: the labels to the last, the number exactly, or, fuzzily, one that is next
    /// to it; a histogram by its notation, reset hint included. NaN is like no number.
    ///
    /// Source: Prometheus, `cmd/promtool/unittest.go`.
    func isMet(by sample: RuleTest.Sample, fuzzily isFuzzy: Bool) -> Bool {
        guard labels == sample.labels else { return false }
        if histogram != nil || sample.histogram != nil {
            return histogram?.testExpression == sample.histogram?.testExpression
        }
        if value == sample.value { return true }
        return isFuzzy && (value.nextUp == sample.value || value.nextDown == sample.value)
    }

    /// `metric{label="value"} 5`.
    var text: String {
        let name = labels["__name__"] ?? ""
        let rest = labels.withoutName.expositionText
        let metric = name.isEmpty && rest.isEmpty ? "{}" : name + rest
        return "\(metric) \(histogram?.testExpression ?? RuleTest.Sample.text(value))"
    }

    /// A number with all the digits that tell it from others.
    private static func text(_ value: Double) -> String {
        (1e-4..<1e21).contains(value.magnitude) ? GoNumber.decimal(value) : GoNumber.general(value)
    }
}

extension RuleTest.FiringAlert {
    /// `{alertname="A"} annotations {summary="text"}`.
    var text: String {
        annotations.isEmpty ? text(labels) : "\(text(labels)) annotations \(text(annotations))"
    }

    private func text(_ pairs: [Pair]) -> String {
        let texts = pairs.map { "\($0.name)=\(QuotedText.string($0.value))" }
        return "{\(texts.joined(separator: ", "))}"
    }
}
