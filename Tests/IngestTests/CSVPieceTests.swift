// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

/// What a file gave: events and faults, whatever pieces it was read in.
private struct Reading: Equatable {
    var events: [String] = []
    var faults: [String] = []
    var fingerprints: [UInt64] = []
    var lines = 0
}

/// Reads a file as the store does: what a piece leaves unread is put before the next one.
private func read(_ text: [UInt8], cutAt cuts: [Int], mapping: EventMapping) -> Reading {
    let decoder = EventDecoder(schema: testSchema, key: testKey, mapping: mapping)
    var reading = Reading()
    var start = 0
    for (index, end) in (cuts + [text.count]).enumerated() {
        let isLast = index == cuts.count
        let batch = Array(text[start..<max(start, end)]).withUnsafeBytes {
            decoder.decode($0, format: .csv, arrival: arrival, isFirst: index == 0, isLast: isLast)
        }
        reading.events += batch.events
        reading.faults += batch.rejects.map { "\($0.line + reading.lines) \($0.reason.name)" }
        reading.fingerprints += batch.fingerprints
        reading.lines += batch.lines
        start += batch.consumed
    }
    return reading
}

@Suite struct `CSV that comes in pieces` {
    static let yaml = """
        {columns: {campaign: c, device: d}, id: [_row], emit: [{type: click}]}
        """

    static let texts = [
        "c,d\na,1\nb,2\n", "c,d\r\na,1\r\n\r\nb,2\r\n", "c,d\n\"a\nb\",\"1\"\n\"x\"\"y\",2\n\"\",\"\"\"\"",
        "\n\nc,d\n\na,1\n\n",
        "c,d\na\"b,1\nb,2\n", "c,d\n\"a\"b,1\nb,2\n", "c,d\na,\"1\nb,2\nc,3\n", "c,d\n\"a\"x\"\n\"b\nc\"y,2\nd,3",
        "c,d\na,1,2\nb\nc,3\n",
        "d,e\na,1\nb,2\n", "c,\"d\na,1\n", "c,d\n0,\"72132\"1,1081,19,\"2014\"\nb,2\n", "c,d\nhotéis,한국\n",
        "c,d\r\n\"a\"\r\n\"b\",1\r\n", "c,d\n\"a\"\r,1\nb,2\n",
    ]

    @Test(arguments: texts)
    func `a cut at any byte changes nothing`(text: String) throws {
        let mapping = try mapping(Self.yaml)
        let text = bytes(text)
        let whole = read(text, cutAt: [], mapping: mapping)
        #expect(whole.events.count + whole.faults.count > 0)
        for cut in 0...text.count {
            check(read(text, cutAt: [cut], mapping: mapping) == whole, "cut at \(cut)")
            for second in cut...text.count {
                check(read(text, cutAt: [cut, second], mapping: mapping) == whole, "cut at \(cut) and \(second)")
            }
        }
        #expect(read(text, cutAt: Array(0..<text.count), mapping: mapping) == whole, "byte by byte")
    }

    @Test func `bad UTF-8 is bad in pieces too`() throws {
        let mapping = try mapping(Self.yaml)
        let text = bytes("c,d\na,1\n") + [0xE2, 0x82] + bytes(",2\n\"") + [0xFF] + bytes("\n\",3\nb,4\n")
        let whole = read(text, cutAt: [], mapping: mapping)
        #expect(whole.faults == ["3 bad_utf8", "4 bad_utf8"])
        for cut in 0...text.count { check(read(text, cutAt: [cut], mapping: mapping) == whole, "cut at \(cut)") }
    }

    @Test func `random texts read the same in random pieces`() throws {
        let mapping = try mapping(Self.yaml)
        var random = SeededRandom(for: "CSV in pieces")
        let letters = bytes("a,\"\n\rb") + [0xC3, 0xA9]
        var events = 0
        var faults = 0
        for _ in 0..<5_000 {
            let text =
                bytes(random.below(4) == 0 ? "" : "c,d\n")
                + (0..<random.below(40)).map { _ in letters[random.below(letters.count)] }
            let cuts = (0..<random.below(5)).map { _ in random.below(text.count + 1) }.sorted()
            let whole = read(text, cutAt: [], mapping: mapping)
            events += whole.events.count
            faults += whole.faults.count
            check(
                read(text, cutAt: cuts, mapping: mapping) == whole,
                "\(String(decoding: text, as: UTF8.self).debugDescription) cut at \(cuts)"
            )
        }
        print("IngestTests: random CSV gave \(events) events and \(faults) faults")
        #expect(events > 200 && faults > 200)
    }

    @Test func `a row beyond 1 MiB is one fault however it is cut`() throws {
        let mapping = try mapping(Self.yaml)
        for quote in ["", "\""] {
            let text = bytes("c,d\na,1\nb,\(quote)\(String(repeating: "x,", count: 600_000))\(quote)\nc,3\n")
            let whole = read(text, cutAt: [], mapping: mapping)
            #expect(whole.events == ["click campaign=a device=1 #", "click campaign=c device=3 #"])
            #expect(whole.faults == ["3 too_large"])
            for cuts in [[1 << 20 + 20], [600_000, 1_190_000], [1_100_000, 1_150_000, 1_190_000]] {
                #expect(read(text, cutAt: cuts, mapping: mapping) == whole, "cut at \(cuts)")
            }
        }
    }
}
