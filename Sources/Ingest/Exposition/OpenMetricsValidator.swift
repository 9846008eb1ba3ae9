// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Judges whether a text is valid OpenMetrics 1.0, to the letter of the specification.
///
/// Checked are the text (ABNF), the order of families, metrics and timestamps, names that clash, and what each type asks
/// of its samples. Not checked is what is only recommended, or cannot be seen in one text.
/// Source: https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
public struct OpenMetricsValidator {
    private var line = 0
    private var family: OpenMetricsFamily?
    /// Each name that a sample of a family so far could have, and the family.
    private var takenNames: [String: String] = [:]
    private var hasEnded = false

    /// The first fault of a whole text, or nil when it is valid.
    ///
    /// - Complexity: O(n), several times slower than `ExpositionReader`.
    public static func fault(in text: UnsafeRawBufferPointer) -> ExpositionFault? {
        var validator = OpenMetricsValidator()
        do throws(ExpositionFault) {
            try validator.read(text.bindMemory(to: UInt8.self))
        } catch {
            return error
        }
        return nil
    }

    // MARK: - Lines

    private mutating func read(_ text: UnsafeBufferPointer<UInt8>) throws(ExpositionFault) {
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A)
            line += 1
            do throws(SyntaxFault) {
                try readLine(UnsafeBufferPointer(rebasing: rest[..<(end ?? rest.endIndex)]), hasLineEnd: end != nil)
            } catch {
                throw ExpositionFault(line: error.line ?? line, reason: error.reason)
            }
            rest = end.map { rest[($0 + 1)...] } ?? rest[rest.endIndex...]
        }
        guard hasEnded else { throw ExpositionFault(line: line + 1, reason: "the text ends without # EOF") }
    }

    private mutating func readLine(_ text: UnsafeBufferPointer<UInt8>, hasLineEnd: Bool) throws(SyntaxFault) {
        guard !hasEnded else { throw SyntaxFault("text behind # EOF: \(SyntaxFault.quoted(text))") }
        guard let start = text.baseAddress, !text.isEmpty else { throw SyntaxFault("a blank line") }
        guard FieldText.isUTF8(text) else { throw SyntaxFault("not valid UTF-8") }
        if text.elementsEqual("# EOF".utf8) {
            hasEnded = true
            try endFamily()
            return
        }
        guard hasLineEnd else { throw SyntaxFault("the last line is not # EOF: \(SyntaxFault.quoted(text))") }
        var cursor = LineCursor(start, start + text.count)
        if start.pointee == UInt8(ascii: "#") { try readMetadata(&cursor) } else { try readSample(&cursor) }
    }

    /// `# HELP name text`, `# TYPE name type` or `# UNIT name unit`, with one space between the parts.
    private mutating func readMetadata(_ cursor: inout LineCursor) throws(SyntaxFault) {
        _ = cursor.take("#")
        guard cursor.take(" "), let keyword = cursor.name(colons: false), cursor.take(" "),
            ["HELP", "TYPE", "UNIT"].contains(keyword)
        else { throw SyntaxFault("behind # stands neither HELP, TYPE, UNIT nor EOF") }
        guard let name = cursor.name(colons: true) else {
            throw SyntaxFault("no metric name at \(SyntaxFault.quoted(cursor.rest))")
        }
        guard cursor.take(" ") else { throw SyntaxFault("no space behind the metric name '\(name)' of \(keyword)") }
        if family?.name != name {
            try endFamily()
            family = OpenMetricsFamily(name, line: line)
        }
        guard family?.hasSamples != true else { throw SyntaxFault("\(keyword) of '\(name)' behind its samples") }
        switch keyword {
        case "HELP": try family?.setHelp()
        case "TYPE":
            guard let type = MetricType(cursor.rest, untyped: false) else {
                throw SyntaxFault("no metric type: \(SyntaxFault.quoted(cursor.rest))")
            }
            try family?.setType(type)
        default: try family?.setUnit(cursor.rest)
        }
    }

    /// `name{labels} value timestamp # {labels} value timestamp`, with one space between the parts.
    private mutating func readSample(_ cursor: inout LineCursor) throws(SyntaxFault) {
        let sample = try OpenMetricsSample(&cursor)
        if family?.owns(sample.name) != true {
            try endFamily()
            family = OpenMetricsFamily(sample.name, line: line)
        }
        if family?.hasSamples == false { try takeNames() }
        try family?.add(sample, line: line)
    }

    // MARK: - Families

    private mutating func endFamily() throws(SyntaxFault) {
        guard var ended = family else { return }
        if !ended.hasSamples { try takeNames() }
        try ended.finish()
        family = nil
    }

    /// Takes the names that the family's samples may have, once its type is known.
    private mutating func takeNames() throws(SyntaxFault) {
        guard let family else { return }
        guard !family.name.hasPrefix("_") else {
            throw SyntaxFault("the name '\(family.name)' begins with an underscore, which is reserved")
        }
        for suffix in Set(family.type.sampleSuffixes + [""]) {
            let name = family.name + suffix
            if let other = takenNames[name] {
                throw SyntaxFault(
                    other == family.name
                        ? "a second family '\(other)', or its lines do not stand together"
                        : "the families '\(other)' and '\(family.name)' clash in the name '\(name)'",
                    line: family.firstLine
                )
            }
        }
        for suffix in family.type.sampleSuffixes + [""] { takenNames[family.name + suffix] = family.name }
    }
}
