// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing
import TimeSeries

@Suite struct `Limits of aggregations` {
    private func answer(_ query: String) throws -> (series: Int, notes: [String]) {
        let source = InMemorySeries()
        source.add(["__name__": "m", "i": "1"], [(0, 1)])
        source.add(["__name__": "h"], samples: [(0, .init(try HistogramNotation.parse("{{count:1 sum:1}}")))])
        let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 0), on: source)
        guard case .vector(_, let columns) = result.value else { return (-1, []) }
        return (columns.count, result.warnings + result.infos)
    }

    @Test(arguments: [
        "topk(-1e30, m)", "bottomk(-Inf, m)", "limitk(0.9, m)", "topk(0, {__name__=~\".+\"})", "limit_ratio(0, m)",
    ])
    func `less than one at all steps take nothing and say nothing`(_ query: String) throws {
        let (series, notes) = try answer(query)
        #expect(series == 0 && notes.isEmpty)
    }

    @Test func `too large are refused, and so is NaN`() {
        #expect(throws: QueryError.self) { try answer("topk(1e30, m)") }
        #expect(throws: QueryError.self) { try answer("topk(NaN, m)") }
        #expect(throws: QueryError.self) { try answer("limit_ratio(NaN, m)") }
    }
}
