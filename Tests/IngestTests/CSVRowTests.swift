// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Rows of CSV` {
    /// The rows of a text as fields, or as `line reason`.
    private func rows(_ text: String, delimiter: Character = ",") -> [[String]] {
        let text = bytes(text)
        let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: EventLimits.lineBytes)
        defer { scratch.deallocate() }
        return text.withUnsafeBufferPointer { buffer in
            var rows = CSVRows(buffer, delimiter: delimiter.asciiValue!, isLast: true, scratch: scratch)
            var fields = GrowableBuffer<FieldValue>(capacity: 1)
            var result: [[String]] = []
            while let row = rows.next(into: &fields) {
                switch row {
                case .fields: result.append(fields.elements.map(\.string))
                case .fault(let reason, _): result.append(["\(rows.line) \(reason.name)"])
                case .incomplete: result.append(["incomplete"])
                }
            }
            #expect(rows.consumed == text.count)
            return result
        }
    }

    @Test(
        arguments: [
            ("", []), ("a", [["a"]]), ("a\n", [["a"]]), ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
            ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
            (",", [["", ""]]), (",,\n", [["", "", ""]]), ("a,\n", [["a", ""]]), (",a\r\n", [["", "a"]]),
            ("\n\na\n\r\n\nb\n", [["a"], ["b"]]), (" a , b ", [[" a ", " b "]]),
            ("\"a\"", [["a"]]), ("\"a\",\"b\"\n", [["a", "b"]]), ("\"\"", [[""]]), ("\"\",\"\"\r\n", [["", ""]]),
            ("\"a,b\",c", [["a,b", "c"]]), ("\"a\nb\",c\nd,e", [["a\nb", "c"], ["d", "e"]]),
            ("\"a\r\nb\"\r\nc", [["a\r\nb"], ["c"]]),
            ("\"a\"\"b\"", [["a\"b"]]), ("\"\"\"\"", [["\""]]), ("\"\"\"a\"\"\",x", [["\"a\"", "x"]]),
            ("\"a\"\"\",\"\"\"b\",\"c\"\"\"\"d\"\n", [["a\"", "\"b", "c\"\"d"]]),
            ("\"x\"\"y\",plain,\"z\"\"\"", [["x\"y", "plain", "z\""]]),
            ("a\rb,c\n", [["a\rb", "c"]]), ("a\r", [["a"]]), ("\"a\"\r", [["a"]]), ("hotéis,한국\n", [["hotéis", "한국"]]),
            ("'a',b", [["'a'", "b"]]),
        ] as [(String, [[String]])]
    )
    func `RFC 4180 is followed`(text: String, expected: [[String]]) {
        #expect(rows(text) == expected)
    }

    @Test(
        arguments: [
            ("a\"b,c\nd", ["1 malformed"]), ("\"a\"b\nd", ["1 malformed"]), ("\"a\" ,b\nd", ["1 malformed"]),
            ("a,b\"\nd", ["1 malformed"]),
            ("a,\"b\nd", ["1 malformed"]), ("\"a\"\"\nd", ["1 malformed"]), (" \"a\"\nd", ["1 malformed"]),
            ("\"a\"\rx\nd", ["1 malformed"]), ("\"\nd", ["1 malformed"]),
        ] as [(String, [String])]
    )
    func `a faulty row costs its first line`(text: String, fault: [String]) {
        #expect(rows(text) == [fault, ["d"]])
    }

    @Test func `lines are counted through line feeds in quotes, blank lines and faults`() {
        #expect(
            rows("a\n\n\"b\nc\"\n\"x\"y\nd\n\"z\"\"") == [["a"], ["b\nc"], ["5 malformed"], ["d"], ["7 malformed"]]
        )
    }

    @Test func `any delimiter separates, and a comma is then text`() {
        #expect(rows("a;b,c;\"d;e\"", delimiter: ";") == [["a", "b,c", "d;e"]])
        #expect(rows("a\tb\n", delimiter: "\t") == [["a", "b"]])
        #expect(rows("a|\"b\"|", delimiter: "|") == [["a", "b", ""]])
    }

    /// Every text of up to seven of the characters that matter: it is read whole, no row is lost or made up.
    @Test func `small texts without faults are read as a plain reader reads them`() {
        let letters = Array("a,\"\n")
        var texts = [""]
        var longest = [""]
        for _ in 0..<7 {
            longest = longest.flatMap { start in letters.map { start + String($0) } }
            texts += longest
        }
        var compared = 0
        for text in texts {
            guard let expected = plain(Array(text)) else { continue }
            compared += 1
            #expect(rows(text) == expected, "\(text.debugDescription)")
        }
        print("IngestTests: \(compared) of \(texts.count) small CSV texts are well-formed")
        #expect(compared > 1_000)
    }

    /// RFC 4180 by its grammar, or nil when the text has a fault. Blank lines are no rows.
    private func plain(_ text: [Character]) -> [[String]]? {
        var rows: [[String]] = []
        var index = 0
        while index < text.count {
            if text[index] == "\n" {
                index += 1
                continue
            }
            var row: [String] = []
            while true {
                var field = ""
                if index < text.count, text[index] == "\"" {
                    index += 1
                    while true {
                        guard index < text.count else { return nil }
                        if text[index] == "\"" {
                            index += 1
                            guard index < text.count, text[index] == "\"" else { break }
                        }
                        field.append(text[index])
                        index += 1
                    }
                    guard index == text.count || text[index] == "," || text[index] == "\n" else { return nil }
                } else {
                    while index < text.count, text[index] != ",", text[index] != "\n" {
                        if text[index] == "\"" { return nil }
                        field.append(text[index])
                        index += 1
                    }
                }
                row.append(field)
                guard index < text.count, text[index] == "," else { break }
                index += 1
            }
            rows.append(row)
            index += 1
        }
        return rows
    }
}
