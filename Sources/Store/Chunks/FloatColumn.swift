// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A column of Float64 values, bit for bit, in as few bytes as it can be.
///
/// Columns are blocks of `ColumnScratch.mostValues` values, the last with the rest, one behind the other:
///
///     tag:1            bits 0-1 the mode, bit 2 remainders, bit 3 exceptions, bits 4-7 the exponent e
///     integers         a block of `IntegerColumn`
///     remainders       a block of as many, when there are some
///     m:varint         when there are exceptions: how many, at least 1
///     positions        m, a block of `IntegerColumn`
///     bits             m, a block of `IntegerColumn`
///
/// Modes:
///
///     bits = 0         an integer holds the bits of a value, rotated left by one: the sign is the lowest bit, so that
///                      values of like magnitude are integers close to each other. No other part is there.
///     decimal = 1      a value is integer / 10^e, divided in Float64. What is left to the bits of the value, as an
///                      integer, is its remainder: 0 where there are none. Sums of decimals made in floating point are
///                      a few units in the last place beside a decimal.
///
/// Values that are no decimals (−0, infinities, NaN with its payload, the staleness marker) are exceptions.
enum FloatColumn {
    enum Mode: UInt8 {
        case bits = 0
        case decimal = 1
    }

    static let remaindersBit: UInt8 = 0x04
    static let exceptionsBit: UInt8 = 0x08
    static let mostExponent = 15

    /// 10^0...10^15, each exact.
    static func power(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    /// Reads `count` values into memory of the caller.
    ///
    /// - Complexity: O(`count`); allocates nothing.
    static func decode(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<Double>,
        count: Int,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        var done = 0
        while done < count {
            let size = min(count - done, ColumnScratch.mostValues)
            try decodeBlock(&reader, into: out + done, count: size, scratch)
            done += size
        }
    }

    private static func decodeBlock(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<Double>,
        count: Int,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        let tag = try reader.byte()
        let exponent = Int(tag >> 4)
        guard let mode = Mode(rawValue: tag & 3), mode == .decimal || tag == 0 else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        // The integers are decoded where the values are to be: both have eight bytes.
        let integers = UnsafeMutableRawPointer(out).assumingMemoryBound(to: Int64.self)
        let power = mode == .decimal ? power(exponent) : nil
        try IntegerColumn.decodeBlock(&reader, into: integers, count: count, dividedBy: power, scratch)
        if mode == .bits {
            for index in 0..<count {
                integers[index] = integers[index] &<< 63 | Int64(bitPattern: UInt64(bitPattern: integers[index]) &>> 1)
            }
            return
        }
        if tag & remaindersBit != 0 {
            try IntegerColumn.decodeBlock(&reader, into: scratch.first, count: count, scratch)
            for index in 0..<count { integers[index] &+= scratch.first[index] }
        }
        if tag & exceptionsBit != 0 {
            let exceptions = try reader.varint()
            guard exceptions > 0, exceptions <= UInt64(count) else { throw ByteReader.Malformed(offset: reader.offset) }
            try IntegerColumn.decodeBlock(&reader, into: scratch.first, count: Int(exceptions), scratch)
            try IntegerColumn.decodeBlock(&reader, into: scratch.second, count: Int(exceptions), scratch)
            for index in 0..<Int(exceptions) {
                let position = scratch.first[index]
                guard position >= 0, position < Int64(count) else { throw ByteReader.Malformed(offset: reader.offset) }
                integers[Int(position)] = scratch.second[index]
            }
        }
    }
}
