// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A line of metadata, `# HELP`, `# TYPE` or `# UNIT`, of a file that is read leniently.
struct MetadataLine {
    enum Content {
        case help(String)
        case type(MetricType)
        case unit(String)
    }

    /// The family it is about.
    let family: String
    let content: Content

    /// Reads a line that begins with `#`; nil for a comment.
    init?(_ line: UnsafeBufferPointer<UInt8>, _ format: ExpositionFormat) throws(SyntaxFault) {
        guard let start = line.baseAddress, line.first == UInt8(ascii: "#") else { return nil }
        var cursor = LineCursor(start + 1, start + line.count)
        cursor.skipBlanks()
        let keyword = String(decoding: cursor.word(), as: UTF8.self)
        guard ["HELP", "TYPE", "UNIT"].contains(keyword) else { return nil }
        cursor.skipBlanks()
        let quotes = cursor.next == UInt8(ascii: "\"")
        guard let family = quotes ? try cursor.quoted() : cursor.name(colons: true), !family.isEmpty else {
            throw SyntaxFault("no metric name behind \(keyword), but \(SyntaxFault.quoted(cursor.rest))")
        }
        guard cursor.isAtEnd || LineCursor.isBlank(cursor.at.pointee) else {
            throw SyntaxFault("no blank behind the metric name '\(family)', but \(SyntaxFault.quoted(cursor.rest))")
        }
        // In OpenMetrics one space ends the name, and further ones begin the help.
        if keyword == "HELP", format == .openMetrics { _ = cursor.take(" ") } else { cursor.skipBlanks() }
        self.family = family
        switch keyword {
        case "HELP":
            content = .help(try MetadataLine.help(cursor.rest, quotes: format == .openMetrics))
        case "TYPE":
            let word = cursor.word()
            cursor.skipBlanks()
            guard cursor.isAtEnd, let type = MetricType(word, untyped: true) else {
                throw SyntaxFault("no metric type of '\(family)': \(SyntaxFault.quoted(word))")
            }
            content = .type(type)
        default:
            content = .unit(String(decoding: cursor.word(), as: UTF8.self))
        }
    }

    /// A HELP text with `\\` and `\n` resolved, and `\"` where the format has it.
    static func help(_ text: UnsafeBufferPointer<UInt8>, quotes: Bool) throws(SyntaxFault) -> String {
        guard FieldText.isUTF8(text) else { throw SyntaxFault("HELP is not valid UTF-8") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            let next = at + 1 < text.count ? text[at + 1] : 0
            if text[at] == 0x5C, next == 0x5C || next == 0x6E || quotes && next == 0x22 {
                bytes.append(next == 0x6E ? 0x0A : next)
                at += 2
            } else {
                bytes.append(text[at])
                at += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension MetricType {
    /// The type of that name.
    ///
    /// - Parameter untyped: whether text 0.0.4's word for `unknown` is one.
    init?(_ name: UnsafeBufferPointer<UInt8>, untyped: Bool) {
        switch String(decoding: name, as: UTF8.self) {
        case "unknown": self = .unknown
        case "counter": self = .counter
        case "gauge": self = .gauge
        case "histogram": self = .histogram
        case "gaugehistogram": self = .gaugeHistogram
        case "summary": self = .summary
        case "info": self = .info
        case "stateset": self = .stateSet
        case "untyped" where untyped: self = .unknown
        default: return nil
        }
    }

    /// What follows a family's name in the names of its samples (OpenMetrics 1.0, "Suffixes").
    var sampleSuffixes: [String] {
        switch self {
        case .counter: ["_total", "_created"]
        case .histogram: ["_bucket", "_count", "_sum", "_created"]
        case .gaugeHistogram: ["_bucket", "_gcount", "_gsum"]
        case .summary: ["", "_count", "_sum", "_created"]
        case .info: ["_info"]
        case .gauge, .stateSet, .unknown: [""]
        }
    }
}
