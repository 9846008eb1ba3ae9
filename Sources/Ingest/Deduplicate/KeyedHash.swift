// SPDX-License-Identifier: Apache-2.0

/// The secret of a store, under which it fingerprints identities. Made once from the system's random numbers and kept
/// in the store, so that nobody outside can craft two identities with one fingerprint.
public struct HashKey: Hashable, Sendable {
    /// The first half.
    public var first: UInt64
    /// The second half.
    public var second: UInt64

    /// A key of two halves.
    public init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// A key for another purpose, from which this one cannot be told. What it hashes has nothing to do with identities.
    func derived(_ purpose: StaticString) -> HashKey {
        func half(_ number: UInt64) -> UInt64 {
            var hash = SipHash13(self)
            hash.add(purpose.utf8Start, count: purpose.utf8CodeUnitCount)
            hash.add(number)
            return hash.finish()
        }
        return HashKey(first: half(1), second: half(2))
    }
}

/// SipHash-1-3 of bytes given piece by piece (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, with one
/// round for each word and three at the end, as in Swift's and Rust's own hash tables).
struct SipHash13 {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    @inline(__always)
    init(_ key: HashKey) {
        v0 = key.first ^ 0x736f_6d65_7073_6575
        v1 = key.second ^ 0x646f_7261_6e64_6f6d
        v2 = key.first ^ 0x6c79_6765_6e65_7261
        v3 = key.second ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = (v1 << 13 | v1 >> 51) ^ v0
        v0 = v0 << 32 | v0 >> 32
        v2 = v2 &+ v3
        v3 = (v3 << 16 | v3 >> 48) ^ v2
        v0 = v0 &+ v3
        v3 = (v3 << 21 | v3 >> 43) ^ v0
        v2 = v2 &+ v1
        v1 = (v1 << 17 | v1 >> 47) ^ v2
        v2 = v2 << 32 | v2 >> 32
    }

    @inline(__always)
    mutating func add(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    /// Adds the bytes and their count, so that ("ab", "c") and ("a", "bc") differ.
    @inline(__always)
    mutating func add(_ bytes: UnsafePointer<UInt8>?, count: Int) {
        var index = 0
        if let bytes {
            let raw = UnsafeRawPointer(bytes)
            while index &+ 8 <= count {
                add(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index &+= 8
            }
            add(TailBytes.word(raw, from: index, to: count) | UInt64(truncatingIfNeeded: count) << 56)
        } else {
            add(0)
        }
    }

    @inline(__always)
    mutating func finish() -> UInt64 {
        v2 ^= 0xff
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }
}

/// The bytes of a text behind its last whole word.
enum TailBytes {
    /// The bytes `from..<to`, fewer than eight, as the low bytes of a word; zero behind them.
    @inline(__always)
    static func word(_ bytes: UnsafeRawPointer, from: Int, to: Int) -> UInt64 {
        let rest = to &- from
        if rest == 0 { return 0 }
        if to >= 8 {
            // The last eight bytes of the text, without those that are no tail.
            let last = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: to &- 8, as: UInt64.self))
            return last &>> UInt64(truncatingIfNeeded: 64 &- 8 &* rest)
        }
        if rest >= 4 && from == 0 {
            // The first four and the last four, which may overlap.
            let first = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
            let last = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: to &- 4, as: UInt32.self))
            return UInt64(first) | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* (to &- 4))
        }
        var word: UInt64 = 0
        var index = to
        while index > from {
            index &-= 1
            word = word &<< 8 | UInt64(bytes.load(fromByteOffset: index, as: UInt8.self))
        }
        return word
    }
}

/// A fast hash for tables whose entries are compared byte by byte, and for content digests: words folded by 128-bit
/// multiplication under the store's secret.
enum FoldedHash {
    @inline(__always)
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    static func hash(_ bytes: UnsafePointer<UInt8>, count: Int, key: HashKey) -> UInt64 {
        let raw = UnsafeRawPointer(bytes)
        var state = key.first ^ UInt64(truncatingIfNeeded: count)
        var index = 0
        while index &+ 16 <= count {
            let a = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let b = raw.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)
            state = mix(a ^ key.second, b ^ state)
            index &+= 16
        }
        var a: UInt64 = 0
        let b: UInt64
        if index &+ 8 <= count {
            a = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        b = TailBytes.word(raw, from: index, to: count)
        state = mix(a ^ key.second, b ^ state)
        return mix(state ^ 0x9E37_79B9_7F4A_7C15, key.second | 1)
    }
}
