// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Ingest

/// What a reader makes of a text.
private struct Exposition: Equatable {
    struct Sample: Equatable {
        var series: [UInt8]
        var milliseconds: Int64
        var bits: UInt64
    }

    var samples: [Sample] = []
    var faults: [ExpositionFault] = []
    var counts = ExpositionCounts()
    var series: [[UInt8]] = []

    init(_ text: [UInt8], _ format: ExpositionFormat, cutAt cuts: [Int] = []) {
        let reader = ExpositionReader(format)
        var start = 0
        for end in cuts + [text.count] {
            // Memory of its own, so that nothing behind the piece can be read unnoticed.
            Array(text[start..<end]).withUnsafeBytes { reader.read($0, arrival: arrival) }
            take(reader)
            start = end
        }
        reader.finish(arrival: arrival)
        take(reader)
        counts = reader.counts
    }

    private mutating func take(_ reader: ExpositionReader) {
        let batch = reader.batch
        precondition(batch.milliseconds.count == batch.count && batch.bits.count == batch.count, "columns are equal")
        series = batch.table.map { ExpositionNames.series($0.family.name, $0.labels) }
        precondition(Set(series).count == series.count, "a series is in the table once")
        for index in 0..<batch.count {
            let name = series[Int(batch.series[index])]
            samples.append(Sample(series: name, milliseconds: batch.milliseconds[index], bits: batch.bits[index]))
        }
        faults += reader.faults
        reader.removeSamples()
    }
}

/// Writes all samples of a text as OpenMetrics, in the order in which they are read.
private func rewrite(_ text: [UInt8], _ format: ExpositionFormat) -> [UInt8] {
    let reader = ExpositionReader(format)
    text.withUnsafeBytes { reader.read($0, arrival: arrival) }
    reader.finish(arrival: arrival)
    let batch = reader.batch
    var output: [UInt8] = []
    withUnsafeMutablePointer(to: &output) { output in
        do {
            var writer = OpenMetricsWriter { output.pointee += $0 }
            for index in 0..<batch.count {
                let series = batch.table[Int(batch.series[index])]
                try writer.begin(series.family.name, help: series.family.help, type: series.family.type)
                try [batch.milliseconds[index]].withUnsafeBufferPointer { time in
                    try [Double(bitPattern: batch.bits[index])].withUnsafeBufferPointer { value in
                        try writer.samples(series.labels, milliseconds: time, values: value)
                    }
                }
            }
            try writer.finish()
        } catch {
            preconditionFailure("\(error)")
        }
    }
    return output
}

/// The first three bytes say which format the text has and where it is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExposition(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 3 else { return 0 }
    let text = Array(UnsafeBufferPointer(start: start + 3, count: count - 3))
    let format: ExpositionFormat = start[0] & 1 == 0 ? .text : .openMetrics
    let cuts = (0..<2).map { Int(start[$0 + 1]) * (text.count + 1) / 256 }.sorted()

    let whole = Exposition(text, format)
    precondition(Exposition(text, format, cutAt: cuts) == whole, "a cut at \(cuts) changes what is read")
    let lines = text.count { $0 == 0x0A } + 1
    precondition(whole.samples.count + whole.faults.count <= lines + 1, "a line is a sample or a fault")
    precondition(whole.faults.allSatisfy { (1...(lines + 1)).contains($0.line) }, "a fault is in the text")

    let again = Exposition(rewrite(text, format), .openMetrics)
    precondition(again.faults.isEmpty, "what is written is read: \(again.faults)")
    precondition(again.samples == whole.samples, "what is written is what was read")

    let fault = text.withUnsafeBytes { OpenMetricsValidator.fault(in: $0) }
    if fault == nil {
        // Valid numbers may be larger than the reader's, who keeps milliseconds and finite values.
        let faults = Exposition(text, .openMetrics).faults
        precondition(
            faults.allSatisfy { $0.reason.hasPrefix("the timestamp") || $0.reason.hasPrefix("the value") },
            "what is valid is read: \(faults)"
        )
    }
    return 0
}
