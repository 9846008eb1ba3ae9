// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `An event chunk` {
    private let scratch = ColumnScratch()
    private static let span: UInt32 = 1_920

    private func decode(_ bytes: [UInt8], span: UInt32 = span) throws -> EventChunk {
        try bytes.withUnsafeBytes { try EventChunk.decode($0, span: span, scratch) }
    }

    private func expectRoundTrip(_ chunk: EventChunk, span: UInt32 = span, atMost bytes: Int = .max) throws {
        let encoded = chunk.encode(scratch)
        try #require(try decode(encoded, span: span) == chunk)
        #expect(encoded.count <= bytes)
    }

    private func chunk(_ kind: EventChunk.PayloadKind, _ points: [(slot: UInt32, detail: UInt32, payload: UInt64)])
        -> EventChunk
    {
        var chunk = EventChunk(kind: kind)
        for point in points {
            chunk.slots.append(point.slot)
            chunk.details.append(point.detail)
            chunk.payloads.append(point.payload)
        }
        return chunk
    }

    /// Points of any kind: plain or with details, with floats among integers.
    private func anyChunk(_ random: inout SeededRandom, points: Int) -> EventChunk {
        let kind = EventChunk.PayloadKind.allCases[random.below(3)]
        let details = random.chance(50) ? 1 : 1 + random.below(20)
        var keys = Set(
            (0..<points).map { _ in UInt64(random.below(Int(Self.span))) << 32 | UInt64(random.below(details)) }
        )
        if random.chance(30) {
            for _ in 0...random.below(5) {
                keys.insert(UInt64(random.below(Int(Self.span))) << 32 | (random.chance(50) ? 1 : 0x1_0001))
            }
        }
        let floats = ColumnShapes.floats(keys.count + 1, &random)
        let integers = ColumnShapes.integers(keys.count + 1, &random)
        let points = keys.sorted().enumerated().map { index, key in
            let detail = UInt32(truncatingIfNeeded: key)
            let isFloat = kind == .floats || detail == 1 || detail == 0x1_0001
            let payload = kind == .none ? 0 : isFloat ? floats[index] : UInt64(bitPattern: integers[index])
            return (slot: UInt32(key >> 32), detail: detail, payload: payload)
        }
        return chunk(kind, points)
    }

    @Test func `of any points comes back as it was`() throws {
        var random = SeededRandom(for: "event chunks")
        for _ in 0..<80 { try expectRoundTrip(anyChunk(&random, points: random.below(3_000))) }
    }

    @Test func `of every set of up to five slots comes back as it was`() throws {
        for kind in EventChunk.PayloadKind.allCases {
            for members in 0..<32 {
                let slots = (0..<UInt32(5)).filter { members & 1 << Int($0) != 0 }
                try expectRoundTrip(chunk(kind, slots.map { ($0, $0 / 2, kind == .none ? 0 : UInt64($0)) }), span: 5)
            }
        }
    }

    @Test func `of many more points than a block holds comes back as it was`() throws {
        var random = SeededRandom(for: "many points")
        var points: [(slot: UInt32, detail: UInt32, payload: UInt64)] = []
        for slot in 0..<600 as Range<UInt32> {
            for bin in 0..<20 as Range<UInt32> where random.chance(80) {
                points.append((slot, bin, UInt64(random.below(50))))
            }
            points.append((slot, 0x1_0000, UInt64(random.below(1 << 30))))
            if random.chance(1) { points.append((slot, 0x1_0001, 0.1.bitPattern)) }
        }
        try expectRoundTrip(chunk(.integers, points))
    }

    @Test func `of a few points takes a few bytes`() throws {
        try expectRoundTrip(chunk(.integers, [(700, 0, 3)]), atMost: 12)
        try expectRoundTrip(chunk(.integers, [(700, 0, 3), (801, 0, 1)]), atMost: 18)
        let five: [UInt32] = [3, 300, 301, 900, 1_500]
        try expectRoundTrip(chunk(.integers, five.map { ($0, 0, UInt64($0 % 7) + 1) }), atMost: 30)
        try expectRoundTrip(chunk(.none, five.map { ($0, $0 * 500, 0) }), atMost: 42)
        try expectRoundTrip(chunk(.floats, [(700, 14_999, 0.25.bitPattern)]), atMost: 18)
    }

    @Test func `of a run of slots takes a few bytes for them`() throws {
        try expectRoundTrip(chunk(.integers, (100..<1_900).map { ($0, 0, 1) }), atMost: 16)
    }

    @Test func `of slots that are there by chance takes their information`() throws {
        var random = SeededRandom(for: "chance")
        let slots = (0..<UInt32(1_920)).filter { _ in random.chance(40) }
        // 0.971 bits for each of the 1,920, 233 bytes; head and checksum.
        try expectRoundTrip(chunk(.integers, slots.map { ($0, 0, 1) }), atMost: 233 + 42)
    }

    @Test func `keeps floats among integers from the integers`() throws {
        var random = SeededRandom(for: "floats among integers")
        var points = (0..<UInt32(1_000)).map { (slot: $0, detail: UInt32(0), payload: UInt64(random.below(4))) }
        let plain = chunk(.integers, points).encode(scratch).count
        points.insert((slot: 499, detail: 1, payload: 1e20.bitPattern), at: 500)
        try expectRoundTrip(chunk(.integers, points), atMost: plain + 24)
    }

    @Test func `keeps the bins of a histogram apart`() throws {
        var random = SeededRandom(for: "bins")
        var points: [(slot: UInt32, detail: UInt32, payload: UInt64)] = []
        for slot in 0..<1_000 as Range<UInt32> {
            // Each bin has the same count in every slot, and the sum 16 bits.
            for bin in 0..<10 as Range<UInt32> { points.append((slot, bin, UInt64(bin * bin))) }
            points.append((slot, 0x1_0000, UInt64(random.below(1 << 16))))
        }
        try expectRoundTrip(chunk(.integers, points), atMost: 2_000 + 11 * 14)
    }

    @Test func `fills columns that were used before`() throws {
        var random = SeededRandom(for: "columns used again")
        let columns = EventColumns(capacity: 1)
        for _ in 0..<50 {
            let chunk = anyChunk(&random, points: random.below(500))
            let bytes = chunk.encode(scratch)
            let kind = try bytes.withUnsafeBytes {
                try EventChunk.decode($0, span: Self.span, into: columns, scratch)
            }
            #expect(kind == chunk.kind)
            #expect(Array(UnsafeBufferPointer(start: columns.slots, count: columns.count)) == chunk.slots)
            #expect(Array(UnsafeBufferPointer(start: columns.details, count: columns.count)) == chunk.details)
            #expect(Array(UnsafeBufferPointer(start: columns.payloads, count: columns.count)) == chunk.payloads)
        }
    }

    @Test func `with any flipped bit, cut anywhere, or with bytes behind it is refused`() throws {
        var random = SeededRandom(for: "damaged event chunks")
        for points in [0, 1, 3, 60] {
            let bytes = anyChunk(&random, points: points).encode(scratch)
            for offset in bytes.indices {
                for bit in 0..<8 {
                    var damaged = bytes
                    damaged[offset] ^= 1 << bit
                    #expect(throws: ByteReader.Malformed.self, "byte \(offset), bit \(bit)") { try decode(damaged) }
                }
                #expect(throws: ByteReader.Malformed.self, "cut at \(offset)") { try decode(Array(bytes[..<offset])) }
            }
            #expect(throws: ByteReader.Malformed.self) { try decode(bytes + [0]) }
        }
    }

    /// What no writer of ours makes: the checksum is right and the contents are not.
    @Test func `with a right checksum and wrong contents is refused`() throws {
        let right = Array(chunk(.integers, [(5, 0, 7), (9, 0, 8)]).encode(scratch).dropLast(4))
        #expect(throws: Never.self) { try decode(sealed(right)) }
        #expect(throws: ByteReader.Malformed.self, "a slot outside the span") { try decode(sealed(right), span: 9) }
        #expect(throws: ByteReader.Malformed.self, "something behind the end") { try decode(sealed(right + [0])) }
        #expect(throws: ByteReader.Malformed.self, "another tag") { try decode(sealed([1] + right.dropFirst())) }
        let error = #expect(throws: ByteReader.Malformed.self, "a flag of a later version") {
            try decode(sealed([2, 0x80] + right.dropFirst(2)))
        }
        #expect(error?.isOfOtherVersion == true)
        // Slots that are all 5.
        #expect(throws: ByteReader.Malformed.self, "a slot twice") { try decode(sealed([2, 4, 2, 0, 10, 0, 2])) }
        #expect(throws: ByteReader.Malformed.self, "a slot below 0") { try decode(sealed([2, 4, 1, 0, 9, 0, 2])) }
        #expect(throws: ByteReader.Malformed.self, "more points than bytes") {
            try decode(sealed([2, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 10]))
        }
    }

    @Test func `of hostile bytes under a right checksum never ends the process`() {
        var random = SeededRandom(for: "hostile event chunks")
        var read = 0
        for _ in 0..<100 {
            let good = Array(anyChunk(&random, points: random.below(600)).encode(scratch).dropLast(4))
            for _ in 0..<20 {
                var bytes = good
                for _ in 0...random.below(3) { bytes[random.below(min(bytes.count, 80))] = UInt8(random.below(256)) }
                if random.chance(20) { bytes.removeLast(random.below(bytes.count)) }
                if let chunk = try? decode(sealed(bytes)) {
                    read += 1
                    #expect(chunk.slots.allSatisfy { $0 < Self.span })
                }
            }
        }
        #expect(read > 0, "none was read, so this test looks at nothing")
    }

    private func sealed(_ body: [UInt8]) -> [UInt8] {
        ColumnShapes.sealed(body, checksum: body.withUnsafeBytes { CRC32C.checksum($0) })
    }
}
