// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Texts of events by number: lists of labels as a key holds them (for each two bytes of length, little-endian, and the
/// bytes). Equal ones have one number; none is ever forgotten, for labels are few. Not thread safe.
struct TextTable: ~Copyable {
    private struct Text: BitwiseCopyable {
        var offset: Int
        var count: Int
        var hash: UInt64
    }

    private static let key = HashKey(first: 0x9E37_79B9_7F4A_7C15, second: 0xC2B2_AE3D_27D4_EB4F)

    private var bytes = GrowableBuffer<UInt8>(capacity: 4_096)
    private var texts = GrowableBuffer<Text>(capacity: 64)
    private var places: UnsafeMutableBufferPointer<UInt32>

    init() {
        places = TextTable.makePlaces(128)
        // Number 0 is the empty one, which nobody asks for by its bytes.
        texts.append(Text(offset: 0, count: 0, hash: 0))
    }

    deinit {
        places.deallocate()
    }

    private static func makePlaces(_ capacity: Int) -> UnsafeMutableBufferPointer<UInt32> {
        let places = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: capacity)
        places.initialize(repeating: 0)
        return places
    }

    /// The bytes of a number; valid until the next `number(of:)`.
    @inline(__always)
    subscript(number: UInt32) -> UnsafeBufferPointer<UInt8> {
        let text = texts.base[Int(number)]
        return UnsafeBufferPointer(start: bytes.base + text.offset, count: text.count)
    }

    /// The number of a text, given now if it has none.
    mutating func number(of text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        guard let start = text.baseAddress, !text.isEmpty else { return 0 }
        let hash = FoldedHash.hash(start, count: text.count, key: TextTable.key)
        var index = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[index] != 0 {
            let known = texts.base[Int(places[index])]
            if known.hash == hash, known.count == text.count, memcmp(bytes.base + known.offset, start, text.count) == 0
            {
                return places[index]
            }
            index = (index + 1) & (places.count - 1)
        }
        let number = UInt32(texts.count)
        texts.append(Text(offset: bytes.count, count: text.count, hash: hash))
        bytes.append(from: start, count: text.count)
        places[index] = number
        if texts.count * 2 > places.count { grow() }
        return number
    }

    private mutating func grow() {
        let capacity = places.count * 2
        places.deallocate()
        places = TextTable.makePlaces(capacity)
        for number in 1..<texts.count {
            var index = Int(truncatingIfNeeded: texts.base[number].hash) & (places.count - 1)
            while places[index] != 0 { index = (index + 1) & (places.count - 1) }
            places[index] = UInt32(number)
        }
    }
}
