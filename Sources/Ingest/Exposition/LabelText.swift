// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// How closely the text of a line keeps to its format.
enum Strictness {
    /// Blanks between the parts, a comma behind the last label, and the quoted UTF-8 names of Prometheus 3.
    case lenient
    /// OpenMetrics 1.0, "ABNF", to the letter.
    case strict
}

/// The labels in braces, as they are written.
struct LabelText {
    /// A metric name that stands in quotes among the labels: `{"my.name",a="b"}`.
    var metricName: String?
    /// Names and values in their order; no name twice.
    var pairs: [(name: String, value: String)] = []

    /// The label set; empty values are absent labels.
    var labels: Labels { Labels(pairs) }

    /// Reads from the opening brace on, and moves behind the closing one.
    init(_ cursor: inout LineCursor, _ strictness: Strictness) throws(SyntaxFault) {
        guard cursor.take("{") else { throw SyntaxFault("no '{' before \(SyntaxFault.quoted(cursor.rest))") }
        var isBehindComma = false
        while true {
            if strictness == .lenient { cursor.skipBlanks() }
            if !isBehindComma || strictness == .lenient, cursor.take("}") { return }
            try readLabel(&cursor, strictness)
            if strictness == .lenient { cursor.skipBlanks() }
            if cursor.take(",") {
                isBehindComma = true
            } else if cursor.take("}") {
                return
            } else if cursor.isAtEnd {
                throw SyntaxFault("the braces around the labels are not closed")
            } else {
                throw SyntaxFault("neither ',' nor '}' behind a label, but \(SyntaxFault.quoted(cursor.rest))")
            }
        }
    }

    private mutating func readLabel(_ cursor: inout LineCursor, _ strictness: Strictness) throws(SyntaxFault) {
        let name: String
        if strictness == .lenient, cursor.next == UInt8(ascii: "\"") {
            name = try cursor.quoted()
            cursor.skipBlanks()
            if cursor.next != UInt8(ascii: "=") {
                guard !name.isEmpty else { throw SyntaxFault("an empty metric name") }
                guard metricName == nil else { throw SyntaxFault("a second metric name, '\(name)'") }
                metricName = name
                return
            }
            guard !name.isEmpty else { throw SyntaxFault("an empty label name") }
        } else if let plain = cursor.name(colons: false) {
            name = plain
        } else if cursor.isAtEnd {
            throw SyntaxFault("the braces around the labels are not closed")
        } else {
            throw SyntaxFault("no label name at \(SyntaxFault.quoted(cursor.rest))")
        }
        // "Label names beginning with underscores are RESERVED" (OpenMetrics 1.0, "Label").
        guard strictness == .lenient || !name.hasPrefix("_") else {
            throw SyntaxFault("the label name '\(name)' begins with an underscore, which is reserved")
        }
        guard name != "__name__" else { throw SyntaxFault("the label __name__ is the metric name, and no label") }
        guard !pairs.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw SyntaxFault("the label '\(name)' occurs twice")
        }
        if strictness == .lenient { cursor.skipBlanks() }
        guard cursor.take("=") else {
            throw SyntaxFault("no '=' behind the label name '\(name)', but \(SyntaxFault.quoted(cursor.rest))")
        }
        if strictness == .lenient { cursor.skipBlanks() }
        do {
            pairs.append((name, try cursor.quoted()))
        } catch {
            throw SyntaxFault("value of the label '\(name)': \(error.reason)")
        }
    }
}

/// A metric name and its labels, as a line begins with them.
struct SeriesText {
    /// The metric name.
    let name: String
    /// The labels behind it.
    let labels: LabelText?

    /// Reads a metric name and labels, and moves behind them.
    init(_ cursor: inout LineCursor, _ strictness: Strictness) throws(SyntaxFault) {
        let plain = cursor.name(colons: true)
        if plain == nil, strictness == .strict || cursor.next != UInt8(ascii: "{") {
            throw SyntaxFault("no metric name at \(SyntaxFault.quoted(cursor.rest))")
        }
        if strictness == .lenient {
            let behindName = cursor.at
            cursor.skipBlanks()
            if cursor.next != UInt8(ascii: "{") { cursor.at = behindName }
        }
        labels = cursor.next == UInt8(ascii: "{") ? try LabelText(&cursor, strictness) : nil
        if let plain, let second = labels?.metricName {
            throw SyntaxFault("two metric names, '\(plain)' and '\(second)'")
        }
        guard let name = plain ?? labels?.metricName else { throw SyntaxFault("labels without a metric name") }
        self.name = name
    }

    /// How many bytes of a line are the text of its series, blanks and quoted braces between them included, or nil
    /// when the braces are not closed. Only a text that ``init(_:_:)`` has read is known to be right.
    static func length(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int? {
        var at = start
        while at < end, !LineCursor.isBlank(at.pointee), at.pointee != UInt8(ascii: "{") { at += 1 }
        let nameEnd = at
        while at < end, LineCursor.isBlank(at.pointee) { at += 1 }
        guard at < end, at.pointee == UInt8(ascii: "{") else { return nameEnd - start }
        var isQuoted = false
        while at < end {
            let byte = at.pointee
            at += 1
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == 0x5C, isQuoted {
                if at < end { at += 1 }
            } else if byte == UInt8(ascii: "}"), !isQuoted {
                return at - start
            }
        }
        return nil
    }
}
