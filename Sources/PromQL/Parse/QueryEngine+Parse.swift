// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

extension QueryEngine {
    /// The longest query text, in bytes of UTF-8.
    package static var longestText: Int { Parser.longestText }

    /// Reads and checks a query. All that Prometheus calls experimental is understood.
    ///
    /// - Throws: `badData` with the place and the text of the first thing that is wrong, `1:5: parse error: …`, as
    ///   Prometheus tells it.
    /// - Complexity: O(bytes), plus the compilation of regular expressions.
    package static func parse(_ text: String) throws(QueryError) -> Expression {
        var expression = try checked(text)
        try expression.foldDurations()
        return expression
    }

    /// A query as it was written: what can be calculated in its durations is not.
    static func checked(_ text: String) throws(QueryError) -> Expression {
        var parser = try Parser(text)
        var expression = try parser.query()
        _ = try TypeCheck(bytes: parser.lexer.bytes).check(&expression)
        return expression
    }

    /// Reads what `match[]` asks for: a selector without modifiers. One that selects everything is not refused.
    ///
    /// - Throws: `badData`, as ``parse(_:)``.
    package static func parseSelector(_ text: String) throws(QueryError) -> [LabelMatcher] {
        var parser = try Parser(text)
        return try parser.metricSelector().matchers
    }

    /// Reads the name of one series: `metric{label="value"}`. The metric name is the label `__name__`.
    ///
    /// - Throws: `badData`, as ``parse(_:)``; also when a label occurs twice.
    package static func parseMetric(_ text: String) throws(QueryError) -> Labels {
        var parser = try Parser(text)
        return try parser.metric()
    }
}
