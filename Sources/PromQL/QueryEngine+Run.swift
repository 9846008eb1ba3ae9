// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension QueryEngine {
    /// Reads, checks and evaluates a query.
    func run(
        _ text: String,
        _ steps: Steps,
        isRange: Bool,
        end: Int64? = nil,
        on source: any SeriesSource,
        _ cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult {
        let begun = ContinuousClock.now
        var expression = try QueryEngine.parse(text)
        let last = end ?? steps.end
        guard steps.start >= Int64.min + Steps.margin, last <= Int64.max - Steps.margin else {
            throw QueryError(.badData, "the time is out of range")
        }
        try expression.resolveDurations(step: isRange ? steps.interval : 0, range: last - steps.start)
        let query = RunningQuery(
            source: source,
            options: options,
            steps: steps,
            end: last,
            isRange: isRange,
            cancellation: cancellation
        )
        if isRange, expression.type != .scalar, expression.type != .vector {
            throw QueryError(
                .badData,
                "invalid expression type \"\(expression.type.rawValue)\" for range query, "
                    + "must be Scalar or instant Vector"
            )
        }
        // Constants take memory for each step, without any series.
        try query.expectRoom(1, stepCount: steps.count)
        if options.countsSamplesPerStep {
            query.statistics.samplesPerStep = (0..<steps.count).map { (Timestamp(milliseconds: steps[$0]), 0) }
        }
        let prepared = ContinuousClock.now
        let value = try query.value(of: expression)
        query.statistics.preparationSeconds = (prepared - begun).inSeconds
        query.statistics.evaluationSeconds = (ContinuousClock.now - prepared).inSeconds
        return QueryResult(
            value: value,
            warnings: query.annotations.texts(of: text, isInfo: false),
            infos: query.annotations.texts(of: text, isInfo: true),
            statistics: query.statistics
        )
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

extension Annotations {
    /// The texts, with the place behind them.
    func texts(of query: String, isInfo: Bool) -> [String] {
        notes.filter { $0.isInfo == isInfo }.map { note in
            guard let position = note.position else { return note.text }
            return "\(note.text) (\(position.lineAndColumn(in: query)))"
        }
    }
}

extension RunningQuery {
    /// The value of a whole query.
    func value(of expression: Expression) throws(QueryError) -> QueryValue {
        let evaluation = Evaluation(self, steps: steps)
        if expression.type == .matrix { return .matrix(try evaluation.windowSamples(expression)) }
        let time = Timestamp(milliseconds: steps.start)
        switch try evaluation.evaluate(expression) {
        case .string(let value): return .string(time: time, value: value)
        case .scalar(let values):
            if !isRange { return .scalar(time: time, value: values[0]) }
            let columns = VectorColumns(stepCount: steps.count, labels: [[:]], dropsName: [false], values: values)
            return .matrix(try ResultColumns(columns, steps, isSorted: true, self))
        case .vector(let columns):
            if isRange { return .matrix(try ResultColumns(columns, steps, isSorted: true, self)) }
            return .vector(time: time, try ResultColumns(columns, steps, isSorted: false, self))
        }
    }
}
