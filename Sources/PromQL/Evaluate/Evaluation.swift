// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// A query that runs: what all of its nodes share. One thread at a time, but for `source`, `options` and
/// ``checkpoint()``.
package final class RunningQuery {
    package let source: any SeriesSource
    package let options: QueryOptions
    /// The steps of the whole query, those of `step()`; `@ start()` is the first of them.
    package let steps: Steps
    /// The end that was asked for, which may lie behind the last step: that of `@ end()` and `range()`.
    package let end: Int64
    /// Whether it is a range query; of an instant query `step()` is 0.
    package let isRange: Bool
    package let cancellation: QueryCancellation
    package var annotations = Annotations()
    package var statistics = QueryStatistics()
    /// The samples that it holds now.
    let held = HeldSamples()
    /// When it must have ended.
    let deadline: ContinuousClock.Instant

    package init(
        source: any SeriesSource,
        options: QueryOptions,
        steps: Steps,
        end: Int64,
        isRange: Bool,
        cancellation: QueryCancellation
    ) {
        self.source = source
        self.options = options
        self.steps = steps
        self.end = end
        self.isRange = isRange
        self.cancellation = cancellation
        deadline = ContinuousClock.now + .milliseconds(options.timeout)
    }

    /// Throws when the query was cancelled or has run out of time. Called some hundred times a second.
    package func checkpoint() throws(QueryError) {
        if cancellation.isCancelled { throw QueryError(.canceled, "query was canceled") }
        if ContinuousClock.now > deadline { throw QueryError(.timeout, "query timed out in expression evaluation") }
    }
}

/// Evaluates expressions at some steps of a running query: one function for each kind of node, each in its own file.
package struct Evaluation {
    package let query: RunningQuery
    package let steps: Steps
    /// Whether histograms that are read and of which nothing is known are compared with those before them, to know
    /// whether there was a reset between: so where only counts and sums are asked for.
    package let detectsResets: Bool

    package init(_ query: RunningQuery, steps: Steps, detectsResets: Bool = false) {
        self.query = query
        self.steps = steps
        self.detectsResets = detectsResets
    }

    /// The value of an expression that is no range vector.
    package func evaluate(_ expression: Expression) throws(QueryError) -> ExpressionValue {
        try query.checkpoint()
        switch expression {
        case .number(let node): return .scalar(Array(repeating: node.value, count: steps.count))
        case .string(let node): return .string(node.value)
        case .parenthesis(let node): return try evaluate(node.inner)
        case .unary(let node): return try unary(node)
        case .binary(let node): return try binary(node)
        case .call(let node): return try call(node)
        case .aggregation(let node): return .vector(try aggregation(node))
        case .selector(let node): return .vector(try selector(node))
        case .range, .subquery: preconditionFailure("the check lets range vectors stand as arguments only")
        }
    }

    /// The value of an expression that the check has found to be a vector.
    package func vector(_ expression: Expression) throws(QueryError) -> VectorColumns {
        let value = try evaluate(expression)
        guard case .vector(let columns) = value else { preconditionFailure("checked to be a vector") }
        return columns
    }

    /// The value of an expression that the check has found to be a scalar: one number for each step.
    package func scalar(_ expression: Expression) throws(QueryError) -> [Double] {
        guard case .scalar(let values) = try evaluate(expression) else { preconditionFailure("checked to be a scalar") }
        return values
    }

    /// The value of an expression that the check has found to be a string.
    package func string(_ expression: Expression) throws(QueryError) -> String {
        guard case .string(let value) = try evaluate(expression) else { preconditionFailure("checked to be a string") }
        return value
    }
}
