// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Writes series with their samples as OpenMetrics 1.0, such that `promtool tsdb create-blocks-from openmetrics` makes
/// the same series of it.
///
/// A family of a counter, gauge or unknown type has that type. All others are written as `unknown`: OpenMetrics wants
/// the parts of a histogram or summary side by side at each time, and an export comes series by series. So is a counter
/// whose name does not end with `_total`, or whose family's name is taken. Quoted names, where one has other characters
/// than OpenMetrics 1.0 allows, are those of Prometheus 3. Staleness markers are left out; the formats have none.
///
/// ```swift
/// var writer = OpenMetricsWriter { try file.write($0) }
/// try writer.begin("clicks_total", help: "Clicks.", type: .counter)
/// try writer.samples(["campaign": "spring"], milliseconds: times, values: values)
/// try writer.finish()
/// ```
///
/// One thread at a time.
public struct OpenMetricsWriter: ~Copyable {
    private var output: ByteOutput
    private var name = ""
    /// Every name that a sample of the families so far may have.
    private var takenNames: Set<String> = []

    /// A writer that hands its text to `output`, piece by piece.
    public init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.output = ByteOutput(output)
    }

    /// Begins the series of a metric name. Names come ordered by bytes, each once, as a store gives them.
    ///
    /// - Parameter name: the name of the samples: `clicks_total`, not `clicks`.
    public mutating func begin(_ name: String, help: String, type: MetricType) throws {
        self.name = name
        let base = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : ""
        let counterNames = [base, base + "_total", base + "_created"]
        let isCounter = type == .counter && !base.isEmpty && takenNames.isDisjoint(with: counterNames)
        takenNames.formUnion(isCounter ? counterNames : [name])
        let family = ExpositionNames.metric(isCounter ? base : name)
        let typeName = isCounter || type == .gauge ? type.name : MetricType.unknown.name
        try output.append("# TYPE \(family) \(typeName)\n")
        if help.isEmpty { return }
        try output.append("# HELP \(family) ")
        var text: [UInt8] = []
        Labels.appendEscaped(help, to: &text)
        text.append(0x0A)
        try output.append(text)
    }

    /// Writes the samples of one series of the metric name, at least one line each.
    ///
    /// - Parameters:
    ///   - labels: without the name.
    ///   - milliseconds: Unix milliseconds, ascending.
    ///   - values: as many.
    /// - Throws: what the output throws.
    public mutating func samples(
        _ labels: Labels,
        milliseconds: UnsafeBufferPointer<Int64>,
        values: UnsafeBufferPointer<Double>
    ) throws {
        precondition(milliseconds.count == values.count, "each value has a time")
        let prefix = ExpositionNames.series(name, labels)
        try prefix.withUnsafeBytes { prefix in
            let room = prefix.count + 2 * longestNumber + 2
            for index in milliseconds.indices where !SampleColumns.isStale(values[index]) {
                try output.reserve(room)
                var end = copyBytes(prefix, to: output.end)
                end += writeDouble(values[index], at: end)
                end = copyByte(" ", to: end)
                end += writeFixedPoint(units: milliseconds[index], decimals: 3, at: end)
                output.advance(to: copyByte("\n", to: end))
            }
        }
    }

    /// Writes the end of the text and hands on all of it.
    public mutating func finish() throws {
        try output.append("# EOF\n")
        try output.flush()
    }
}

/// Names as the exposition formats write them.
enum ExpositionNames {
    /// A metric name, in quotes where it needs them.
    static func metric(_ name: String) -> String {
        isPlain(name, colons: true) ? name : quoted(name)
    }

    /// The beginning of a line: name, labels and a space.
    static func series(_ name: String, _ labels: Labels) -> [UInt8] {
        let isPlainName = isPlain(name, colons: true)
        if isPlainName, labels.pairs.allSatisfy({ isPlain($0.name, colons: false) }) {
            return Array(name.utf8) + labels.expositionBytes + [0x20]
        }
        let names = isPlainName ? [] : [quoted(name)]
        let pairs = labels.pairs.map { pair in
            (isPlain(pair.name, colons: false) ? pair.name : quoted(pair.name)) + "=" + quoted(pair.value)
        }
        return Array("\(isPlainName ? name : ""){\((names + pairs).joined(separator: ","))} ".utf8)
    }

    private static func isPlain(_ name: String, colons: Bool) -> Bool {
        !name.isEmpty
            && name.utf8.enumerated().allSatisfy {
                LineCursor.isNameByte($0.element, first: $0.offset == 0, colons: colons)
            }
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [0x22]
        Labels.appendEscaped(text, to: &bytes)
        bytes.append(0x22)
        return String(decoding: bytes, as: UTF8.self)
    }
}
