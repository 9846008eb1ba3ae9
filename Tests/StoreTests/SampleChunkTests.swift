// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A sample chunk` {
    private let scratch = ColumnScratch()

    private struct Samples: Equatable {
        var timestamps: [Int64]
        var bits: [UInt64]
    }

    private func encode(_ samples: Samples) -> [UInt8] {
        samples.timestamps.withUnsafeBufferPointer { timestamps in
            samples.bits.withUnsafeBufferPointer { SampleChunk.encode(timestamps: timestamps, bits: $0, scratch) }
        }
    }

    private func decode(_ bytes: [UInt8], capacity: Int = SampleChunk.mostSamples) throws -> Samples {
        let timestamps = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
        let values = UnsafeMutablePointer<Double>.allocate(capacity: capacity)
        defer {
            timestamps.deallocate()
            values.deallocate()
        }
        let header = try bytes.withUnsafeBytes {
            try SampleChunk.decode($0, timestamps: timestamps, values: values, capacity: capacity, scratch)
        }
        return Samples(
            timestamps: Array(UnsafeBufferPointer(start: timestamps, count: header.count)),
            bits: UnsafeBufferPointer(start: values, count: header.count).map(\.bitPattern)
        )
    }

    private func samples(_ count: Int, _ random: inout SeededRandom) -> Samples {
        var time = Int64(random.next() >> UInt64(2 + random.below(40))) - (1 << 61)
        let step = Int64(1 + random.below(60_000))
        let jitter = random.chance(50) ? 1 + random.below(20) : 1
        let timestamps = (0..<count).map { _ -> Int64 in
            time += step + Int64(random.below(jitter))
            if random.chance(0.1) { time += 1_000_000 }
            return time
        }
        return Samples(timestamps: timestamps, bits: ColumnShapes.floats(count, &random))
    }

    @Test func `of any samples comes back as it was, and its head says what is in it`() throws {
        var random = SeededRandom(for: "sample chunks")
        for _ in 0..<80 {
            let samples = samples(min(ColumnShapes.size(&random), SampleChunk.mostSamples), &random)
            let bytes = encode(samples)
            try #require(try decode(bytes, capacity: samples.bits.count) == samples)
            let header = try bytes.withUnsafeBytes { try SampleChunk.header($0) }
            #expect(header.count == samples.bits.count)
            #expect(header.first == samples.timestamps.first)
            #expect(header.last == samples.timestamps.last)
        }
    }

    @Test func `from the first moment to the last comes back as it was`() throws {
        for timestamps: [Int64] in [
            [.min, .max], [.min, 0, .max], [.min], [.max], [-1, 0, 1], [.min, .min + 1, .max],
        ] {
            let samples = Samples(timestamps: timestamps, bits: timestamps.map { UInt64(bitPattern: $0) })
            #expect(try decode(encode(samples)) == samples)
        }
    }

    @Test func `has timestamps for a few bytes where they are regular`() throws {
        let timestamps = (0..<1_920).map { 1_750_000_000_000 + 15_000 * Int64($0) }
        let bytes = encode(Samples(timestamps: timestamps, bits: [UInt64](repeating: 0, count: 1_920)))
        // Tag, flags, count 2, first 6, step 3; values 3; checksum 4.
        #expect(bytes.count <= 20)
    }

    @Test func `has timestamps for their jitter where they jitter`() throws {
        var random = SeededRandom(for: "jitter")
        let timestamps = (0..<1_920).map { 1_750_000_000_000 + 15_000 * Int64($0) + Int64(random.below(8)) }
        let bytes = encode(Samples(timestamps: timestamps, bits: [UInt64](repeating: 0, count: 1_920)))
        #expect(bytes.count <= 1_920 * 3 / 8 + 48)
    }

    @Test func `of more samples than there is room for is refused`() throws {
        var random = SeededRandom(for: "room")
        let bytes = encode(samples(100, &random))
        #expect(throws: ByteReader.Malformed.self) { try decode(bytes, capacity: 99) }
    }

    @Test func `of a later version is refused as such`() throws {
        var random = SeededRandom(for: "later versions")
        var bytes = Array(encode(samples(100, &random)).dropLast(4))
        bytes[1] |= 0x02
        let error = #expect(throws: ByteReader.Malformed.self) { try decode(sealed(bytes)) }
        #expect(error?.isOfOtherVersion == true)
    }

    @Test func `with any flipped bit, cut anywhere, or with bytes behind it is refused`() throws {
        var random = SeededRandom(for: "damaged sample chunks")
        for count in [1, 2, 5, 60] {
            let bytes = encode(samples(count, &random))
            for offset in bytes.indices {
                for bit in 0..<8 {
                    var damaged = bytes
                    damaged[offset] ^= 1 << bit
                    #expect(throws: ByteReader.Malformed.self, "byte \(offset), bit \(bit)") { try decode(damaged) }
                }
                #expect(throws: ByteReader.Malformed.self, "cut at \(offset)") { try decode(Array(bytes[..<offset])) }
            }
            #expect(throws: ByteReader.Malformed.self) { try decode(bytes + [0]) }
            #expect(throws: ByteReader.Malformed.self) { try decode(sealed(bytes.dropLast(4) + [0])) }
        }
    }

    @Test func `of hostile bytes under a right checksum never ends the process`() {
        var random = SeededRandom(for: "hostile sample chunks")
        var read = 0
        for _ in 0..<100 {
            let good = Array(encode(samples(1 + random.below(600), &random)).dropLast(4))
            for _ in 0..<20 {
                var bytes = good
                for _ in 0...random.below(3) { bytes[random.below(min(bytes.count, 80))] = UInt8(random.below(256)) }
                if random.chance(20) { bytes.removeLast(random.below(bytes.count)) }
                if let samples = try? decode(sealed(bytes)) {
                    read += 1
                    #expect(zip(samples.timestamps, samples.timestamps.dropFirst()).allSatisfy { $0 < $1 })
                }
            }
        }
        #expect(read > 0, "none was read, so this test looks at nothing")
    }

    private func sealed(_ body: [UInt8]) -> [UInt8] {
        ColumnShapes.sealed(body, checksum: body.withUnsafeBytes { CRC32C.checksum($0) })
    }
}
