// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `Keyed hashes` {
    /// SipHash-c-d over whole words, as the paper writes it.
    private func plain(_ key: HashKey, _ words: [UInt64]) -> UInt64 {
        var v = [
            key.first ^ 0x736f_6d65_7073_6575, key.second ^ 0x646f_7261_6e64_6f6d, key.first ^ 0x6c79_6765_6e65_7261,
            key.second ^ 0x7465_6462_7974_6573,
        ]
        func rotate(_ word: UInt64, _ count: Int) -> UInt64 { word << UInt64(count) | word >> UInt64(64 - count) }
        func round() {
            v[0] &+= v[1]
            v[2] &+= v[3]
            v[1] = rotate(v[1], 13) ^ v[0]
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] &+= v[1]
            v[0] &+= v[3]
            v[1] = rotate(v[1], 17) ^ v[2]
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)
        }
        for word in words {
            v[3] ^= word
            round()
            v[0] ^= word
        }
        v[2] ^= 0xff
        for _ in 0..<3 { round() }
        return v[0] ^ v[1] ^ v[2] ^ v[3]
    }

    /// A message as SipHash pads it: little-endian words, the length in the last byte.
    private func words(_ message: [UInt8]) -> [UInt64] {
        var padded = message
        while padded.count % 8 != 7 { padded.append(0) }
        padded.append(UInt8(truncatingIfNeeded: message.count))
        return stride(from: 0, to: padded.count, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(padded[start + $1]) << UInt64(8 * $1) }
        }
    }

    private func hash(_ key: HashKey, _ pieces: [[UInt8]]) -> UInt64 {
        var hash = SipHash13(key)
        for piece in pieces { piece.withUnsafeBufferPointer { hash.add($0.baseAddress, count: $0.count) } }
        return hash.finish()
    }

    /// From CPython 3.11, whose `hash(bytes(range(n)))` is SipHash-1-3 under the key 0 when PYTHONHASHSEED is 0.
    @Test(
        arguments: [
            (1, 0x68a9_1412_8e01_e473), (2, 0x010b_ac45_c41e_3669), (7, 0x2f09_8ab0_c751_325a),
            (8, 0xead4_11e6_7ebe_2eea),
            (9, 0x7592_7f9d_9512_4362), (15, 0xf30e_b725_bb91_c9ea), (16, 0x8972_1884_33a5_c5b7),
            (17, 0x4883_c49a_2c00_9c1d), (63, 0x385d_3e39_e5f3_7359),
        ] as [(Int, UInt64)]
    )
    func `one piece hashes as SipHash-1-3 elsewhere`(length: Int, expected: UInt64) {
        let message = (0..<length).map { UInt8($0) }
        let key = HashKey(first: 0, second: 0)
        #expect(hash(key, [message]) == expected)
        #expect(plain(key, words(message)) == expected)
    }

    @Test func `random pieces hash as the reference does over their padded words`() {
        var random = SeededRandom(for: "SipHash-1-3")
        for _ in 0..<5_000 {
            let key = HashKey(first: random.next(), second: random.next())
            let pieces = (0..<(1 + random.below(3))).map { _ in
                (0..<random.below(random.below(2) == 0 ? 20 : 300)).map { _ in UInt8(random.below(256)) }
            }
            check(hash(key, pieces) == plain(key, pieces.flatMap(words)), "\(pieces) under \(key)")
        }
    }

    @Test func `a boundary moved between source and id changes the fingerprint`() {
        let message = bytes("abcdefghijklmnopqrstuvwxyz")
        let hashes = (0...message.count).map { hash(testKey, [Array(message[..<$0]), Array(message[$0...])]) }
        #expect(Set(hashes).count == message.count + 1)
        let events = (0...26).map { cut in
            #"{"type":"click","source":"\#(String(decoding: message[..<cut], as: UTF8.self))","id":"\#(String(decoding: message[cut...], as: UTF8.self))"}"#
        }
        #expect(Set(decode(events.dropLast().joined(separator: "\n")).fingerprints).count == 26)
    }

    @Test func `fingerprints of events are SipHash of source and id under the key`() {
        let batch = decode(#"{"type":"click","source":"shop","id":"a-1"}"# + "\n" + #"{"type":"click","id":"a-1"}"#)
        #expect(
            batch.fingerprints == [hash(testKey, [bytes("shop"), bytes("a-1")]), hash(testKey, [[], bytes("a-1")])]
        )
    }

    @Test func `a folded hash depends on every byte, the length and the key`() {
        var random = SeededRandom(for: "folded hash")
        for length in 1...70 {
            var text = (0..<length).map { _ in UInt8(random.below(256)) }
            func folded(_ key: HashKey = testKey) -> UInt64 {
                text.withUnsafeBufferPointer { FoldedHash.hash($0.baseAddress!, count: $0.count, key: key) }
            }
            var seen: Set<UInt64> = [
                folded(), folded(HashKey(first: 1, second: testKey.second)),
                folded(HashKey(first: testKey.first, second: 1)),
            ]
            for index in text.indices {
                text[index] ^= 1 << UInt8(random.below(8))
                seen.insert(folded())
            }
            text.append(0)
            seen.insert(folded())
            #expect(seen.count == length + 4, "\(length) bytes")
        }
    }
}
