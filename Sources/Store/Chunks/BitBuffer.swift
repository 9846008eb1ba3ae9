// SPDX-License-Identifier: Apache-2.0

/// Writes bits, the lowest of each number first, into memory that is large enough: the caller sees to that, eight
/// bytes beyond the last bit included.
struct BitSink {
    private let memory: UnsafeMutableRawPointer
    private var bits: UInt64 = 0
    private var filled: UInt64 = 0
    private var written = 0

    init(_ memory: UnsafeMutableRawPointer) {
        self.memory = memory
    }

    /// The lowest `count` bits of a number, 0...64 of them; the others have to be zero.
    @inline(__always)
    mutating func put(_ value: UInt64, count: UInt64) {
        bits |= value << filled
        let total = filled + count
        if total >= 64 {
            memory.storeBytes(of: bits.littleEndian, toByteOffset: written, as: UInt64.self)
            written += 8
            // Of a shift by 64 and more, Swift's `>>` makes zero.
            bits = value >> (64 - filled)
            filled = total - 64
        } else {
            filled = total
        }
    }

    /// Elias' gamma code of a number from 1 on: its length in zeros, then the number with the highest bit first.
    mutating func putGamma(_ value: UInt32) {
        let length = UInt64(31 - value.leadingZeroBitCount)
        put(1 << length, count: length + 1)
        put(UInt64(value) & (1 << length - 1), count: length)
    }

    /// Ends with zeros up to a whole byte; how many bytes it came to.
    mutating func finish() -> Int {
        memory.storeBytes(of: bits.littleEndian, toByteOffset: written, as: UInt64.self)
        return written + Int((filled + 7) / 8)
    }
}

/// Reads what `BitSink` wrote. Every read checks the bounds.
struct BitSource {
    private let bytes: UnsafeRawBufferPointer
    /// The position in bits.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// How many bytes were begun.
    var bytesRead: Int { (position + 7) / 8 }

    /// Goes on so many bits further; `take` finds out if that is beyond the end.
    mutating func skip(_ count: Int) {
        position += count
    }

    /// The next 0...64 bits; nil beyond the end.
    mutating func take(_ count: Int) -> UInt64? {
        guard position + count <= bytes.count * 8 else { return nil }
        if count <= 56, position >> 3 + 8 <= bytes.count, let start = bytes.baseAddress {
            let word = loadWord(start, position >> 3) &>> UInt64(position & 7)
            position += count
            return word & (1 &<< UInt64(count) &- 1)
        }
        var value: UInt64 = 0
        var done = 0
        while done < count {
            let byte = UInt64(bytes[(position + done) >> 3]) >> UInt64((position + done) & 7)
            value |= byte << UInt64(done)
            done += 8 - (position + done) & 7
        }
        position += count
        return count == 64 ? value : value & (1 << UInt64(count) - 1)
    }

    /// A number in Elias' gamma code, below 2^16; nil where there is none.
    mutating func takeGamma() -> UInt32? {
        if position >> 3 + 8 <= bytes.count, let start = bytes.baseAddress {
            let word = loadWord(start, position >> 3) &>> UInt64(position & 7)
            let length = word.trailingZeroBitCount
            guard length < 16 else { return nil }
            position += 2 * length + 1
            let mask = UInt64(1) &<< UInt64(length) &- 1
            return UInt32(truncatingIfNeeded: 1 &<< UInt64(length) | word &>> UInt64(length + 1) & mask)
        }
        var length = 0
        while true {
            guard length < 16, let bit = take(1) else { return nil }
            if bit == 1 { break }
            length += 1
        }
        guard let rest = take(length) else { return nil }
        return 1 << UInt32(length) | UInt32(rest)
    }
}

/// Eight bytes at any address, the lowest first.
@inline(__always)
func loadWord(_ address: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: address.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}
