// SPDX-License-Identifier: Apache-2.0

extension SourceRange {
    /// Line and column of its start as Prometheus shows them: `1:5`, both from 1, columns counted in bytes.
    ///
    /// Source: Prometheus, `promql/parser/posrange/posrange.go`. O(bytes before it).
    package func lineAndColumn(in text: String) -> String {
        var text = text
        return text.withUTF8 { lineAndColumn(utf8: $0) }
    }

    func lineAndColumn(utf8 bytes: some RandomAccessCollection<UInt8>) -> String {
        if bytes.isEmpty { return "unknown position" }
        guard start >= 0, start <= bytes.count else { return "invalid position" }
        var line = 1
        var column = 1
        for byte in bytes.prefix(start) {
            column += 1
            if byte == 0x0A { (line, column) = (line + 1, 1) }
        }
        return "\(line):\(column)"
    }

    /// That a query's text is wrong here.
    func error(_ message: String, in bytes: [UInt8]) -> QueryError {
        QueryError(.badData, "\(lineAndColumn(utf8: bytes)): parse error: \(message)", at: self)
    }

    /// From its start to the end of another.
    func joined(_ other: SourceRange) -> SourceRange { SourceRange(start: start, end: other.end) }
}
