// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import TidemarkServer

@Suite struct `A batch of remote write` {
    private static let request = WriteRequest(series: [
        .init(
            labels: ["__name__": "up", "job": "a"],
            times: [1, 300],
            values: [(1.5).bitPattern, 2]
        ),
        .init(
            labels: ["__name__": "up", "job": "é \"\n"],
            times: [-1],
            values: [0x7FF0_0000_0000_0002]
        ),
    ])

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `is read as it was written, in Snappy's block`(version: RemoteWriteVersion) throws {
        let batch = RemoteWriteBatch(Self.request, version)
        #expect(try batch.request() == Self.request)
        #expect(batch.count == 3 && batch.newest == 300)
    }

    @Test func `is halved by series, one series by time, and nothing is lost`() {
        var random = SeededRandom(for: "halves")
        for _ in 0..<100 {
            let series = (0..<Int.random(in: 1...5, using: &random)).map { number in
                WriteRequest.Series(
                    labels: ["__name__": "m\(number)"],
                    times: Array(0..<Int64(1 + number)),
                    values: Array(repeating: 0, count: 1 + number)
                )
            }
            let request = WriteRequest(series: series)
            guard request.count > 1 else { continue }
            let (first, second) = request.halves
            #expect(first.count > 0 && second.count > 0)
            #expect(first.samples + second.samples == request.samples)
        }
    }
}
