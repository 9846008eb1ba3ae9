// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// An `eval` of a script that did not go as expected, or a line of it that cannot be read.
package struct ScriptFailure: Hashable, Sendable, CustomStringConvertible {
    /// As it was named to the runner.
    package let file: String
    /// Counted from 1.
    package let line: Int
    /// What was expected, and what came, in one line.
    package let message: String

    /// `file:line: message`.
    package var description: String { "\(file):\(line): \(message)" }
}

/// How a script went.
package struct ScriptOutcome: Sendable {
    /// How many `eval` commands went as expected.
    package var passed = 0
    /// The others, and the commands that cannot be read, in the order of the script.
    package var failures: [ScriptFailure] = []
}

/// Runs PromQL test scripts.
///
/// As in Prometheus, an `eval instant` is asked in further ways which must all agree: as the middle step of a range
/// query, and at other times with the time appended to every selector, `@ 3000`. Source: Prometheus,
/// `promql/promqltest/test.go`, `runInstantQuery` and `atModifierTestCases`.
package struct ScriptRunner: Sendable {
    private let engine: QueryEngine

    package init(engine: QueryEngine = QueryEngine()) {
        self.engine = engine
    }

    /// Runs a script, from no series at all. `file` names it in failures.
    package func run(_ text: String, file: String) -> ScriptOutcome {
        var reader = ScriptReader(text)
        var outcome = ScriptOutcome()
        var series = ScriptSeries()
        for command in reader.read().commands {
            do throws(ScriptMismatch) {
                switch command.action {
                case .clear: series = ScriptSeries()
                case .load(let load):
                    do throws(SeriesNotationError) {
                        try series.load(load)
                    } catch {
                        throw ScriptMismatch(error.description)
                    }
                case .evaluate(let evaluation):
                    try run(evaluation, on: series.source)
                    outcome.passed += 1
                case .unreadable(let message): throw ScriptMismatch(message)
                }
            } catch {
                let message = error.message.split(whereSeparator: \.isNewline).joined(separator: " ")
                outcome.failures.append(ScriptFailure(file: file, line: command.line, message: message))
            }
        }
        return outcome
    }

    private func run(_ evaluation: ScriptEvaluation, on source: InMemorySeries) throws(ScriptMismatch) {
        let expression: Expression
        do throws(QueryError) {
            expression = try QueryEngine.parse(evaluation.query)
        } catch {
            // Prometheus reads all queries before it runs the script: no eval can expect this.
            throw ScriptMismatch("cannot read \(evaluation.query): \(error.message)")
        }
        switch evaluation.times {
        case .range:
            _ = try ask(evaluation, evaluation.query, evaluation.times, on: source)
        case .instant(let time):
            try runInstant(evaluation, evaluation.query, at: time, on: source)
            guard let fixed = TimeFixer.fix(evaluation.query, expression, at: time) else { return }
            for other in TimeFixer.otherTimes(time) {
                try runInstant(evaluation, fixed, at: other, on: source)
            }
        }
    }

    private func runInstant(
        _ evaluation: ScriptEvaluation,
        _ query: String,
        at time: Int64,
        on source: InMemorySeries
    ) throws(ScriptMismatch) {
        guard try ask(evaluation, query, .instant(time), on: source), evaluation.rangeVector == nil else { return }
        if case .string = evaluation.value { return }
        // They mean something else in a range query.
        if ["start()", "end()", "range()", "step()"].contains(where: { query.contains($0) }) { return }
        let result: QueryResult
        do throws(QueryError) {
            result = try engine.range(
                query,
                from: Timestamp(milliseconds: time - 60_000),
                through: Timestamp(milliseconds: time + 60_000),
                step: 60_000,
                on: source
            )
        } catch {
            throw ScriptMismatch("error of \(query) as a range query: \(error.message)")
        }
        guard !evaluation.isOrdered else { return }
        do throws(ScriptMismatch) {
            try evaluation.compareStep(result.value, at: time)
        } catch {
            throw ScriptMismatch("\(query) as a range query: \(error.message)")
        }
    }

    /// Asks in one way and compares everything; false when it failed as expected.
    private func ask(
        _ evaluation: ScriptEvaluation,
        _ query: String,
        _ times: ScriptEvaluation.Times,
        on source: InMemorySeries
    ) throws(ScriptMismatch) -> Bool {
        let result: QueryResult
        do throws(QueryError) {
            switch times {
            case .instant(let time):
                result = try engine.instant(query, at: Timestamp(milliseconds: time), on: source)
            case .range(let start, let end, let step):
                result = try engine.range(
                    query,
                    from: Timestamp(milliseconds: start),
                    through: Timestamp(milliseconds: end),
                    step: step,
                    on: source
                )
            }
        } catch {
            guard let expected = evaluation.failure else {
                throw ScriptMismatch("error of \(query): \(error.message)")
            }
            if let other = expected.first(where: { !$0.matches(error.message) }) {
                throw ScriptMismatch("expected the error \"\(other)\" of \(query), got \"\(error.message)\"")
            }
            return false
        }
        guard evaluation.failure == nil else { throw ScriptMismatch("expected an error of \(query), got none") }
        do throws(ScriptMismatch) {
            try compare(result.warnings, with: evaluation.warnings, "warning")
            try compare(result.infos, with: evaluation.infos, "info")
            try evaluation.compare(result.value, at: times)
        } catch {
            throw ScriptMismatch("\(query): \(error.message)")
        }
        return true
    }

    private func compare(
        _ actual: [String],
        with expected: [TextExpectation]?,
        _ what: String
    ) throws(ScriptMismatch) {
        guard let expected else { return }
        for expectation in expected where !actual.contains(where: { expectation.matches($0) }) {
            throw ScriptMismatch("expected the \(what) \"\(expectation)\", got \(actual)")
        }
        for text in actual where !expected.contains(where: { $0.matches(text) }) {
            throw ScriptMismatch("unexpected \(what) \"\(text)\"")
        }
    }
}
