// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Events from CSV` {
    static let withHeader = "{columns: {campaign: c, cost: m, time: t}, emit: [{type: click}]}"

    @Test func `columns are found by the header, in any order`() throws {
        let mapping = try mapping(Self.withHeader)
        let batch = decode("x,m,t,c\n1,0.5,2025-06-15T00:00:00Z,spring\n", .csv, mapping: mapping)
        #expect(batch.events == ["click campaign=spring cost=500000 @1749945600000"])
        #expect(batch.faults.isEmpty)
        #expect(decode("\u{FEFF}c,m,t\r\na,1,2025-06-15T00:00:00Z\r\n", .csv, mapping: mapping).count == 1)
    }

    @Test func `a header in the mapping makes the first row an event`() throws {
        let mapping = try mapping("{header: [c, d], columns: {campaign: c}, emit: [{type: click}]}")
        #expect(
            decode("spring,x\nsummer,y", .csv, mapping: mapping).events == [
                "click campaign=spring", "click campaign=summer",
            ]
        )
    }

    @Test func `a header without a wanted column is one fault that names it`() throws {
        let batch = decode("a,m,t\n1,2,3\n4,5,6\n", .csv, mapping: try mapping(Self.withHeader))
        #expect(batch.faults == ["1 malformed"])
        #expect(batch.rejects[0].message.contains("'c'"))
        #expect(batch.count == 0)
        #expect(decode("a,\"m,t\n1,2,3\n", .csv, mapping: try mapping(Self.withHeader)).faults == ["1 malformed"])
    }

    @Test func `rows with another number of fields are rejected by their line`() throws {
        let mapping = try mapping("{header: [c, d], columns: {campaign: c}, emit: [{type: click}]}")
        let batch = decode("a,1\nb\nc,1,2\n\nd,\n", .csv, mapping: mapping)
        #expect(batch.events == ["click campaign=a", "click campaign=d"])
        #expect(batch.faults == ["2 malformed", "3 malformed"])
        #expect(batch.lines == 5)
    }

    @Test func `bytes that are not UTF-8 cost their row`() throws {
        let mapping = try mapping("{header: [c, d], columns: {campaign: c}, emit: [{type: click}]}")
        let text = bytes("a,1\nb,") + [0xFF] + bytes("\n\"") + [0xC3, 0x28] + bytes("\n\",2\nc,3\n")
        let batch = decode(text, .csv, mapping: mapping)
        #expect(batch.events == ["click campaign=a", "click campaign=c"])
        #expect(batch.faults == ["2 bad_utf8", "3 bad_utf8"])
    }

    @Test func `two records fused on one line are one reject and the next line is unharmed`() throws {
        let mapping = try mapping(
            """
            header: [event_id, customer, track, time, mobile, zip]
            columns: {id: event_id, campaign: track, device: mobile, time: time}
            time: {format: "yyyy-MM-dd HH:mm:ss"}
            emit: [{type: click}]
            """
        )
        let batch = decode(
            """
            0,48,453,"2014-10-23 03:26:20",0,"72132"1,1081,19,"2014-10-15 18:32:14",1,"17307"
            2,532,36,"2014-12-10 15:33:16",1,"66216
            3,532,36,"2014-12-10 15:33:16",1,"06216"

            """,
            .csv,
            mapping: mapping
        )
        #expect(batch.events == ["click campaign=36 device=1 @1418225596000 #"])
        #expect(batch.faults == ["1 malformed", "2 malformed"])
    }

    @Test func `every reason has the line on which its row begins`() throws {
        let mapping = try mapping(
            "{columns: {campaign: c, cost: m, time: t, id: i}, emit: [{type: click}]}"
        )
        let text = """
            i,c,m,t
            1,"a
            b",x,2025-06-15T00:00:00Z
            2,a,1,yesterday
            3,a,1,2025-06-15T15:16:40.001Z
            4,\(String(repeating: "x", count: 1_025)),1,2025-06-15T00:00:00Z
            5,a,-1,2025-06-15T00:00:00Z
            6,a,1,1969-12-31T23:59:59Z
            7,a,1,2025-06-15T15:16:40Z
            """
        let batch = decode(text, .csv, mapping: mapping)
        #expect(batch.events == ["click campaign=a cost=1000000 @1750000600000 #"])
        #expect(
            batch.faults == ["2 bad_number", "4 bad_time", "5 future", "6 too_large", "7 bad_number", "8 bad_time"]
        )
    }

    @Test(arguments: ["\n", "\r\n", ""])
    func `a row of 1 MiB counts, one byte more is too large and the next row counts`(end: String) throws {
        let mapping = try mapping("{header: [c, d], columns: {campaign: c}, emit: [{type: click}]}")
        let feed = end.isEmpty ? "\n" : end
        for quote in ["", "\""] {
            let fits = "a,\(quote)\(String(repeating: "x", count: 1 << 20 - 2 - 2 * quote.count))\(quote)"
            #expect(fits.utf8.count == 1 << 20)
            let longer = fits.replacing("a,\(quote)", with: "b,\(quote)y")
            let batch = decode("\(longer)\(feed)c,1\(feed)\(fits)\(end)", .csv, mapping: mapping)
            #expect(batch.events == ["click campaign=c", "click campaign=a"])
            #expect(batch.faults == ["1 too_large"])
            #expect(decode("c,1\(feed)\(longer)\(end)", .csv, mapping: mapping).faults == ["2 too_large"])
        }
    }

    @Test func `a row of doubled quotes up to its last byte is read`() throws {
        let mapping = try mapping("{header: [c, d], columns: {campaign: d}, emit: [{type: click}]}")
        let row = "\"" + String(repeating: "\"\"", count: 1 << 19 - 3) + "\",zzz"
        #expect(row.utf8.count == 1 << 20)
        #expect(decode(row, .csv, mapping: mapping).events == ["click campaign=zzz"])
    }

    @Test func `a quote that is never closed costs one line, however much follows`() throws {
        let mapping = try mapping("{header: [c, d], columns: {campaign: c}, emit: [{type: click}]}")
        let rows = String(repeating: "b,\(String(repeating: "x", count: 100))\n", count: 11_000)
        let batch = decode("a,\"1\n" + rows, .csv, mapping: mapping)
        #expect(batch.count == 11_000)
        #expect(batch.faults == ["1 too_large"])
        let short = decode("a,\"1\nb,1\nc,2", .csv, mapping: mapping)
        #expect(short.events == ["click campaign=b", "click campaign=c"])
        #expect(short.faults == ["1 malformed"])
    }
}
