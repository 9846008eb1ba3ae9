// SPDX-License-Identifier: Apache-2.0

import PromQL
import Tidemark
import TimeSeries

/// Asks the engine what the panels of a page ask, one after the other, of one view of the store.
struct PageQueries {
    let runner: QueryRunner
    let source: any SeriesSource
    let work: QueryWork
    let window: ClosedRange<Timestamp>
    let choices: [String: [String]]
    /// Of the page, and who asks for it, for the log.
    let path: String
    let client: String

    /// About so many points has a line: a phone shows no more, and a wide screen hardly.
    static let points: Int64 = 180

    /// Answers the queries of a panel.
    ///
    /// - Throws: when the client has left; everything else is told in the panel.
    func data(of panel: DashboardPanel) throws(QueryError) -> PanelData {
        var data = PanelData()
        for target in panel.targets ?? [] {
            let step = self.step(atLeast: target.interval)
            data.step = max(data.step, step)
            do throws(QueryError) {
                let text = DashboardQuery.filledIn(
                    target.expr,
                    choices: choices,
                    window: .milliseconds(length),
                    step: .milliseconds(step)
                )
                let result = target.instant ? try instant(text) : try range(text, step: step)
                data.series += PanelSeries.all(of: result.value, target)
            } catch {
                if error.kind == .canceled { throw error }
                data.fault = error.message
            }
        }
        return data
    }

    /// At the end of the time.
    func instant(_ query: String) throws(QueryError) -> QueryResult {
        try counted(query, window.upperBound...window.upperBound) { options throws(QueryError) in
            try runner.engine.instant(
                query,
                at: window.upperBound,
                options: options,
                on: source,
                cancellation: work.cancellation
            )
        }
    }

    /// At the multiples of a step, as Grafana asks, so that a chart does not shake when it is drawn anew.
    ///
    /// - Parameter step: milliseconds.
    func range(_ query: String, step: Int64) throws(QueryError) -> QueryResult {
        let start = Timestamp(milliseconds: window.lowerBound.milliseconds / step * step)
        let end = Timestamp(milliseconds: window.upperBound.milliseconds / step * step)
        return try counted(query, start...end, step: step) { options throws(QueryError) in
            try runner.engine.range(
                query,
                over: start...end,
                step: step,
                options: options,
                on: source,
                cancellation: work.cancellation
            )
        }
    }

    /// When an alert fired, by a dashboard's annotations.
    func marks(_ annotations: [Dashboard.Annotation]) throws(QueryError) -> [ClosedRange<Int64>] {
        let step = step(atLeast: nil)
        var times: Set<Int64> = []
        for annotation in annotations {
            let text = DashboardQuery.filledIn(
                annotation.expr,
                choices: choices,
                window: .milliseconds(length),
                step: .milliseconds(step)
            )
            do throws(QueryError) {
                if case .matrix(let columns) = try range(text, step: step).value { times.formUnion(columns.timestamps) }
            } catch {
                // A chart without marks is worth more than none; a query that fails does so in its panel too.
                if error.kind == .canceled { throw error }
            }
        }
        return StateBars.spans(times.sorted(), step: step)
    }

    /// What a variable can be, in the time of the page.
    func values(of variable: Dashboard.Variable) throws -> [String] {
        try work.checkpoint()
        guard let query = DashboardQuery.labelValues(variable.query) else { return [] }
        let text = DashboardQuery.filledIn(
            query.selector,
            choices: choices,
            window: .milliseconds(length),
            step: .milliseconds(step(atLeast: nil))
        )
        let selection = SeriesSelection(
            try QueryEngine.parseSelector(text),
            from: window.lowerBound,
            through: window.upperBound
        )
        return try source.labelValues(query.label, selection, limit: Self.mostValues).values
    }

    /// A list of choices with more would be of no use.
    static let mostValues = 2_000

    /// Milliseconds between two points: a whole number of minutes, or of slots.
    func step(atLeast interval: String?) -> Int64 {
        var least: Int64 = Int64(DashboardQuery.sampleInterval) * 1_000
        if let interval, let nanoseconds = try? nanoseconds(parameter: interval) {
            least = max(least, nanoseconds / 1_000_000)
        }
        let wanted = length / Self.points
        return Swift.max(1, (wanted + least - 1) / least) * least
    }

    private var length: Int64 { window.upperBound.milliseconds - window.lowerBound.milliseconds }

    /// Runs a query within the time that the page has left, counts it among all queries, and tells of it when it took long.
    private func counted(
        _ query: String,
        _ times: ClosedRange<Timestamp>,
        step: Int64? = nil,
        _ run: (QueryOptions) throws(QueryError) -> QueryResult
    ) throws(QueryError) -> QueryResult {
        var options = runner.options
        options.timeout = max(1, work.remainingMilliseconds)
        let outcome = QueryOutcome(
            LoggedQuery(
                query: query,
                endpoint: path,
                start: times.lowerBound,
                end: times.upperBound,
                step: step,
                client: client
            )
        )
        let begun = ContinuousClock.now
        defer { runner.tell(outcome, since: begun) }
        do throws(QueryError) {
            let result = try run(options)
            outcome.note(result.statistics)
            return result
        } catch {
            outcome.note(APIError(error))
            throw error
        }
    }
}
