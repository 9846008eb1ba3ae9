// SPDX-License-Identifier: Apache-2.0

/// The exemplar at the end of a line of OpenMetrics: `# {trace_id="abc"} 0.5 1700000000.25`.
struct ExemplarText {
    /// Its labels.
    let labels: LabelText
    /// The value that it is an example of.
    let value: Double

    /// Most code points that the names and values of the labels have together (OpenMetrics 1.0, "Exemplars").
    static let mostCodePoints = 128

    /// Reads from the `#` on, to the end of the line.
    init(_ cursor: inout LineCursor, _ strictness: Strictness) throws(SyntaxFault) {
        guard cursor.take("#") else { throw SyntaxFault("no exemplar at \(SyntaxFault.quoted(cursor.rest))") }
        try ExemplarText.skipSpace(&cursor, strictness, before: "the exemplar's labels")
        labels = try LabelText(&cursor, strictness)
        if let name = labels.metricName { throw SyntaxFault("'\(name)' among the exemplar's labels has no value") }
        let length = labels.pairs.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard length <= ExemplarText.mostCodePoints else {
            throw SyntaxFault("the exemplar's labels have \(length) code points, over \(ExemplarText.mostCodePoints)")
        }
        try ExemplarText.skipSpace(&cursor, strictness, before: "the exemplar's value")
        value = try cursor.number("exemplar's value", .verdict)
        if cursor.isAtEnd { return }
        try ExemplarText.skipSpace(&cursor, strictness, before: "the exemplar's timestamp")
        if strictness == .lenient, cursor.isAtEnd { return }
        _ = try cursor.number("exemplar's timestamp", .decimal)
        if strictness == .lenient { cursor.skipBlanks() }
        guard cursor.isAtEnd else { throw SyntaxFault("text behind the exemplar: \(SyntaxFault.quoted(cursor.rest))") }
    }

    /// One space, or if need not be strict any number of blanks and at least one.
    private static func skipSpace(
        _ cursor: inout LineCursor,
        _ strictness: Strictness,
        before part: String
    ) throws(SyntaxFault) {
        let start = cursor.at
        if strictness == .strict { _ = cursor.take(" ") } else { cursor.skipBlanks() }
        guard cursor.at > start else {
            throw SyntaxFault(
                cursor.isAtEnd ? "\(part) missing" : "no space before \(part): \(SyntaxFault.quoted(cursor.rest))"
            )
        }
    }
}
