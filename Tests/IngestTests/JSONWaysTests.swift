// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

/// A line that begins a text with more behind it is read the short way where that can be, a text of one line alone
/// never: there is too little behind it to read in steps.
@Suite struct `The short way through a line and the long one` {
    /// Lines in one text, and behind them enough for the last of them.
    private func together(_ lines: [[UInt8]]) -> EventBatch {
        decode(lines.flatMap { $0 + [0x0A] } + Array(repeating: 0x20, count: 100))
    }

    /// What each line gives alone.
    private func expectSame(_ lines: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation) {
        let batch = together(lines)
        var events: [String] = []
        var fingerprints: [UInt64] = []
        var digests: [UInt32] = []
        var rejects: [Reject] = []
        for (index, line) in lines.enumerated() {
            let alone = decode(line)
            events += alone.events
            fingerprints += alone.fingerprints
            digests += alone.digests
            rejects += alone.rejects.map { Reject(line: index + 1, reason: $0.reason, message: $0.message) }
        }
        #expect(batch.events == events, sourceLocation: sourceLocation)
        #expect(batch.fingerprints == fingerprints, sourceLocation: sourceLocation)
        #expect(batch.digests == digests, sourceLocation: sourceLocation)
        #expect(batch.rejects == rejects, sourceLocation: sourceLocation)
    }

    @Test func `give the same for lines that are nearly alike`() {
        let lines = [
            #"{"type":"click","campaign":"a","device":"m","cost":0.25}"#,
            #"{"type":"click","campaign":"a","device":"m","cost":0.25}"#,
            #"{"type":"click","campaign":"b","cost":1}"#,
            #"{"type":"click","campaigns":"b","cost":1}"#,
            #"{"type":"click", "campaign" : "b" ,"cost": 1 }"#,
            #"{ "type" :"click","campaign":"b","cost":1}  "#,
            #"{"type":"click","campaign":"b""#,
            #"{"type":"click","campaign":"b","cost":1"#,
            #"{"type":"click","campaign":"b","cost":1}}"#,
            #"{"type":"click","campaign":"b","cost":}"#,
            #"{"type":"click","campaign":"b","cost":1,}"#,
            #"{"type":"click","campaign":"b","cost":01}"#,
            #"{"type":"click","campaign":"b","cost":-}"#,
            #"{"type":"click","campaign":"b":1,"cost":1}"#,
            #"{"type":"click","campaign":"b","campaign":"c"}"#,
            #"{"type":"click","campaign":"\u0062","cost":1}"#,
            #"{"type":"click","c\u0061mpaign":"b"}"#,
            #"{"type":"click","campaign":"hotéis 한국","cost":1}"#,
            #"{"type":"click","hotéis":"a","campaign":"b"}"#,
            #"{"type":"click","campaign":"b","x":{"y":[1,"}",null]},"device":"m"}"#,
            #"{"type":"click","campaign":"b","x":{"y":[1,"}",nul]},"device":"m"}"#,
            #"{"type":"click","campaign":null,"device":true,"cost":1e-3}"#,
            #"{"type":"click","a member whose name is longer than thirty-two bytes":1,"campaign":"b"}"#,
            #"{"type":"click","campaign":"a value that is longer than sixteen bytes","device":""}"#,
            "{}", "{ }", "[]", "", "{", "{\"", "{\"type", "{\"type\"", "{\"type\":", "{\"type\":\"", "{\"type\":1",
            "\"", ",",
        ]
        expectSame(lines.map(bytes))
        for length in 0...lines[0].utf8.count { expectSame([bytes(lines[1]), Array(bytes(lines[0]).prefix(length))]) }
    }

