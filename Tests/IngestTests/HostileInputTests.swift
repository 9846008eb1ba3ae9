// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Hostile input` {
    static let reasons = [
        "malformed", "missing_field", "bad_time", "future", "bad_number", "too_large", "too_many_fields", "bad_utf8",
    ]

    /// A line that has exactly one fault, and its reason.
    private func bad(_ random: inout SeededRandom) -> (line: [UInt8], reason: String) {
        let good = Array(
            "{\"type\":\"click\",\"campaign\":\"c\(random.below(100))\",\"cost\":\(random.below(100)),\"x\":[1,{\"y\":null}]}"
                .utf8
        )
        switch random.below(12) {
        case 0: return (Array(good.prefix(1 + random.below(good.count - 1))), "malformed")
        case 1: return (good + bytes(["}", " x", ",", "{}", "\""][random.below(5)]), "malformed")
        case 2:
            return (
                bytes(
                    "{\"type\":\"click\",\"x\":\(["01", "+1", "nan", "tru", "'a'", "1.", "--1", "[1,]", "{\"a\"}", "\"\\x\""][random.below(10)])}"
                ), "malformed"
            )
        case 3:
            return (bytes(["[]", "7", "null", "\"a\"", "<xml/>", "type=click", "\u{1}"][random.below(7)]), "malformed")
        case 4:
            return (
                bytes("{\"type\":\"click\",\"campaign\":\(["{}", "[]", "[\"a\"]", "{\"a\":1}"][random.below(4)])}"),
                "malformed"
            )
        case 5:
            return (
                bytes(
                    ["{}", "{\"type\":\"\"}", "{\"campaign\":\"a\"}", "{\"type\":\"spend\",\"campaign\":\"a\"}"][
                        random.below(4)
                    ]
                ), "missing_field"
            )
        case 6:
            return (
                bytes(
                    "{\"type\":\"click\",\"time\":\(["\"\"", "\"now\"", "-5", "true", "\"2025-02-29T00:00:00Z\"", "{}"][random.below(6)])}"
                ), "bad_time"
            )
        case 7: return (bytes("{\"type\":\"click\",\"time\":\(1_750_000_600_001 + random.below(1 << 40))}"), "future")
        case 8:
            return (
                bytes(
                    "{\"type\":\"spend\",\"cost\":\(["-1", "\" \"", "\"x\"", "1e999", "true", "[]", "\"1,5\""][random.below(7)])}"
                ), "bad_number"
            )
        case 9:
            return (
                bytes(
                    "{\"type\":\"click\",\"device\":\"\(String(repeating: "x", count: 1_025 + random.below(500)))\"}"
                ), "too_large"
            )
        case 10:
            return (
                bytes("{" + (0..<(257 + random.below(50))).map { "\"f\($0)\":\($0)" }.joined(separator: ",") + "}"),
                "too_many_fields"
            )
        default:
            // A byte that UTF-8 never has, inside a string.
            return (
                bytes("{\"type\":\"click\",\"campaign\":\"") + [UInt8(0xF8 + random.below(8))] + bytes("\"}"),
                "bad_utf8"
            )
        }
    }

    @Test func `among 10,000 malformed lines every good one counts and every bad one is named`() throws {
        var random = SeededRandom(for: "hostile lines")
        var text: [UInt8] = []
        var faults: [String] = []
        var good = 0
        var line = 0
        while faults.count < 10_000 {
            line += 1
            if random.below(3) == 0 {
                good += 1
                text += bytes("{\"type\":\"click\",\"campaign\":\"good\",\"id\":\(good)}")
            } else {
                let (bad, reason) = bad(&random)
                faults.append("\(line) \(reason)")
                text += bad
            }
            text += random.below(10) == 0 ? [0x0D, 0x0A] : [0x0A]
        }
        let ingestion = Ingestion()
        let batch = decode(text, schema: ingestion.schema)
        let report = try ingestion.add(batch)
        #expect(batch.faults == faults)
        #expect(Set(faults.map { String($0.split(separator: " ")[1]) }) == Set(Self.reasons))
        #expect(ingestion.totals == ["clicks_total{campaign=\"good\"}": Int64(good)])
        #expect((report.accepted, report.rejected, report.unmatched) == (good, 10_000, 0))
        #expect(ingestion.commit.counts.rejected.reduce(0, +) == 10_000)
        print("IngestTests: \(good) good lines among 10000 bad ones")
    }

    @Test func `random bytes and mutated lines never crash and every line is accounted for`() {
        var random = SeededRandom(for: "mutated lines")
        let seeds = [
            #"{"type":"click","id":"a-1","source":"s","time":"2025-06-15T15:06:40.5+02:00","campaign":"sp\u0072ing","device":"m","cost":0.25}"#,
            #"{"specversion":"1.0","type":"spend","id":"1","source":"s","data":{"amount":"12.5","currency":"USD","campaign":"\ud83d\ude00"}}"#,
            #"{"type":"click","x":{"a":[1,2,{"b":[true,false,null]}]},"y":"\\\"","time":1750000000}"#,
        ].map(bytes)
        let spice = bytes("{}[]\",:\\u0e-+. \t\r1") + [0x00, 0x80, 0xFF, 0xC3, 0xE2]
        var decoded = 0
        for _ in 0..<200 {
            var text: [UInt8] = []
            for _ in 0..<1_000 {
                if random.below(10) == 0 {
                    text += (0..<random.below(60)).map { _ in UInt8(random.below(256)) }
                } else {
                    var line = seeds[random.below(seeds.count)]
                    for _ in 0..<random.below(4) {
                        let place = random.below(line.count)
                        switch random.below(4) {
                        case 0: line[place] = spice[random.below(spice.count)]
                        case 1: line.remove(at: place)
                        case 2: line.insert(spice[random.below(spice.count)], at: place)
                        default: line.swapAt(place, random.below(line.count))
                        }
                    }
                    text += line
                }
                text.append(0x0A)
            }
            let batch = decode(text)
            let blank = text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().count {
                $0.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
            }
            #expect(batch.count + batch.rejects.count + batch.unmatched + blank == batch.lines)
            #expect(zip(batch.rejects, batch.rejects.dropFirst()).allSatisfy { $0.line < $1.line })
            decoded += batch.lines
            let elements = decode(text, .json)
            #expect(elements.count + elements.unmatched + elements.rejects.count <= elements.lines + 1)
        }
        print("IngestTests: \(decoded) hostile lines decoded")
    }

    @Test func `syntax is judged as the grammar of RFC 8259 judges it`() {
        var random = SeededRandom(for: "JSON syntax")
        let seed = bytes(#"{"type":"sunset","a":[1,-2.5e+3,{"b":"c\n\u00e9"},[],{}],"d":true,"e":null,"f":"g"}"#)
        let spice = bytes("{}[]\",:\\tn 01e-+.afu") + [0x09]
        var accepted = 0
        for _ in 0..<30_000 {
            var line = seed
            for _ in 0..<(1 + random.below(3)) {
                let place = random.below(line.count)
                switch random.below(3) {
                case 0: line[place] = spice[random.below(spice.count)]
                case 1: line.remove(at: place)
                default: line.insert(spice[random.below(spice.count)], at: place)
                }
            }
            let batch = decode(line)
            let ours = batch.rejects.allSatisfy { $0.reason != .malformed || $0.message.hasPrefix("type:") }
            check(ours == PlainJSON.isObject(line), "\(String(decoding: line, as: UTF8.self))")
            accepted += ours ? 1 : 0
        }
        print("IngestTests: \(accepted) of 30000 mutated objects were JSON")
        #expect(accepted > 500)
    }

    @Test func `random CSV never crashes`() throws {
        var random = SeededRandom(for: "random CSV")
        let mapping = try mapping(
            "{header: [a, b, c], columns: {campaign: a, cost: b, id: c}, emit: [{type: click}, {type: spend, when: {c: '1'}}]}"
        )
        let letters = bytes("aaa,,,\"\"\n\r1.-") + [0xFF, 0xC3, 0xA9, 0x00]
        var rows = 0
        for _ in 0..<5_000 {
            let text = (0..<random.below(200)).map { _ in letters[random.below(letters.count)] }
            let batch = decode(text, .csv, mapping: mapping)
            #expect(batch.consumed == text.count)
            #expect(batch.count + batch.unmatched + batch.rejects.count <= 2 * (batch.lines + 1))
            rows += batch.count + batch.rejects.count
        }
        print("IngestTests: \(rows) rows of random CSV")
    }
}
