// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Ingest

@Suite struct `Lines of JSON` {
    private let click = "{\"type\":\"click\"}"

    @Test func `line ends, blank lines and a missing last line end do not matter, line numbers do`() {
        let text = "\r\n\(click)\r\n\n  \t\n\(click)\n\n{bad\r\n\(click)\r\n\r\nworse"
        let batch = decode(text)
        #expect(batch.events == ["click", "click", "click"])
        #expect(batch.faults == ["7 malformed", "10 malformed"])
        #expect(batch.lines == 10)
        #expect(batch.consumed == text.utf8.count)
    }

    @Test(arguments: ["", "\n", "\r\n", " ", "\n\n\n", "\u{FEFF}"])
    func `a text with nothing in it is no event and no fault`(text: String) {
        for format in [EventFormat.ndjson, .json, .auto] {
            let batch = decode(text, format)
            #expect(batch.count == 0)
            #expect(batch.faults.isEmpty)
            #expect(batch.consumed == text.utf8.count)
        }
    }

    @Test func `a byte order mark is passed over at the beginning of a file and nowhere else`() {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let batch = decode(mark + bytes("\(click)\n") + mark + bytes("\(click)\n"))
        #expect(batch.events == ["click"])
        #expect(batch.faults == ["2 malformed"])
        let decoder = EventDecoder(schema: testSchema, key: testKey)
        let second = (mark + bytes(click)).withUnsafeBytes {
            decoder.decode($0, format: .ndjson, arrival: arrival, isFirst: false)
        }
        #expect(second.faults == ["1 malformed"])
    }

    /// A click of exactly so many bytes.
    private func click(of size: Int) -> String {
        let start = "{\"type\":\"click\",\"padding\":\""
        return start + String(repeating: "x", count: size - start.utf8.count - 2) + "\"}"
    }

    @Test(arguments: ["\n", "\r\n", ""])
    func `a line of 1 MiB counts`(end: String) {
        let line = click(of: 1 << 20)
        #expect(line.utf8.count == 1 << 20)
        let batch = decode("\(click)\n\(line)\(end)")
        #expect(batch.events == ["click", "click"])
        #expect(batch.faults.isEmpty)
    }

    @Test func `a line over 1 MiB is rejected and the next one counts`() {
        let batch = decode("\(click(of: 1 << 20 + 1))\n\(click)\n\(click(of: 3 << 20))\r\n\(click)")
        #expect(batch.events == ["click", "click"])
        #expect(batch.faults == ["1 too_large", "3 too_large"])
        let elements = decode("[\(click(of: 1 << 20 + 1)),\(click)]", .json)
        #expect(elements.events == ["click"])
        #expect(elements.faults == ["1 too_large"])
    }

    /// simdjson reads in blocks beyond the end of a text; nothing may be read from the next page.
    @Test func `text that ends with its page is read without touching the next`() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let memory = try #require(mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(memory, 2 * page) }
        try #require(mprotect(memory + page, page, PROT_NONE) == 0)
        let mapping = try mapping("{header: [a, b], columns: {campaign: a, device: b}, emit: [{type: click}]}")
        let last = "{\"type\":\"click\",\"campaign\":\"edge\"}"
        for length in 0..<130 {
            let texts: [(String, EventFormat)] = [
                (String(repeating: "\(click)\n", count: length % 3) + last, .ndjson),
                (click(of: 40 + length), .ndjson), (String(last.prefix(length % last.count)), .ndjson),
                ("[\(last)" + String(repeating: " ", count: length) + "]", .json),
                ("{\"type\":\"click\"}" + "[", .json),
                (String(repeating: "x", count: length) + ",\"y", .csv),
                ("\"" + String(repeating: "x", count: length) + "\",y", .csv),
                ("2025-06-15T15:06:40Z".prefix(length % 21) + ",1", .csv),
            ]
            for (text, format) in texts {
                let text = bytes(String(text))
                let place = memory + page - text.count
                text.withUnsafeBytes {
                    place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: text.count)
                }
                let decoder = EventDecoder(schema: testSchema, key: testKey, mapping: format == .csv ? mapping : nil)
                let batch = decoder.decode(
                    UnsafeRawBufferPointer(start: place, count: text.count),
                    format: format,
                    arrival: arrival
                )
                let copy = decode(text, format, mapping: format == .csv ? mapping : nil)
                #expect(batch.events == copy.events)
                #expect(batch.faults == copy.faults)
            }
        }
    }

    @Test func `a batch keeps its events when the text is gone`() {
        var text = bytes("{\"type\":\"click\",\"campaign\":\"spr\\u0069ng\",\"cost\":1}")
        let batch = decode(text)
        for index in text.indices { text[index] = 0 }
        #expect(batch.events == ["click campaign=spring cost=1000000"])
    }
}
