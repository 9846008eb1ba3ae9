// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A float column` {
    private let scratch = ColumnScratch()

    private func encode(_ bits: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        bits.withUnsafeBufferPointer { bits in
            guard let start = bits.baseAddress else { return }
            FloatColumn.encode(start, count: bits.count, into: &writer, scratch)
        }
        return writer.bytes
    }

    private func decode(_ bytes: [UInt8], count: Int) throws -> [UInt64] {
        try bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let values = try [Double](unsafeUninitializedCapacity: count) { buffer, size in
                guard let start = buffer.baseAddress else { return }
                try FloatColumn.decode(&reader, into: start, count: count, scratch)
                size = count
            }
            #expect(reader.remaining == 0)
            return values.map(\.bitPattern)
        }
    }

    private func expectRoundTrip(_ bits: [UInt64], atMost bytes: Int = .max) throws {
        let encoded = encode(bits)
        try #require(try decode(encoded, count: bits.count) == bits)
        #expect(encoded.count <= bytes)
    }

    @Test func `of any shape comes back bit for bit`() throws {
        var random = SeededRandom(for: "float columns")
        for _ in 0..<150 {
            try expectRoundTrip(ColumnShapes.floats(ColumnShapes.size(&random), &random))
        }
    }

    @Test func `of every few special values comes back bit for bit`() throws {
        let edges =
            ColumnShapes.specials + [0, 1.0.bitPattern, (-0.1).bitPattern, 0x1p62.bitPattern, 0x1p63.bitPattern]
        for first in edges {
            try expectRoundTrip([first])
            for second in edges {
                try expectRoundTrip([first, second])
                try expectRoundTrip([first, first, second, 2.5.bitPattern, first, 0.001.bitPattern])
            }
        }
    }

    @Test func `of decimals takes what their integers take`() throws {
        var random = SeededRandom(for: "decimals")
        var power = 1.0
        for exponent in 0...9 {
            let integers = (0..<1_920).map { _ in Int64(random.below(2_000)) - 1_000 }
            // 11 bits, and a table.
            try expectRoundTrip(integers.map { (Double($0) / power).bitPattern }, atMost: 1_920 * 11 / 8 + 48)
            #expect(encode(integers.map { (Double($0) / power).bitPattern })[0] >> 4 <= UInt8(exponent))
            power *= 10
        }
    }

    @Test func `of decimals with a few staleness markers takes a few bytes more`() throws {
        var random = SeededRandom(for: "stale decimals")
        var bits = (0..<1_920).map { _ in (Double(random.below(1_000)) / 100).bitPattern }
        let plain = encode(bits).count
        for index in [10, 500, 1_919] { bits[index] = 0x7FF0_0000_0000_0002 }
        try expectRoundTrip(bits, atMost: plain + 32)
    }

    @Test func `of decimals that floating point has summed up is smaller than their bits`() throws {
        var random = SeededRandom(for: "sums of decimals")
        var sum = 0.0
        let bits = (0..<1_920).map { _ -> UInt64 in
            sum += Double(random.below(1 << 20)) / 1_000_000
            return sum.bitPattern
        }
        // 20 bits of a sum's growth, and of its rounding a few.
        try expectRoundTrip(bits, atMost: 1_920 * 26 / 8)
    }

    @Test func `of one value takes a few bytes`() throws {
        try expectRoundTrip([UInt64](repeating: 0, count: 1_920), atMost: 3)
        try expectRoundTrip([UInt64](repeating: 12.25.bitPattern, count: 1_920), atMost: 5)
        for special in ColumnShapes.specials {
            try expectRoundTrip([UInt64](repeating: special, count: 1_920), atMost: 13)
        }
    }

    @Test func `cut anywhere is refused`() throws {
        var random = SeededRandom(for: "cut float columns")
        for _ in 0..<20 {
            let bits = ColumnShapes.floats(1 + random.below(300), &random)
            let bytes = encode(bits)
            for end in bytes.indices {
                #expect(throws: ByteReader.Malformed.self) { try decode(Array(bytes[..<end]), count: bits.count) }
            }
        }
    }
}
