// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Writes samples as CSV, one row each, for spreadsheets and data frames.
///
/// The header is `timestamp,value,metric` and then the label names that were given, in that order. `timestamp` is in
/// whole Unix milliseconds. `value` is the shortest text that reads back as the same Float64: `12`, `0.25`, `1e-07`,
/// `NaN`, `+Inf`, `-Inf`. An absent label is an empty field. Fields with a comma, a quote or a line end are quoted as in
/// RFC 4180; lines end with LF. Staleness markers are left out, as in `OpenMetricsWriter`.
///
/// One thread at a time.
public struct CSVSampleWriter: ~Copyable {
    private var output: ByteOutput
    private let labelNames: [String]
    private var name = ""

    /// A writer that hands its text to `output`, piece by piece.
    ///
    /// - Parameter labelNames: the labels that get a column; other labels are not written.
    public init(labelNames: [String], _ output: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        self.output = ByteOutput(output)
        self.labelNames = labelNames
        var header = Array("timestamp,value,metric".utf8)
        for label in labelNames { CSVSampleWriter.append(label, to: &header) }
        header.append(0x0A)
        try self.output.append(header)
    }

    /// Begins the series of a metric name.
    public mutating func begin(_ name: String) {
        self.name = name
    }

    /// Writes the samples of one series of the metric name.
    ///
    /// - Parameters:
    ///   - labels: without the name.
    ///   - milliseconds: Unix milliseconds.
    ///   - values: as many.
    /// - Throws: what the output throws.
    public mutating func samples(
        _ labels: Labels,
        milliseconds: UnsafeBufferPointer<Int64>,
        values: UnsafeBufferPointer<Double>
    ) throws {
        precondition(milliseconds.count == values.count, "each value has a time")
        var suffix: [UInt8] = []
        CSVSampleWriter.append(name, to: &suffix)
        for label in labelNames { CSVSampleWriter.append(labels[label] ?? "", to: &suffix) }
        suffix.append(0x0A)
        try suffix.withUnsafeBytes { suffix in
            let room = suffix.count + 2 * longestNumber + 1
            for index in milliseconds.indices where !SampleColumns.isStale(values[index]) {
                try output.reserve(room)
                var end = output.end
                end += writeFixedPoint(units: milliseconds[index], decimals: 0, at: end)
                end = copyByte(",", to: end)
                end += writeDouble(values[index], at: end)
                output.advance(to: copyBytes(suffix, to: end))
            }
        }
    }

    /// Hands on all of the text.
    public mutating func finish() throws {
        try output.flush()
    }

    /// Appends a comma and a field.
    private static func append(_ field: String, to row: inout [UInt8]) {
        row.append(UInt8(ascii: ","))
        let quotes = field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        if quotes { row.append(0x22) }
        for byte in field.utf8 {
            if byte == 0x22 { row.append(0x22) }
            row.append(byte)
        }
        if quotes { row.append(0x22) }
    }
}
