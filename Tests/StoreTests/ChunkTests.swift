// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Store

struct `A counter chunk` {
    private typealias Point = CounterChunk.Point
    private typealias InexactPoint = CounterChunk.InexactPoint
    private static let first = Slot(1_000_000)
    private static let span: UInt32 = 1_920

    private func decode(_ bytes: [UInt8], span: UInt32 = span) throws -> CounterChunk {
        try bytes.withUnsafeBytes { try CounterChunk.decode($0, from: Self.first, span: span) }
    }

    private func expectRoundTrip(_ chunk: CounterChunk, span: UInt32 = span) throws {
        let bytes = chunk.encode(from: Self.first)
        #expect(try decode(bytes, span: span) == chunk)
    }

    @Test func `of every set of up to five slots comes back as it was`() throws {
        let units: [Int64] = [0, 1, 127, 128, .max]
        for members in 0..<32 {
            for rotation in units.indices {
                var chunk = CounterChunk()
                chunk.through = UInt64(members) << 40
                for slot in 0..<5 where members & 1 << slot != 0 {
                    let value = units[(slot + rotation) % units.count]
                    chunk.points.append(Point(slot: Slot(Self.first.number + UInt32(slot)), units: value))
                    chunk.inexactPoints.append(
                        InexactPoint(slot: Slot(Self.first.number + UInt32(4 - slot)), value: Double(value) / 3)
                    )
                }
                chunk.inexactPoints.sort { $0.slot < $1.slot }
                try expectRoundTrip(chunk, span: 5)
            }
        }
    }

    @Test func `of random points comes back as it was`() throws {
        var random = SeededRandom(for: "random chunks")
        for _ in 0..<200 {
            try expectRoundTrip(randomChunk(&random, points: random.below(300)))
        }
        try expectRoundTrip(randomChunk(&random, points: Int(Self.span)))
    }

    private func randomChunk(_ random: inout SeededRandom, points: Int) -> CounterChunk {
        var chunk = CounterChunk()
        chunk.through = random.anyMagnitude()
        let slots = Set((0..<points).map { _ in UInt32(random.below(Int(Self.span))) }).sorted()
        for slot in slots {
            let slot = Slot(Self.first.number + slot)
            if random.chance(90) { chunk.points.append(Point(slot: slot, units: Int64(random.anyMagnitude() >> 1))) }
            if random.chance(5) {
                chunk.inexactPoints.append(InexactPoint(slot: slot, value: Double(random.anyMagnitude()) / 7))
            }
        }
        return chunk
    }

    @Test func `merged in any order has the sums of a dictionary, slot by slot`() {
        var random = SeededRandom(for: "merged chunks")
        for _ in 0..<100 {
            var chunk = CounterChunk()
            var sums: [UInt32: Int64] = [:]
            var inexactSums: [UInt32: Double] = [:]
            for _ in 0..<5 {
                var added: [Point] = []
                for _ in 0..<random.below(20) {
                    added.append(Point(slot: Slot(UInt32(random.below(30))), units: Int64(random.below(1_000))))
                }
                // Ordered by slot, and a slot may occur more than once.
                added.sort { $0.slot < $1.slot }
                chunk.merge(added)
                for point in added { sums[point.slot.number, default: 0] += point.units }
                let inexact = InexactPoint(slot: Slot(UInt32(random.below(30))), value: Double(random.below(100)) / 4)
                chunk.merge(inexact: inexact)
                inexactSums[inexact.slot.number, default: 0] += inexact.value
            }
            #expect(chunk.points == sums.sorted { $0.key < $1.key }.map { Point(slot: Slot($0.key), units: $0.value) })
            #expect(
                chunk.inexactPoints
                    == inexactSums.sorted { $0.key < $1.key }.map { InexactPoint(slot: Slot($0.key), value: $0.value) }
            )
        }
    }

    @Test func `goes on in floating point where a slot's sum leaves 64 bits`() {
        var chunk = CounterChunk()
        chunk.merge([Point(slot: Slot(5), units: .max - 1)])
        chunk.merge([Point(slot: Slot(5), units: 1)])
        #expect(chunk.points == [Point(slot: Slot(5), units: .max)])
        #expect(chunk.inexactPoints.isEmpty)
        chunk.merge([Point(slot: Slot(5), units: 2_500_000), Point(slot: Slot(6), units: 3)])
        #expect(chunk.points == [Point(slot: Slot(5), units: .max), Point(slot: Slot(6), units: 3)])
        #expect(chunk.inexactPoints == [InexactPoint(slot: Slot(5), value: 2.5)])
    }

    @Test func `with any flipped bit, cut anywhere, or with bytes behind it is refused`() throws {
        var random = SeededRandom(for: "damaged chunks")
        for points in [0, 1, 3, 40] {
            let bytes = randomChunk(&random, points: points).encode(from: Self.first)
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
        func sealed(_ fill: (inout ByteWriter) -> Void) -> [UInt8] {
            var writer = ByteWriter()
            fill(&writer)
            let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
            writer.fixed(crc)
            return writer.bytes
        }
        func varints(_ values: [UInt64]) -> [UInt8] { sealed { for value in values { $0.varint(value) } } }
        #expect(throws: Never.self) { try decode(varints([1, 9, 2, 0, 1, 7, 7, 0])) }
        let wrong: [String: [UInt64]] = [
            "another tag": [2, 9, 0, 0],
            "a slot twice": [1, 9, 2, 0, 0, 7, 7, 0],
            "a slot outside the span": [1, 9, 1, UInt64(Self.span), 7, 0],
            "a distance that overflows": [1, 9, 2, 5, .max, 7, 7, 0],
            "more points than bytes": [1, 9, .max, 0],
            "fewer units than slots": [1, 9, 2, 0, 1, 7],
            "more inexact points than bytes": [1, 9, 0, 1_000],
            "something behind the end": [1, 9, 0, 0, 0],
        ]
        for (what, values) in wrong {
            #expect(throws: ByteReader.Malformed.self, "\(what)") { try decode(varints(values)) }
        }
    }

    @Test func `of random bytes under a right checksum never ends the process`() {
        var random = SeededRandom(for: "random chunk bytes")
        var read = 0
        for _ in 0..<20_000 {
            var bytes = [1] + random.bytes(random.below(24)).map { random.chance(50) ? $0 & 0x0F : $0 }
            let crc = bytes.withUnsafeBytes { CRC32C.checksum($0) }
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: crc >> (8 * $0)) }
            if let chunk = try? decode(bytes) {
                read += 1
                #expect(chunk.points.count <= bytes.count)
            }
        }
        #expect(read > 0, "none was read, so this test looks at nothing")
    }
}
