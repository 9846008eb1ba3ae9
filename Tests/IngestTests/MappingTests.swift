// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Mappings` {
    private func csv(_ text: String, _ yaml: String) throws -> EventBatch {
        decode(text, .csv, mapping: try mapping(yaml))
    }

    @Test func `a row emits every event whose conditions hold`() throws {
        let batch = try csv(
            "id,click,c\n1,1,a\n2,0,b\n3,,c\n4,1,d\n",
            """
            columns: {campaign: c, amount: id}
            set: {currency: USD, device: "true"}
            emit:
              - {type: spend}
              - {type: click, when: {click: "1"}}
              - {type: never, when: {click: "1", c: a}}
            """
        )
        #expect(
            batch.events == [
                "spend campaign=a currency=USD cost=1000000", "click campaign=a device=true currency=USD cost=1000000",
                "spend campaign=b currency=USD cost=2000000", "spend campaign=c currency=USD cost=3000000",
                "spend campaign=d currency=USD cost=4000000", "click campaign=d device=true currency=USD cost=4000000",
            ]
        )
        #expect(batch.unmatched == 1)
    }

    @Test func `the row number counts data rows, faulty ones among them, and not blank lines`() throws {
        func rows(_ text: String) throws -> [UInt64] {
            try csv(text, "{columns: {campaign: c}, id: [_row], emit: [{type: click}]}").fingerprints
        }
        let three = try rows("c\na\nb\nc\n")
        #expect(Set(three).count == 3)
        #expect(try rows("c\n\na\n\n\"x\"y\n\nc\n") == [three[0], three[2]])
        #expect(try rows("c\nother\n") == [three[0]])
    }

    @Test func `a joined identity has the type in it and keeps its parts apart`() throws {
        let yaml = "{header: [a, b], set: {campaign: men}, id: [campaign, a, b], emit: [{type: click}]}"
        #expect(Set(try csv("xy,z\nx,yz\nxyz,\n,xyz\n", yaml).fingerprints).count == 4)
        #expect(Set(try csv("x,y\nx,y\n", yaml).fingerprints).count == 1)
        let two = "{header: [a, b], columns: {id: a, amount: b}, emit: [{type: click}, {type: spend}]}"
        #expect(Set(try csv("1,1\n1,1\n", two).fingerprints).count == 2)
    }

    @Test func `the identity of one emitted event is its column, as in JSON`() throws {
        let batch = try csv("1\n", "{header: [a], columns: {id: a}, set: {source: s}, emit: [{type: click}]}")
        #expect(batch.fingerprints == decode(#"{"type":"click","id":"1","source":"s"}"#).fingerprints)
    }

    @Test func `an identity of nothing but empty columns is none, with one event a row or several`() throws {
        for emit in ["[{type: click}]", "[{type: click}, {type: sunset}]"] {
            let batch = try csv("1,a\n,b\n,c\n", "{header: [i, c], columns: {id: i, campaign: c}, emit: \(emit)}")
            #expect(batch.events == ["click campaign=a #", "click campaign=b", "click campaign=c"])
        }
    }

    @Test func `a bad time is one reject a row, however many events it would emit`() throws {
        let batch = try csv(
            "x\n",
            "{header: [t], columns: {time: t}, emit: [{type: click}, {type: click, when: {t: x}}]}"
        )
        #expect(batch.faults == ["1 bad_time"])
    }

    @Test func `a constant time is read as RFC 3339`() throws {
        #expect(
            try csv("x\n", "{header: [t], set: {time: '2025-06-15T00:00:00Z'}, emit: [{type: click}]}").events == [
                "click @1749945600000"
            ]
        )
    }

    @Test func `fields that no definition looks at may be mapped`() throws {
        #expect(
            try csv("a,b\n", "{header: [x, y], columns: {unheard: x, campaign: y}, emit: [{type: click}]}").events == [
                "click campaign=b"
            ]
        )
    }

    @Test func `a tab or a semicolon may separate`() throws {
        #expect(
            try csv("a;b,c\n", "{header: [x, y], delimiter: ';', columns: {campaign: y}, emit: [{type: click}]}").events
                == ["click campaign=b,c"]
        )
        for tab in [#""\t""#, #"'\t'"#] {
            #expect(
                try csv("a\tb\n", "{header: [x, y], delimiter: \(tab), columns: {campaign: y}, emit: [{type: click}]}")
                    .events == ["click campaign=b"]
            )
        }
    }

    @Test func `foreign JSON goes through the same mapping`() throws {
        let mapping = try mapping(
            """
            format: ndjson
            columns: {time: ts, campaign: camp, amount: price, id: n}
            time: unix_ms
            emit:
              - {type: spend}
              - {type: click, when: {clicked: "true", kind: "7"}}
            """
        )
        let batch = decode(
            """
            {"ts":1749945600000,"camp":"a","price":"1.5","n":1,"clicked":true,"kind":7}
            {"ts":"1749945600000","camp":"b","price":2,"n":2,"clicked":false,"kind":7}
            {"ts":true,"camp":"c","price":2,"n":3}
            {"ts":0,"camp":{},"price":2,"n":4}
            """,
            mapping: mapping
        )
        #expect(
            batch.events == [
                "spend campaign=a cost=1500000 @1749945600000 #", "click campaign=a cost=1500000 @1749945600000 #",
                "spend campaign=b cost=2000000 @1749945600000 #",
            ]
        )
        #expect(batch.faults == ["3 bad_time", "4 malformed"])
        #expect(Set(batch.fingerprints).count == 3)
    }

    @Test func `the row number of a JSON array counts its elements, not its lines`() throws {
        let mapping = try mapping("{format: ndjson, columns: {campaign: c}, id: [_row], emit: [{type: click}]}")
        let onOneLine = decode(#"[{"c":"a"},{"c":"b"},{"c":"c"}]"#, .json, mapping: mapping)
        let onMany = decode("[\n\n{\"c\":\n\"a\"},\n{\"c\":\"b\"},{\"c\":\"c\"}]", .json, mapping: mapping)
        #expect(Set(onOneLine.fingerprints).count == 3)
        #expect(onOneLine.fingerprints == onMany.fingerprints)
    }

    @Test func `the row number of NDJSON goes on through the pieces that one decoder reads`() throws {
        let mapping = try mapping("{format: ndjson, columns: {campaign: c}, id: [_row], emit: [{type: click}]}")
        #expect(mapping.countsRows)
        let text = "{\"c\":\"a\"}\n\n{\"c\":\"b\"}\n"
        let decoder = EventDecoder(schema: testSchema, key: testKey, mapping: mapping)
        let pieces = (0..<2).map { index in
            bytes(text).withUnsafeBytes {
                decoder.decode($0, format: .ndjson, arrival: arrival, isFirst: index == 0, isLast: index == 1)
            }
        }
        #expect(pieces.flatMap(\.fingerprints) == decode(text + text, mapping: mapping).fingerprints)
        #expect(Set(pieces.flatMap(\.fingerprints)).count == 4)
        #expect(pieces.map(\.lines) == [3, 3])
    }
}
