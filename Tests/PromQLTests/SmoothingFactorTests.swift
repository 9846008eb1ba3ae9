// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing
import TimeSeries

@Suite("Factors of double_exponential_smoothing")
struct SmoothingFactorTests {
    /// Samples until 60 s; the second factor is wrong from 600 s on.
    private func answer(from start: Int64, through end: Int64) throws(QueryError) -> QueryResult {
        let series = InMemorySeries()
        series.add(["__name__": "x"], [(0, 1), (30_000, 2), (60_000, 3)])
        return try QueryEngine().range(
            "double_exponential_smoothing(x[2m], 0.5, 0.5 + (time() >= bool 600))",
            from: Timestamp(milliseconds: start),
            through: Timestamp(milliseconds: end),
            step: 60_000,
            on: series
        )
    }

    @Test("are looked at where there is something to smooth")
    func outsideOfSamples() throws {
        #expect(throws: Never.self) { try answer(from: 60_000, through: 900_000) }
    }

    @Test("are refused where they are wrong")
    func wrong() {
        let series = InMemorySeries()
        series.add(["__name__": "x"], [(0, 1), (30_000, 2)])
        let error = #expect(throws: QueryError.self) {
            try QueryEngine().instant(
                "double_exponential_smoothing(x[2m], 0.5, 1)",
                at: Timestamp(milliseconds: 60_000),
                on: series
            )
        }
        #expect(error?.message == "invalid trend factor. Expected: 0 < tf < 1, got: 1.000000")
    }
}
