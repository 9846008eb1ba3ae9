// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TimeSeries

struct `Bytes` {
    private func reading<Result>(_ bytes: [UInt8], _ body: (inout ByteReader) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes {
            var reader = ByteReader($0)
            return try body(&reader)
        }
    }

    private static let edges: [UInt64] = (0..<64).flatMap { [1 << $0, 1 << $0 - 1] } + [.max, .max - 1]

    @Test func `of variable length come back as they were, in as few bytes as it takes`() throws {
        for value in Self.edges {
            var writer = ByteWriter()
            writer.varint(value)
            #expect(writer.bytes.count == max(1, (70 - value.leadingZeroBitCount) / 7))
            #expect(try reading(writer.bytes) { try $0.varint() } == value)
            for sign: Int64 in [1, -1] {
                let signed = Int64(bitPattern: value) &* sign
                var writer = ByteWriter()
                writer.zigzag(signed)
                #expect(try reading(writer.bytes) { try $0.zigzag() } == signed)
            }
        }
    }

    @Test func `of variable length are refused when they end early or go on beyond 64 bits`() {
        for value in Self.edges {
            var writer = ByteWriter()
            writer.varint(value)
            for count in writer.bytes.indices {
                #expect(throws: ByteReader.Malformed.self) {
                    try reading(Array(writer.bytes[..<count])) { try $0.varint() }
                }
            }
        }
        let endless = [UInt8](repeating: 0x80, count: 10) + [0]
        let tooLarge = [UInt8](repeating: 0xFF, count: 9) + [0x02]
        #expect(throws: ByteReader.Malformed.self) { try reading(endless) { try $0.varint() } }
        #expect(throws: ByteReader.Malformed.self) { try reading(tooLarge) { try $0.varint() } }
    }

    @Test func `of fixed width, texts and arrays come back in their order, and the rest is counted`() throws {
        var writer = ByteWriter(capacity: 3)
        writer.byte(200)
        writer.fixed(UInt32(0x0102_0304))
        writer.fixed(Int128.min)
        writer.text("Zürich \u{1F600}")
        writer.text("")
        writer.array([UInt16(1), 2, 3])
        #expect(Array(writer.bytes[1..<5]) == [4, 3, 2, 1], "little-endian")
        try reading(writer.bytes) { reader in
            #expect(try reader.byte() == 200)
            #expect(try reader.fixed(UInt32.self) == 0x0102_0304)
            #expect(try reader.fixed(Int128.self) == .min)
            #expect(try reader.text() == "Zürich \u{1F600}")
            #expect(try reader.text() == "")
            #expect(reader.remaining == 6)
            _ = try reader.fixed(UInt32.self)
            #expect(throws: ByteReader.Malformed.self) { try reader.fixed(UInt32.self) }
            #expect(reader.remaining == 2, "a read that fails takes nothing")
        }
    }

    @Test func `that say a length beyond their end, or are no UTF-8, are refused`() {
        #expect(throws: ByteReader.Malformed.self) { try reading([]) { try $0.byte() } }
        #expect(throws: ByteReader.Malformed.self) { try reading([3, 0x61, 0x62]) { try $0.text() } }
        #expect(throws: ByteReader.Malformed.self) { try reading([2, 0xC3, 0x28]) { try $0.text() } }
        #expect(throws: ByteReader.Malformed.self) { try reading([0xFF, 0xFF, 0xFF, 0x7F]) { try $0.text() } }
        #expect(throws: ByteReader.Malformed.self) { try reading([3, 0, 0, 0, 0, 0]) { try $0.count(of: 2) } }
        #expect(throws: Never.self) { try reading([2, 0, 0, 0, 0]) { try $0.count(of: 2) } }
        let most = [UInt8](repeating: 0xFF, count: 9) + [0x01]
        #expect(throws: ByteReader.Malformed.self) { try reading(most) { try $0.count(of: 0) } }
    }
}
