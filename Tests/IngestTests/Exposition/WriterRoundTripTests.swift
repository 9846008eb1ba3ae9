// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Written and read back` {
    @Test func `random metrics come back bit for bit`() throws {
        var random = SeededRandom(for: "metrics written and read back")
        for round in 0..<400 {
            let metrics = randomMetrics(plain: round % 2 == 0, using: &random)
            let text = try openMetrics(metrics)
            let reader = ExpositionReader(.openMetrics)
            text.withUnsafeBytes { reader.read($0, arrival: arrival) }
            reader.finish(arrival: arrival)
            check(reader.faults.isEmpty, "\(reader.faults) in \(String(decoding: text, as: UTF8.self))")

            let batch = reader.batch
            var index = 0
            for metric in metrics {
                for series in metric.series {
                    for (milliseconds, value) in zip(series.milliseconds, series.values) {
                        let read = batch.table[Int(batch.series[index])]
                        let bits = value.isNaN ? 0x7FF8_0000_0000_0001 : value.bitPattern
                        check(
                            read.family.name.utf8.elementsEqual(metric.name.utf8) && read.labels == series.labels
                                && read.family.help.utf8.elementsEqual(metric.help.utf8)
                                && batch.milliseconds[index] == milliseconds && batch.bits[index] == bits,
                            "sample \(index) of \(String(decoding: text, as: UTF8.self))"
                        )
                        index += 1
                    }
                }
            }
            check(index == batch.count, "\(index) samples are read as \(batch.count)")
        }
    }

    @Test func `what is written is valid OpenMetrics`() throws {
        var random = SeededRandom(for: "written OpenMetrics is valid")
        for _ in 0..<200 {
            let text = try openMetrics(randomMetrics(plain: true, using: &random))
            let fault = text.withUnsafeBytes { OpenMetricsValidator.fault(in: $0) }
            check(fault == nil, "\(fault?.description ?? "") in \(String(decoding: text, as: UTF8.self))")
        }
    }
}
