// SPDX-License-Identifier: Apache-2.0

import Foundation
import TimeSeries

@testable import Ingest

/// Everything that a reader makes of a text, so that two of them can be compared.
struct ExpositionReading: Equatable {
    /// `name{labels} value milliseconds`, with the bits of a value that is NaN.
    var samples: [String] = []
    /// `line: reason`.
    var faults: [String] = []
    var counts = ExpositionCounts()
    /// The series, in the order of their first sample: `name{labels} type help`.
    var series: [String] = []

    /// Reads a text that arrives at ``arrival`` in pieces that end at `cuts`.
    init(_ text: [UInt8], _ format: ExpositionFormat = .text, cutAt cuts: [Int] = []) {
        let reader = ExpositionReader(format)
        var start = 0
        for end in cuts + [text.count] {
            text[start..<end].withUnsafeBytes { reader.read($0, arrival: arrival) }
            take(reader)
            start = end
        }
        reader.finish(arrival: arrival)
        take(reader)
        counts = reader.counts
        series = reader.batch.table.map { "\($0.name) \($0.family.type.name) \($0.family.help)" }
    }

    init(_ text: String, _ format: ExpositionFormat = .text) {
        self.init(bytes(text), format)
    }

    private mutating func take(_ reader: ExpositionReader) {
        let batch = reader.batch
        for index in 0..<batch.count {
            let value = Double(bitPattern: batch.bits[index])
            let text = value.isNaN ? "NaN:" + String(batch.bits[index], radix: 16) : doubleText(value)
            samples.append("\(batch.table[Int(batch.series[index])].name) \(text) \(batch.milliseconds[index])")
        }
        faults += reader.faults.map { "\($0.line): \($0.reason)" }
        reader.removeSamples()
    }
}

extension SampleBatch.Series {
    /// Name and labels as in an exposition.
    var name: String { family.name + labels.expositionText }
}

/// A number of a text, by the reader of the hot loop.
func number(_ text: String, _ grammar: NumberText.Grammar) -> Double? {
    Array(text.utf8).withUnsafeBufferPointer { bytes in
        guard var at = bytes.baseAddress else { return nil }
        let end = at + bytes.count
        guard let value = NumberText.read(&at, end, grammar), at == end else { return nil }
        return value
    }
}

/// The folder of OpenMetrics' own parser tests, which is not part of the project.
let parserCases = packageRoot.appending(path: "../shared/conformance/openmetrics/parsers")
