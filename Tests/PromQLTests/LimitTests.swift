// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite struct `Queries that ask for too much` {
    private static let tooMany = "query processing would load too many samples into memory in query execution"

    /// Ten series of 0...9 at 0 to 9 minutes.
    private let source = InMemorySeries()

    init() {
        for series in 0..<10 {
            source.add(
                ["__name__": "x", "n": "\(series)"],
                (0..<10).map { (Int64($0) * 60_000, Double($0 * 10 + series)) }
            )
        }
    }

    private func instant(_ query: String, at time: Int64 = 540_000) throws(QueryError) -> QueryResult {
        try QueryEngine().instant(query, at: Timestamp(milliseconds: time), on: source)
    }

    private func range(
        _ query: String,
        _ start: Int64,
        _ end: Int64,
        _ step: Int64,
        maximumSamples: Int = 50_000_000
    ) throws(QueryError) -> QueryResult {
        var options = QueryOptions()
        options.maximumSamples = maximumSamples
        return try QueryEngine(options: options).range(
            query,
            from: Timestamp(milliseconds: start),
            through: Timestamp(milliseconds: end),
            step: step,
            on: source
        )
    }

    @Test(arguments: [
        "max_over_time(vector(1)[290y:1ms])", "max_over_time(vector(time())[100y:1s])", "absent_over_time(x[290y:1ms])",
        "vector(1)[290y:1ms]", "count_over_time(max_over_time(x[1h])[290y:1ms])",
        "sum_over_time((x offset 100y)[290y:1ms] offset -100y)",
    ])
    func `with the steps of a subquery are refused before any memory is taken`(_ query: String) {
        let error = #expect(throws: QueryError.self) { try instant(query) }
        #expect(error?.kind == .execution && error?.message == Self.tooMany)
    }

    @Test(arguments: ["1", "time()", "vector(1)", "none", "x", "absent(x)"])
    func `with their own steps are refused`(_ query: String) {
        let error = #expect(throws: QueryError.self) { try range(query, 0, 1 << 50, 1) }
        #expect(error?.message == Self.tooMany)
    }

    @Test(arguments: [
        "x @ 0", "last_over_time(x[5m] @ 540)", "count_values(\"value\", x)", "x", "x == on (n) group_left () x",
        "histogram_quantiles({__name__=\"x\"}, \"q\", 0.5) or x @ 540",
    ])
    func `with series at all steps are refused`(_ query: String) throws {
        // 10 series × 10 steps, and 100 values.
        let error = #expect(throws: QueryError.self) { try range(query, 0, 540_000, 60_000, maximumSamples: 99) }
        #expect(error?.message == Self.tooMany)
        _ = try range(query, 0, 540_000, 60_000, maximumSamples: 10_000)
    }

    @Test func `that go from the beginning of time to its end are refused`() {
        let error = #expect(throws: QueryError.self) { try range("x", .min, .max, 1) }
        #expect(error?.kind == .badData)
        #expect(throws: QueryError.self) { try range("x", .min, .min + 10, 1) }
        #expect(throws: QueryError.self) { try instant("x", at: .max) }
    }

    @Test(arguments: [
        "x", "x smoothed", "rate(x[5m])", "rate(x[292y] smoothed)", "increase(x[292y] anchored offset -292y)",
        "x offset 292y", "x offset -292y", "max_over_time(x[1h:292y] offset -292y)",
        "max_over_time(max_over_time(x[5m:1m] offset -292y)[5m:1m] offset -292y)",
        "x @ 9223372036854774 offset -292y", "x smoothed @ -9223372036854775 offset 292y",
        "rate(x[292y] @ 9223372036854774 smoothed)",
        "predict_linear(x[5m] @ 9223372036854774.807, 1e300)", "timestamp(x @ -9223372036854775)",
    ])
    func `of the ends of time find nothing there`(_ query: String) throws {
        // The first and the last time that the query API takes.
        for time in [-9_223_309_901_257_974_000, 9_223_309_901_257_974_999 as Int64] {
            for step in [1, 9_223_372_036_854] as [Int64] {
                guard case .matrix(let columns) = try range(query, time, time, step).value else {
                    preconditionFailure()
                }
                #expect(columns.count == 0)
            }
        }
        #expect(throws: Never.self) { try instant(query) }
    }

    @Test func `with steps as long as time have one`() throws {
        guard case .matrix(let columns) = try range("rate(x[5m]) + x * 0", 540_000, 600_000, .max).value else { return }
        #expect(columns.values.count == 10)
    }

    @Test(arguments: [
        ("topk(NaN, x)", "Parameter value is NaN"),
        ("bottomk(9223372036854775808, x)", "Scalar value 9.223372036854776e+18 overflows int64"),
        ("topk(Inf, x)", "Scalar value +Inf overflows int64"),
        ("limit_ratio(NaN, x)", "Ratio value is NaN"),
    ])
    func `with a parameter that counts nothing are refused`(_ query: String, _ message: String) {
        let error = #expect(throws: QueryError.self) { try instant(query) }
        #expect(error?.message == message)
    }

    @Test(arguments: [
        ("topk(9223372036854774784, x)", 10), ("topk(-5, x)", 0), ("limitk(0.99, x)", 0), ("limitk(-1e300, x)", 0),
        ("bottomk(2.9, x)", 2),
    ])
    func `with any other count take what is there`(_ query: String, _ count: Int) throws {
        guard case .vector(_, let columns) = try instant(query).value else { preconditionFailure() }
        #expect(columns.count == count)
    }
}
