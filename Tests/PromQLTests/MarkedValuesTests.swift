// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite("Samples with the bits of the engine's marks")
struct MarkedValuesTests {
    @Test(
        "are NaN like any other",
        arguments: [0x7FF0_0000_0000_0003, 0xFFF0_0000_0000_0003, 0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0002]
    )
    func areNumbers(_ bits: UInt64) throws {
        let series = InMemorySeries()
        for job in ["a", "b"] {
            series.add(
                ["__name__": "x", "job": job],
                [(0, Double(bitPattern: bits)), (60_000, Double(bitPattern: bits))]
            )
        }
        for query in ["x", "-x", "abs(x)", "x + on(job) fill(0) x", "last_over_time(x[5m])", "sum by (job) (x)"] {
            let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 60_000), on: series)
            guard case .vector(_, let columns) = result.value else { preconditionFailure() }
            #expect(columns.count == 2 && columns.values.allSatisfy(\.isNaN) && columns.histograms.isEmpty, "\(query)")
        }
    }

    @Test("are the end of a series when they are the staleness marker")
    func staleness() throws {
        let series = InMemorySeries()
        series.add(["__name__": "x"], [(0, 1), (60_000, SampleColumns.staleMarker)])
        let result = try QueryEngine().instant("x", at: Timestamp(milliseconds: 60_000), on: series)
        guard case .vector(_, let columns) = result.value else { preconditionFailure() }
        #expect(columns.count == 0)
    }
}
