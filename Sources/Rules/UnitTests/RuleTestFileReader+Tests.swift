// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries
import YAML

extension RuleTestFileReader {
    private static let testKeys: Set<String> = [
        "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url", "name",
        "start_timestamp",
    ]

    /// One of the tests.
    ///
    /// - Parameters:
    ///   - name: its name when it has none of its own.
    ///   - interval: what it takes when it has none of its own.
    mutating func test(_ value: YAMLValue, name: String, interval: Int64) throws(FileError) -> RuleTest {
        let members = try value.members(RuleTestFileReader.testKeys)
        var test = RuleTest(name: name, interval: interval)
        if let name = try members["name"]?.string(), !name.isEmpty { test.name = name }
        if let own = try members["interval"].map(duration), own > 0 { test.interval = own }
        if let start = members["start_timestamp"] {
            guard let time = StartTimestampText.parse(try start.string()) else {
                throw start.fault("a start is seconds since 1970, or a time such as 2026-03-01T12:00:00Z")
            }
            test.start = time
        }
        if let labels = members["external_labels"] { test.externalLabels = Labels(try texts(labels)) }
        if let url = members["external_url"] { test.externalURL = try url.string() }
        for element in try members["input_series"]?.sequence() ?? [] {
            noting { reader throws(FileError) in try reader.input(element, into: &test) }
        }
        for element in try members["alert_rule_test"]?.sequence() ?? [] {
            noting { reader throws(FileError) in test.alerts.append(try reader.alertCheck(element)) }
        }
        for element in try members["promql_expr_test"]?.sequence() ?? [] {
            noting { reader throws(FileError) in test.expressions.append(try reader.expressionCheck(element)) }
        }
        return test
    }

    // MARK: - Input

    /// Adds an input series. As with promtool the last of the same labels counts, and the others do not.
    private func input(_ value: YAMLValue, into test: inout RuleTest) throws(FileError) {
        let members = try value.members(["series", "values"])
        guard let series = members["series"] else { throw value.fault("an input series needs 'series'") }
        let labels = try labels(series)
        if labels.pairs.isEmpty { throw series.fault("an input series needs a label") }
        test.input[labels] = try samples(members["values"], of: test)
    }

    private func samples(_ value: YAMLValue?, of test: RuleTest) throws(FileError) -> RuleTest.Input {
        guard let value else { return RuleTest.Input() }
        var text = try value.string()[...]
        // A text that is written over several lines of YAML may end with one.
        while text.last?.isNewline == true { text.removeLast() }
        let values = try self.values(String(text), at: value)
        var input = RuleTest.Input()
        for (index, sample) in values.enumerated() {
            let (offset, overflow) = test.interval.multipliedReportingOverflow(by: Int64(index))
            guard !overflow, offset < Int64.max / 4 else { throw value.fault("the time of a value is out of range") }
            let number: Double
            var histogram: NativeHistogram?
            switch sample {
            case .omitted: continue
            case .number(let value): number = value
            case .histogram(let value, _): (number, histogram) = (value.sum, value)
            }
            if histogram != nil, input.histograms.isEmpty {
                input.histograms = Array(repeating: nil, count: input.times.count)
            }
            input.times.append(test.start.milliseconds + offset)
            input.values.append(number)
            if histogram != nil || !input.histograms.isEmpty { input.histograms.append(histogram) }
        }
        return input
    }

    // MARK: - Expectations

    private func alertCheck(_ value: YAMLValue) throws(FileError) -> RuleTest.AlertCheck {
        let members = try value.members(["eval_time", "alertname", "exp_alerts"])
        guard let name = try members["alertname"]?.string(), !name.isEmpty else {
            throw value.fault("an item of 'alert_rule_test' needs 'alertname'")
        }
        var expected: [RuleTest.FiringAlert] = []
        for element in try members["exp_alerts"]?.sequence() ?? [] {
            let alert = try element.members(["exp_labels", "exp_annotations"])
            let labels = try alert["exp_labels"].map(texts) ?? []
            expected.append(
                RuleTest.FiringAlert(
                    labels: labels.filter { $0.name != "alertname" } + [("alertname", name)],
                    annotations: try alert["exp_annotations"].map(texts) ?? []
                )
            )
        }
        return RuleTest.AlertCheck(
            line: value.line,
            evalTime: try members["eval_time"].map(duration) ?? 0,
            alertname: name,
            expected: expected
        )
    }

    private func expressionCheck(_ value: YAMLValue) throws(FileError) -> RuleTest.ExpressionCheck {
        let members = try value.members(["expr", "eval_time", "exp_samples"])
        guard let expr = members["expr"] else { throw value.fault("an item of 'promql_expr_test' needs 'expr'") }
        let query = try expr.string()
        do throws(QueryError) {
            let type = try QueryEngine.parse(query).type
            guard type == .vector || type == .scalar else {
                throw QueryError(.badData, "it gives a \(type.rawValue), not a vector or a scalar")
            }
        } catch {
            throw expr.fault("cannot read the expression: \(error.message)")
        }
        var expected: [RuleTest.Sample] = []
        for element in try members["exp_samples"]?.sequence() ?? [] { expected.append(try sample(element)) }
        return RuleTest.ExpressionCheck(
            line: value.line,
            evalTime: try members["eval_time"].map(duration) ?? 0,
            query: query,
            expected: expected
        )
    }

    /// A sample; where it has a histogram its value plays no part.
    private func sample(_ value: YAMLValue) throws(FileError) -> RuleTest.Sample {
        let members = try value.members(["labels", "value", "histogram"])
        return RuleTest.Sample(
            labels: try members["labels"].map(labels) ?? [:],
            value: try members["value"].map(number) ?? 0,
            histogram: try members["histogram"].map(histogram) ?? nil
        )
    }

    private func histogram(_ value: YAMLValue) throws(FileError) -> NativeHistogram? {
        let text = try value.string()
        if text.isEmpty { return nil }
        let values = try values(text, at: value)
        guard values.count == 1, case .histogram(let histogram, _) = values[0] else {
            throw value.fault("one histogram is expected here, such as {{count:3 sum:2}}")
        }
        return histogram
    }

    // MARK: - Notation

    /// The labels of `metric{label="value"}`; a blank text has none.
    private func labels(_ value: YAMLValue) throws(FileError) -> Labels {
        let text = try value.string()
        if text.allSatisfy(\.isWhitespace) { return [:] }
        do throws(SeriesNotationError) {
            return try SeriesNotation.labels(text)
        } catch {
            throw value.fault("cannot read the series: \(error)")
        }
    }

    private func values(_ text: String, at value: YAMLValue) throws(FileError) -> [SeriesNotation.Value] {
        do throws(SeriesNotationError) {
            return try SeriesNotation.values(text)
        } catch {
            throw value.fault("cannot read the values: \(error)")
        }
    }
}
