// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing
import TimeSeries

@testable import Rules

@Suite struct `An evaluation that is broken off` {
    /// Series during whose selection somebody ends the evaluation.
    private struct EndingSeries: SeriesSource {
        let series: InMemorySeries
        let cancellation: QueryCancellation

        func select(_ selection: SeriesSelection) throws -> any SeriesSet {
            cancellation.cancel()
            return try series.select(selection)
        }
        func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList {
            try series.labelNames(selection, limit: limit)
        }
        func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList {
            try series.labelValues(name, selection, limit: limit)
        }
        func metadata() -> [MetricFamily] { series.metadata() }
    }

    @Test func `says so, and asks nothing more`() throws {
        let rules = ["{record: one, expr: vector(1)}", "{record: y, expr: x}", "{record: z, expr: x}"]
        let world = try RuleWorld(file(rules.map { "- " + $0 }.joined(separator: "\n")))
        world.set("x", to: 1, at: 60)
        let cancellation = QueryCancellation()
        let outcome = world.evaluator.evaluate(
            at: Timestamp(seconds: 60),
            on: EndingSeries(series: world.series, cancellation: cancellation),
            cancellation: cancellation
        )
        #expect(outcome.isCancelled)
        #expect(world.evaluator.status.rules.map(\.health) == [.ok, .failed, .unknown])
    }
}
