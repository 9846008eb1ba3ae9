// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TimeSeries

/// The metrics page while it is written: lines appended to one growing buffer.
///
/// It knows what the two formats do not share: names of counters, escapes of HELP, bucket bounds, the last line.
struct PageText {
    let format: PageFormat
    private(set) var bytes: ByteBuffer

    /// - Parameter capacity: a guess of the finished size in bytes, such as the last page's.
    init(format: PageFormat, capacity: Int) {
        self.format = format
        self.bytes = ByteBufferAllocator().buffer(capacity: capacity)
    }

    // MARK: - Families

    /// The kinds of families on the page.
    enum Kind: String {
        case counter, gauge, histogram, unknown
    }

    /// HELP and TYPE. OpenMetrics names a counter's family without `_total`, text 0.0.4 with it.
    mutating func beginFamily(_ name: String, help: String, kind: Kind) {
        let family = format == .openMetrics && kind == .counter ? Self.counterBase(name) : name
        append("# HELP ")
        append(family)
        append(" ")
        appendHelp(help)
        append("\n# TYPE ")
        append(family)
        append(" ")
        append(kind == .unknown && format == .text ? "untyped" : kind.rawValue)
        append("\n")
    }

    /// A counter's name without `_total`.
    static func counterBase(_ name: String) -> String {
        name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
    }

    /// The name a family's samples have: OpenMetrics requires `_total` on a counter's.
    func sampleName(_ name: String, kind: Kind) -> String {
        format == .openMetrics && kind == .counter ? Self.counterBase(name) + "_total" : name
    }

    // MARK: - Samples

    /// One sample of a family with few: self metrics. `labels` are names and raw values.
    mutating func sample(_ name: String, labels: KeyValuePairs<String, String> = [:], _ value: String) {
        append(name)
        if !labels.isEmpty {
            var separator = "{"
            for (label, text) in labels {
                append(separator)
                append(label)
                append("=\"")
                appendEscaped(text, quotes: true)
                append("\"")
                separator = ","
            }
            append("}")
        }
        append(" ")
        append(value)
        append("\n")
    }

    /// A whole family: one counter, or one gauge.
    mutating func family(_ name: String, help: String, kind: Kind, _ value: String) {
        beginFamily(name, help: help, kind: kind)
        sample(name, value)
    }

    /// A whole family: one histogram.
    ///
    /// - Parameters:
    ///   - bounds: inclusive, ascending.
    ///   - counts: of each bucket alone; one more than there are bounds, the last beyond them.
    mutating func histogram(_ name: String, help: String, bounds: [Double], counts: [UInt64], sum: Double) {
        beginFamily(name, help: help, kind: .histogram)
        var cumulative: UInt64 = 0
        for (bound, count) in zip(bounds, counts) {
            cumulative += count
            sample(name + "_bucket", labels: ["le": bucketBound(bound)], String(cumulative))
        }
        let all = counts.reduce(0, +)
        sample(name + "_bucket", labels: ["le": "+Inf"], String(all))
        sample(name + "_sum", doubleText(sum))
        sample(name + "_count", String(all))
    }

    /// The value of an `le` label. OpenMetrics wants `1.0` where text 0.0.4 has always had `1`.
    func bucketBound(_ bound: Double) -> String {
        let text = doubleText(bound)
        let isWhole = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return format == .openMetrics && isWhole ? text + ".0" : text
    }

    /// The end of the page: `# EOF` in OpenMetrics, nothing in text.
    mutating func end() {
        if format == .openMetrics { append("# EOF\n") }
    }

    // MARK: - Bytes

    /// Appends text as it is.
    mutating func append(_ text: String) {
        bytes.writeString(text)
    }

    /// Calls `body` with at least `minimum` bytes of free memory; it returns how many of them it filled.
    mutating func fill(minimum: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: minimum, body)
    }

    private mutating func appendHelp(_ help: String) {
        // Only OpenMetrics escapes quotes in HELP.
        appendEscaped(help, quotes: format == .openMetrics)
    }

    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.writeInteger(byte)
            }
        }
    }
}
