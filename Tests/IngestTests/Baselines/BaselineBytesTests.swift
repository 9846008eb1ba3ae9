// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `A baseline as bytes` {
    private func decode(_ bytes: [UInt8]) throws -> Baseline {
        try bytes.withUnsafeBytes { try Baseline(decoding: $0) }
    }

    private let small = Baseline(
        model: "m",
        version: "2",
        number: 300,
        created: Timestamp(milliseconds: -1),
        source: "s",
        features: [
            FeatureBaseline(
                name: "x",
                bins: .numeric(upperBounds: [0.5], positions: [0, 1], standardDeviation: 0.5),
                counts: [1, 200],
                missing: 3
            ),
            FeatureBaseline(name: "c", bins: .categories(["é"]), counts: [4, 0], missing: 0),
        ]
    )

    @Test func `has the layout that is drawn`() throws {
        let half: [UInt8] = [0, 0, 0, 0, 0, 0, 0xE0, 0x3F]
        let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
        var expected: [UInt8] = [1, 0xAC, 2, 1, 1, 0x6D, 1, 1, 0x32, 1, 0x73, 2]
        expected += [1, 0x78, 3, 1, 2] + half + Array(repeating: 0, count: 8) + one + half + [1, 0xC8, 1]
        expected += [1, 0x63, 0, 2, 1, 2, 0xC3, 0xA9, 4, 0]
        #expect(small.encoded() == expected)
        #expect(try decode(expected) == small)
    }

    @Test func `comes back as it was`() throws {
        var random = SeededRandom(for: "baseline bytes")
        for number in 0..<2_000 {
            let baseline = random.baseline(
                model: random.word(),
                version: random.chance(50) ? random.word() : nil,
                number: UInt32(number) &* 0x8000_0001
            )
            let decoded = try decode(baseline.encoded())
            check(decoded == baseline, "\(baseline)")
        }
    }

    @Test func `is refused when cut anywhere, or with a byte behind it`() {
        var random = SeededRandom(for: "cut baseline")
        for _ in 0..<20 {
            let bytes = random.baseline(model: "model", version: "1", number: 1).encoded()
            for end in bytes.indices {
                #expect(throws: ByteReader.Malformed.self) { try decode(Array(bytes[..<end])) }
            }
            #expect(throws: ByteReader.Malformed.self) { try decode(bytes + [0]) }
        }
    }

    @Test func `with any changed byte is refused or another one that can be written`() throws {
        var random = SeededRandom(for: "changed baseline")
        for _ in 0..<20 {
            let bytes = random.baseline(model: "model", version: "1", number: 1).encoded()
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= UInt8(1 << random.below(8))
                guard let other = try? decode(changed) else { continue }
                let again = try decode(other.encoded())
                check(again == other, "\(other)")
            }
        }
    }

    @Test func `of a later format is told from a broken one`() {
        let bytes = [2] + small.encoded().dropFirst()
        let fault = #expect(throws: ByteReader.Malformed.self) { try decode(bytes) }
        #expect(fault?.isOfOtherVersion == true)
    }

    @Test func `that no baseline can be is refused`() {
        func refused(_ bins: FeatureBaseline.Bins, counts: [UInt64], sourceLocation: SourceLocation = #_sourceLocation)
        {
            let feature = FeatureBaseline(name: "f", bins: bins, counts: counts, missing: 0)
            let baseline = Baseline(model: "m", created: made, source: "", features: [feature])
            #expect(throws: ByteReader.Malformed.self, sourceLocation: sourceLocation) {
                try decode(baseline.encoded())
            }
        }
        refused(.numeric(upperBounds: [1, 1], positions: [0, 0, 0], standardDeviation: 1), counts: [0, 0, 0])
        refused(.numeric(upperBounds: [.infinity], positions: [0, 0], standardDeviation: 1), counts: [0, 0])
        refused(.numeric(upperBounds: [1], positions: [0, .nan], standardDeviation: 1), counts: [0, 0])
        refused(.numeric(upperBounds: [], positions: [0], standardDeviation: -1), counts: [0])
        refused(.numeric(upperBounds: [], positions: [0], standardDeviation: .infinity), counts: [0])
        let many = Array(repeating: 0.0, count: 21)
        refused(
            .numeric(upperBounds: (0..<20).map(Double.init), positions: many, standardDeviation: 1),
            counts: many.map { _ in 0 }
        )
        refused(.categories(["a", "a"]), counts: [1, 1, 0])
        refused(.categories(["other"]), counts: [1, 0])
        refused(.categories([""]), counts: [1, 0])
        refused(.categories(["a"]), counts: [.max, 1])
        let feature = FeatureBaseline(name: "f", bins: .categories([]), counts: [0], missing: 0)
        let baseline = Baseline(model: "m", created: made, source: "", features: [feature, feature])
        #expect(throws: ByteReader.Malformed.self) { try decode(baseline.encoded()) }
    }

    @Test func `names that only look alike are two features`() throws {
        let features = ["\u{E9}", "e\u{301}"].map {
            FeatureBaseline(name: $0, bins: .categories([]), counts: [0], missing: 0)
        }
        let baseline = Baseline(model: "m", created: made, source: "", features: features)
        #expect(try decode(baseline.encoded()).features.count == 2)
    }
}
