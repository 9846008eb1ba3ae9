// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// A template and what comes of it.
typealias Expansion = (template: String, result: String)

/// What `query` answers in these tests: three shops out of order, nothing for `empty`, a fault for `broken`.
struct BrokenQuery: Error, CustomStringConvertible {
    let description = "unexpected end of input"
}

/// An alert with a label for everything that the tests look at.
func scope(
    _ value: Double = 12.5,
    labels: Labels = ["alertname": "SlowCheckout", "instance": "shop-1.example.org:9100", "job": "checkout"]
) -> TemplateScope {
    TemplateScope(
        labels: labels,
        value: value,
        externalLabels: ["region": "north"],
        externalURL: "https://metrics.example.org:9090/tide%20mark",
        time: Timestamp(milliseconds: 1_700_000_000_500)
    ) { query in
        switch query {
        case "empty": []
        case "broken": throw BrokenQuery()
        default:
            [
                TemplateScope.Sample(labels: ["__name__": "clicks", "shop": "b", "__value__": "two"], value: 2),
                TemplateScope.Sample(labels: ["__name__": "clicks", "shop": "c"], value: 3.5),
                TemplateScope.Sample(labels: ["__name__": "clicks", "shop": "a"], value: 1e9),
            ]
        }
    }
}

/// What comes of a template for that alert.
func expanded(_ template: String, _ value: Double = 12.5) throws(TemplateError) -> String {
    try AlertTemplate(template).expand(scope(value))
}

/// What is wrong with a template, when it is read or when it is expanded.
func fault(of template: String) -> TemplateError? {
    do throws(TemplateError) {
        _ = try expanded(template)
        return nil
    } catch {
        return error
    }
}
