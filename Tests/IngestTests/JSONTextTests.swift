// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `What JSON says` {
    @Test(arguments: [
        // Values
        (
            #"{"type":"click","campaign":"spring","device":"mobile","cost":0.25}"#,
            "click campaign=spring device=mobile cost=250000"
        ),
        (#"{"type":"click","campaign":7}"#, "click campaign=7"),
        (#"{"type":"click","campaign":-1.50e+3}"#, "click campaign=-1.50e+3"),
        (#"{"type":"click","campaign":true,"device":false}"#, "click campaign=true device=false"),
        (#"{"type":"click","campaign":null,"device":""}"#, "click"),
        (#"{"type":"click","cost":"0.25"}"#, "click cost=250000"),
        (#"{"type":"click","cost":".5"}"#, "click cost=500000"),
        (#"{"type":"click","cost":0}"#, "click cost=0"),
        (#"{"type":"click","cost":-0}"#, "click cost=0"),
        (#"{"type":"click","cost":1e-7}"#, "click cost~1e-07"),
        (#"{"type":"click","cost":null,"amount":3}"#, "click cost=3000000"),
        (#"{"type":"click","cost":2,"amount":3}"#, "click cost=2000000"),
        (#"{"type":"click","cost":2,"amount":"not looked at"}"#, "click cost=2000000"),
        (#"{"type":"spend","amount":3,"currency":"EUR","campaign":"a"}"#, "spend campaign=a currency=EUR cost=3000000"),
        // Time and identity
        (#"{"type":"click","time":"2025-06-15T00:00:00Z"}"#, "click @1749945600000"),
        (#"{"type":"click","time":1749945600}"#, "click @1749945600000"),
        (#"{"type":"click","time":1749945600000}"#, "click @1749945600000"),
        (#"{"type":"click","time":null}"#, "click"),
        (#"{"type":"click","id":"a"}"#, "click #"), (#"{"type":"click","id":7}"#, "click #"),
        (#"{"type":"click","id":null}"#, "click"), (#"{"type":"click","id":""}"#, "click"),
        (#"{"type":"click","source":{"not":"looked at"}}"#, "click"),
        (#"{"type":"click","id":"a","source":5}"#, "click #"),
        // What is not looked at
        (
            #"{"type":"click","unknown":{"a":[1,{"b":null}],"c":"\u00e9"},"x":[],"y":{},"z":[true,false,-1.5e-3]}"#,
            "click"
        ),
        (#"{"type":"click","x":"\ud83d\ude00","campaign":"a"}"#, "click campaign=a"),
        // Duplicate keys: the last counts
        (#"{"type":"spend","type":"click","campaign":"a","campaign":"b"}"#, "click campaign=b"),
        (#"{"type":"click","campaign":"a","campaign":null}"#, "click"),
        (#"{"type":"click","campaign":{},"campaign":"b"}"#, "click campaign=b"),
        // Escapes
        (#"{"type":"cl\u0069ck","campaign":"a\"b\\c\/d"}"#, #"click campaign=a"b\c/d"#),
        (#"{"\u0074ype":"click","c\u0061mpaign":"x"}"#, "click campaign=x"),
        (#"{"type":"click","campaign":"\ud83d\ude00\u00e9"}"#, "click campaign=😀é"),
        (#"{"type":"click","campaign":"\b\f\n\r\t"}"#, "click campaign=\u{8}\u{C}\n\r\t"),
        (#"{"type":"click","campaign":"a\u0000b"}"#, "click campaign=a\0b"),
        (
            #"{"type":"click","campaign":"\uD83D\uDE00","device":"\"","currency":"\\"}"#,
            #"click campaign=😀 device=" currency=\"#
        ),
        (#"{"type":"click","campaign":"hotéis","device":"한국"}"#, "click campaign=hotéis device=한국"),
        // White space
        ("  {\t\"type\" : \"click\" , \"campaign\" : \"a\" }  ", "click campaign=a"),
        (#"{"type":"click","cost": 5 ,"campaign": 7 }"#, "click campaign=7 cost=5000000"),
    ])
    func `an event is read`(line: String, event: String) {
        let batch = decode(line)
        #expect(batch.events == [event])
        #expect(batch.faults.isEmpty)
    }

    @Test func `composed and decomposed letters stay as they are`() {
        let batch = decode(
            "{\"type\":\"click\",\"campaign\":\"hot\u{E9}is\"}\n{\"type\":\"click\",\"campaign\":\"hote\u{301}is\"}\n"
        )
        #expect(
            batch.events.map { Array($0.utf8) } == [
                bytes("click campaign=hot\u{E9}is"), bytes("click campaign=hote\u{301}is"),
            ]
        )
    }

    @Test func `256 members are read and members of nested values do not count`() {
        let members = (0..<255).map { "\"f\($0)\":{\"a\":1,\"b\":2}" }.joined(separator: ",")
        #expect(decode("{\"type\":\"click\",\(members)}").events == ["click"])
    }

    @Test func `values nested sixty deep are passed over`() {
        let nested = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(decode("{\"type\":\"click\",\"x\":\(nested)}").events == ["click"])
    }

    @Test func `a value of 1,024 bytes is read, in any alphabet`() {
        for value in [
            String(repeating: "x", count: 1_024), String(repeating: "é", count: 512),
            String(repeating: "한", count: 341),
        ] {
            #expect(
                decode("{\"type\":\"click\",\"campaign\":\"\(value)\",\"id\":\"\(value)\",\"source\":\"\(value)\"}")
                    .events == ["click campaign=\(value) #"]
            )
            let escaped = value.utf16.map {
                "\\u" + String(String($0, radix: 16).reversed() + "000").prefix(4).reversed()
            }.joined()
            #expect(decode("{\"type\":\"click\",\"campaign\":\"\(escaped)\"}").events == ["click campaign=\(value)"])
        }
        #expect(
            decode("{\"type\":\"click\",\"campaign\":\"\(String(repeating: "é", count: 513))\"}").faults == [
                "1 too_large"
            ]
        )
    }

    @Test func `values of every length up to 70 keep every byte`() {
        for length in 1...70 {
            let value = String((0..<length).map { Character(UnicodeScalar(UInt8(0x61 + $0 % 26))) })
            #expect(
                decode("{\"type\":\"click\",\"campaign\":\"\(value)\",\"device\":\"\(value)!\"}").events == [
                    "click campaign=\(value) device=\(value)!"
                ]
            )
        }
    }

    @Test func `names of looked-at fields of every length are told apart`() {
        let names =
            (1...40).map { String(repeating: "n", count: $0) }
            + (1...40).map { String(repeating: "n", count: $0) + "m" }
        let schema = EventSchema([MetricDefinition(name: "a_total", help: "A.", events: ["a"], labels: names)])
        let strangers = ["type\":\"a", String(repeating: "n", count: 42) + "\":\"no", "nnnnnnnnx\":\"no", "x\":\"no"]
        let members = names.enumerated().map { "\"\($0.element)\":\"\($0.offset)\"" } + strangers.map { "\"\($0)\"" }
        let expected = "a " + names.enumerated().map { "\($0.element)=\($0.offset)" }.joined(separator: " ")
        // One reader sees the members in the order of the line before, and in others.
        var random = SeededRandom(for: "names of fields")
        var line = members
        let lines = (0..<200).map { number in
            if number % 3 == 0 {
                line.shuffle(using: &random)
            } else {
                line.swapAt(random.below(line.count), random.below(line.count))
            }
            return "{\(line.joined(separator: ","))}"
        }
        #expect(decode(lines.joined(separator: "\n"), schema: schema).events.allSatisfy { $0 == expected })
        #expect(decode(lines.joined(separator: "\n"), schema: schema).count == 200)
    }
}