    @Test func `a name that is no UTF-8 does not hide in what is expected`() {
        let good = bytes(#"{"type":"click","x":1,"campaign":"a"}"#)
        let bad = good.map { $0 == UInt8(ascii: "x") ? 0xFF : $0 }
        expectSame([good, bad, bad, good, bad])
        #expect(together([bad, bad]).faults == ["1 bad_utf8", "2 bad_utf8"])
    }

    @Test func `a stray quote costs one line`() {
        let good = #"{"type":"click","campaign":"a"}"#
        let stray = #"{"type":"click","campaign":"a","#
        #expect(together([good, stray, good, stray + "\"", good].map(bytes)).faults == ["2 malformed", "4 malformed"])
    }

    @Test(arguments: 0..<4)
    func `give the same for random lines`(run: Int) {
        var random = SeededRandom(for: "short and long way, run \(run)")
        var taken = 0
        for _ in 0..<100 {
            var lines: [[UInt8]] = []
            for _ in 0..<30 {
                var line = bytes(object(&random))
                for _ in 0..<(random.below(3) == 0 ? random.below(4) : 0) {
                    let byte = [0x22, 0x5C, 0x2C, 0x7D, 0x7B, 0x3A, 0x20, 0x00, 0xFF, 0xC3, 0x31][random.below(11)]
                    switch random.below(3) {
                    case 0: line[random.below(line.count)] = UInt8(byte)
                    case 1: line.insert(UInt8(byte), at: random.below(line.count))
                    default: line.remove(at: random.below(line.count))
                    }
                }
                lines.append(line)
            }
            expectSame(lines)
            taken += together(lines).count
        }
        #expect(taken > 1_000)
    }

    private func object(_ random: inout SeededRandom) -> String {
        let spaces = random.below(4) == 0
        func space() -> String { spaces && random.below(3) == 0 ? [" ", "\t", "  "][random.below(3)] : "" }
        var members = [(name: "type", value: ["\"click\"", "\"spend\"", "\"other\""][random.below(3)])]
        for name in ["id", "campaign", "device", "cost", "amount", "currency", "note", "x"] where random.below(3) > 0 {
            let value: String =
                switch random.below(name == "cost" || name == "amount" ? 3 : 10) {
                case 0: "\(random.below(1_000))"
                case 1: "\"\(random.below(10)).\(random.below(1_000_000))\""
                case 2: "\(random.below(100))e-\(random.below(9))"
                case 3: ["true", "false", "null"][random.below(3)]
                case 4: "\"\\u00e9\\n\""
                case 5: "\"é\(String(repeating: "한", count: random.below(12)))\""
                case 6: "[1,{\"a\":\"\\\"\"},null]"
                default: "\"\(String(repeating: "v", count: random.below(40)))\""
                }
            members.append((name, value))
        }
        if random.below(4) == 0 { members.shuffle(using: &random) }
        if random.below(8) == 0, let last = members.last { members.append(last) }
        let texts = members.map { "\(space())\"\($0.name)\"\(space()):\(space())\($0.value)\(space())" }
        return "{\(texts.joined(separator: ","))}"
    }
}

@Suite struct `A batch that is filled again` {
    @Test func `holds what a new one would, and nothing of before`() {
        let decoder = EventDecoder(schema: testSchema, key: testKey)
        func read(_ text: String, reusing spent: EventBatch? = nil) -> EventBatch {
            bytes(text).withUnsafeBytes {
                decoder.decode($0, format: .ndjson, arrival: arrival, reusing: spent)
            }
        }
        let large = (0..<5_000).map { "{\"type\":\"click\",\"id\":\($0),\"campaign\":\"c-\($0)\"}" }
        let first = read(large.joined(separator: "\n") + "\n{\"type\":\"spend\"}\n{\"type\":\"sunset\"}")
        #expect((first.count, first.rejects.count, first.unmatched, first.lines) == (5_000, 1, 1, 5_002))
        let text = "{\"type\":\"click\",\"id\":1,\"campaign\":\"a\"}\nx\n{\"type\":\"spend\",\"cost\":2}"
        let fresh = decode(text)
        let again = read(text, reusing: first)
        #expect(again === first)
        #expect(again.events == fresh.events)
        #expect(again.fingerprints == fresh.fingerprints)
        #expect(again.rejects == fresh.rejects)
        #expect((again.unmatched, again.lines, again.consumed) == (0, 3, text.utf8.count))
    }

    @Test func `of other definitions is left alone`() {
        let other = decode("{\"type\":\"click\"}", schema: EventSchema(testDefinitions))
        let decoder = EventDecoder(schema: testSchema, key: testKey)
        let batch = bytes("{\"type\":\"click\"}\n{\"type\":\"click\"}").withUnsafeBytes {
            decoder.decode($0, format: .ndjson, arrival: arrival, reusing: other)
        }
        #expect(batch !== other)
        #expect((other.count, batch.count) == (1, 2))
    }
}
