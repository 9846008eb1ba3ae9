// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@testable import Ingest

@Suite struct `Mapping files` {
    @Test func `the mapping of the contract is read`() throws {
        let mapping = try EventMapping(
            """
            format: csv
            header: [event_id, customer, track, time, mobile, zip]
            delimiter: ","
            columns: {time: time, ad: track, position: zip}
            set: {campaign: men, variant: bts}
            id: [campaign, variant, _row]
            time: {format: "yyyy-MM-dd HH:mm:ss", timezone: Asia/Seoul}
            emit:
              - {type: impression}
              - {type: click, when: {mobile: "1"}}
            """,
            file: "some/where/music.plays.yml"
        )
        #expect(mapping.name == "music.plays")
        #expect(mapping.format == .csv)
        #expect(mapping.header?.count == 6)
        #expect(mapping.delimiter == UInt8(ascii: ","))
        #expect(mapping.identity == ["campaign", "variant", "_row"])
        #expect(mapping.emissions.map(\.type) == ["impression", "click"])
        #expect(mapping.columnNames == ["time", "track", "zip", "mobile"])
    }

    @Test(arguments: [
        ("", "m.yml: the file is empty"),
        ("- a", "m.yml:1: a mapping is expected here"),
        ("emit: [{type: a}]\nformat: xml", "m.yml:2: format is csv or ndjson"),
        ("emit: [{type: a}]\nformat: json", "m.yml:2: format is csv or ndjson"),
        ("emit: [{type: a}]\n\nheader: [a, b, a]", "m.yml:3: a column is named twice"),
        ("emit: [{type: a}]\nheader: {a: b}", "m.yml:2: a list is expected here"),
        ("emit: [{type: a}]\ndelimiter: \",,\"", "m.yml:2: delimiter is one ASCII character"),
        ("emit: [{type: a}]\ndelimiter: \"é\"", "m.yml:2: delimiter is one ASCII character"),
        ("emit: [{type: a}]\ndelimiter: '\"'", "m.yml:2: delimiter is one ASCII character"),
        ("emit: [{type: a}]\ndelimiter: \"\\n\"", "m.yml:2: delimiter is one ASCII character"),
        ("emit: [{type: a}]\ndelimiter: ''", "m.yml:2: delimiter is one ASCII character"),
        ("emit: [{type: a}]\ncolumns: [a]", "m.yml:2: a mapping is expected here"),
        ("emit: [{type: a}]\ncolumns: {a: [b]}", "m.yml:2: text is expected here"),
        ("emit: [{type: a}]\ncolumns: {a: }", "m.yml:2: text is expected here"),
        ("emit: [{type: a}]\ncolumns: {a: b}\nset:\n  a: c", "m.yml:4: 'a' is in columns already"),
        ("emit: [{type: a}]\nset: {a: null}", "m.yml:2: text is expected here"),
        ("emit: [{type: a}]\nid: {a: b}", "m.yml:2: a list is expected here"),
        ("emit: [{type: a}]\ntime: local", "m.yml:2: time is rfc3339, unix, unix_ms, or a mapping with 'format'"),
        ("emit: [{type: a}]\ntime: {timezone: UTC}", "m.yml:2: the key 'format' is missing"),
        (
            "emit: [{type: a}]\ntime: {format: 'HH:mm'}",
            "m.yml:2: the format needs yyyy, MM and dd, and knows HH, mm, ss, S… and literal characters"
        ),
        (
            "emit: [{type: a}]\ntime:\n  format: yyyy-MM-dd\n  timezone: Mars/Olympus",
            "m.yml:4: the time zone 'Mars/Olympus' is not known"
        ),
        (
            "emit: [{type: a}]\ntime: {format: yyyy-MM-dd, zone: UTC}",
            "m.yml:2: unknown key 'zone'; known are format, timezone"
        ),
        ("format: csv", "m.yml:1: the key 'emit' is missing"),
        ("format: csv\nemit: []", "m.yml:2: 'emit' lists at least one event"),
        ("format: csv\nemit: a", "m.yml:2: a list is expected here"),
        ("format: csv\nemit:\n  - {type: a}\n  - {when: {a: b}}", "m.yml:4: an emitted event needs a 'type'"),
        ("format: csv\nemit:\n  - {type: ''}", "m.yml:3: an emitted event needs a 'type'"),
        ("format: csv\nemit:\n  - {type: a, unless: {}}", "m.yml:3: unknown key 'unless'; known are type, when"),
        ("format: csv\nemit:\n  - {type: a, when: [b]}", "m.yml:3: a mapping is expected here"),
        ("emit: [{type: a}]\nheader: [a]\ncolumns: {x: b}", "m.yml:2: the header has no column 'b'"),
        ("emit: [{type: a, when: {b: c}}]\nheader: [a]", "m.yml:2: the header has no column 'b'"),
        ("header: [a]\nemit: [{type: a}]\nid: [b]", "m.yml:1: the header has no column 'b'"),
        (
            "emit: [{type: a}]\ncolums: {a: b}",
            "m.yml:2: unknown key 'colums'; known are columns, delimiter, emit, format, header, id, set, time"
        ),
    ])
    func `a fault has its file, its line and a reason`(text: String, fault: String) {
        #expect(throws: FileError.self) {
            do {
                _ = try EventMapping(text, file: "m.yml")
            } catch {
                #expect("\(error)" == fault)
                throw error
            }
        }
    }

    @Test(
        arguments: [
            ("a: [1", 1...2), ("a: b\n\tc: d", 2...2), ("a: 'b\n", 1...2), ("emit: [{type: a}]\nemit: []", 1...2),
        ] as [(String, ClosedRange<Int>)]
    )
    func `text that is no YAML has a line too`(text: String, lines: ClosedRange<Int>) throws {
        let error = try #require(throws: FileError.self) { try EventMapping(text, file: "m.yml") }
        #expect(lines.contains(try #require(error.line)), "\(error)")
    }

    @Test func `a file that is not there, or is no text, is a fault without a line`() throws {
        #expect(
            try #require(throws: FileError.self) { try EventMapping(contentsOf: "/no/such/mapping.yml") }.description
                == "/no/such/mapping.yml: No such file or directory"
        )
        #expect(try #require(throws: FileError.self) { try EventMapping(contentsOf: "/") }.line == nil)
        #expect(
            try #require(throws: FileError.self) { try TextFile.matching(["/no/such/*.yml"]) }.description
                == "/no/such/*.yml: no such file"
        )
    }
}
