// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `An integer column` {
    private let scratch = ColumnScratch()

    private func encode(_ values: [Int64]) -> [UInt8] {
        var writer = ByteWriter()
        values.withUnsafeBufferPointer { values in
            guard let start = values.baseAddress else { return }
            IntegerColumn.encode(start, count: values.count, into: &writer, scratch)
        }
        return writer.bytes
    }

    /// The values, read from memory that ends where the bytes do.
    private func decode(_ bytes: [UInt8], count: Int) throws -> [Int64] {
        try bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let values = try [Int64](unsafeUninitializedCapacity: count) { buffer, size in
                guard let start = buffer.baseAddress else { return }
                try IntegerColumn.decode(&reader, into: start, count: count, scratch)
                size = count
            }
            #expect(reader.remaining == 0)
            return values
        }
    }

    private func expectRoundTrip(_ values: [Int64], atMost bytes: Int = .max) throws {
        let encoded = encode(values)
        try #require(try decode(encoded, count: values.count) == values)
        #expect(encoded.count <= bytes)
    }

    @Test func `of any shape comes back as it was`() throws {
        var random = SeededRandom(for: "integer columns")
        for _ in 0..<150 {
            try expectRoundTrip(ColumnShapes.integers(ColumnShapes.size(&random), &random))
        }
    }

    @Test func `of every few edge values comes back as it was`() throws {
        let edges: [Int64] = [.min, .min + 1, -1, 0, 1, 127, .max - 1, .max]
        for first in edges {
            try expectRoundTrip([first])
            for second in edges {
                try expectRoundTrip([first, second])
                for third in edges { try expectRoundTrip([first, second, third]) }
            }
        }
    }

    @Test func `of one value, or of a step from value to value, takes a few bytes`() throws {
        try expectRoundTrip([Int64](repeating: 0, count: 1_920), atMost: 2)
        try expectRoundTrip([Int64](repeating: .min, count: 1_920), atMost: 11)
        try expectRoundTrip((0..<1_920).map { 1_750_000_000_000 + 15_000 * $0 }, atMost: 11)
        try expectRoundTrip((0..<1_920).map { Int64($0) &* .max }, atMost: 22)
        try expectRoundTrip((0..<1_920).map { 3 * $0 * $0 - 7 * $0 + 5 }, atMost: 6)
    }

    @Test func `of counts takes hardly more than their information`() throws {
        var random = SeededRandom(for: "counts")
        // Bits of information of a Poisson distribution; e to the minus mean.
        for (information, limit) in [(1.34, 0.606_530_659_712_633), (4.21, 2.061_153_622_438_56e-9)] {
            let counts = (0..<1_920).map { _ in ColumnShapes.poisson(limit, &random) }
            let most = Int(information * 1_920 / 8 * 1.06) + 36
            try expectRoundTrip(counts, atMost: most)
            var sum: Int64 = 1 << 40
            let sums = counts.map { count -> Int64 in
                sum += count
                return sum
            }
            try expectRoundTrip(sums, atMost: most + 8)
        }
    }

    @Test func `of slots that are there by chance takes hardly more than their information`() throws {
        var random = SeededRandom(for: "slots")
        let slots = (0..<Int64(1_920)).filter { _ in random.chance(40) }
        // 0.971 bits for each of the 1,920.
        try expectRoundTrip(slots, atMost: 233 + 32)
        try expectRoundTrip((0..<Int64(1_920)).filter { $0 != 700 && $0 != 701 }, atMost: 48)
    }

    @Test func `of what comes again and again takes one period`() throws {
        var random = SeededRandom(for: "periods")
        let period = (0..<20).map { _ in Int64(random.next() >> 40) }
        try expectRoundTrip((0..<2_000).map { period[$0 % 20] }, atMost: 20 * 3 + 64)
    }

    @Test func `of multiples takes what the multiples take`() throws {
        var random = SeededRandom(for: "multiples")
        let small = (0..<1_000).map { _ in Int64(random.below(16)) }
        try expectRoundTrip(small.map { $0 * 1_000_000_007 }, atMost: encode(small).count + 12)
    }

    @Test func `of any bits takes eight bytes a value`() throws {
        var random = SeededRandom(for: "any bits")
        try expectRoundTrip((0..<1_920).map { _ in Int64(bitPattern: random.next()) }, atMost: 1_920 * 8 + 16)
    }

    @Test func `cut anywhere is refused`() throws {
        var random = SeededRandom(for: "cut integer columns")
        for _ in 0..<20 {
            let values = ColumnShapes.integers(1 + random.below(300), &random)
            let bytes = encode(values)
            for end in bytes.indices {
                #expect(throws: ByteReader.Malformed.self) { try decode(Array(bytes[..<end]), count: values.count) }
            }
        }
    }

    @Test func `of hostile bytes never ends the process`() {
        var random = SeededRandom(for: "hostile integer columns")
        var read = 0
        for _ in 0..<100 {
            let count = ColumnShapes.size(&random)
            let good = encode(ColumnShapes.integers(count, &random))
            for _ in 0..<20 {
                var bytes = good
                for _ in 0...random.below(3) { bytes[random.below(min(bytes.count, 60))] = UInt8(random.below(256)) }
                if random.chance(20) { bytes.removeLast(random.below(bytes.count)) }
                let size = random.chance(80) ? count : ColumnShapes.size(&random)
                let out = UnsafeMutablePointer<Int64>.allocate(capacity: size)
                defer { out.deallocate() }
                let isRead = bytes.withUnsafeBytes { bytes in
                    var reader = ByteReader(bytes)
                    return (try? IntegerColumn.decode(&reader, into: out, count: size, scratch)) != nil
                }
                if isRead { read += 1 }
            }
        }
        #expect(read > 0, "none was read, so this test looks at nothing")
    }
}
