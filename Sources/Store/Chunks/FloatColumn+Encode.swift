// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension FloatColumn {
    /// Appends the values with these bits, block by block.
    ///
    /// - Complexity: O(`count`), about 100 ns a value.
    static func encode(
        _ bits: UnsafePointer<UInt64>,
        count: Int,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        var done = 0
        while done < count {
            let size = min(count - done, ColumnScratch.mostValues)
            encodeBlock(bits + done, count: size, into: &writer, scratch)
            done += size
        }
    }

    private static func encodeBlock(
        _ bits: UnsafePointer<UInt64>,
        count: Int,
        into writer: inout ByteWriter,
        _ scratch: ColumnScratch
    ) {
        let encoder = scratch.encoder
        var best: ByteWriter?
        func keep(_ other: ByteWriter) {
            if other.bytes.count < best?.bytes.count ?? .max { best = other }
        }
        if let found = decimals(bits, count: count, encoder) {
            keep(
                decimalBlock(bits, count: count, exponent: found.exponent, remainders: false, found.exceptions, scratch)
            )
            // A few exceptions cost less than any other way would.
            if found.exceptions <= count / 64 { return append(best, to: &writer) }
        }
        if let exponent = nearExponent(bits, count: count) {
            let exceptions = nearDecimals(bits, count: count, exponent: exponent, encoder)
            if exceptions <= count / 4 {
                keep(decimalBlock(bits, count: count, exponent: exponent, remainders: true, exceptions, scratch))
                // Bits take more than five bytes where their lower half is noise.
                if let best, best.bytes.count <= count * 5 { return append(best, to: &writer) }
            }
        }
        var other = ByteWriter()
        other.byte(Mode.bits.rawValue)
        for index in 0..<count {
            encoder.mantissas[index] = Int64(bitPattern: bits[index] &<< 1 | bits[index] &>> 63)
        }
        IntegerColumn.encodeBlock(encoder.mantissas, count: count, into: &other, scratch)
        keep(other)
        append(best, to: &writer)
    }

    private static func append(_ block: ByteWriter?, to writer: inout ByteWriter) {
        block?.bytes.withUnsafeBytes { writer.raw($0) }
    }

    /// A block in decimal mode; integers, remainders, positions and bits are the encoder's.
    private static func decimalBlock(
        _ bits: UnsafePointer<UInt64>,
        count: Int,
        exponent: Int,
        remainders: Bool,
        _ exceptions: Int,
        _ scratch: ColumnScratch
    ) -> ByteWriter {
        let encoder = scratch.encoder
        var writer = ByteWriter(capacity: count)
        writer.byte(
            Mode.decimal.rawValue | (remainders ? remaindersBit : 0) | (exceptions > 0 ? exceptionsBit : 0)
                | UInt8(exponent) << 4
        )
        IntegerColumn.encodeBlock(encoder.mantissas, count: count, into: &writer, scratch)
        if remainders { IntegerColumn.encodeBlock(encoder.remainders, count: count, into: &writer, scratch) }
        if exceptions > 0 {
            writer.varint(UInt64(exceptions))
            for index in 0..<exceptions {
                encoder.words[index] = Int64(bitPattern: bits[Int(encoder.positions[index])])
            }
            IntegerColumn.encodeBlock(encoder.positions, count: exceptions, into: &writer, scratch)
            IntegerColumn.encodeBlock(encoder.words, count: exceptions, into: &writer, scratch)
        }
        return writer
    }

    // MARK: - Decimals

    /// 1.5 × 2^52: of a sum with it the lowest bits are the other number, rounded to an integer.
    private static let rounder = 6_755_399_441_055_744.0
    /// Up to here that holds.
    private static let mostRounded = 2_251_799_813_685_248.0

    /// The integer whose quotient by `power` has exactly these bits.
    @inline(__always)
    private static func integer(_ bits: UInt64, _ power: Double) -> Int64? {
        let value = Double(bitPattern: bits)
        if power == 1 {
            guard value.magnitude < 0x1p62 else { return nil }
            let integer = Int64(value)
            return Double(integer).bitPattern == bits ? integer : nil
        }
        let scaled = value * power
        guard scaled.magnitude < mostRounded else { return nil }
        let sum = scaled + rounder
        guard ((sum - rounder) / power).bitPattern == bits else { return nil }
        return Int64(bitPattern: sum.bitPattern &- rounder.bitPattern)
    }

    private static func isSpecial(_ bits: UInt64) -> Bool {
        bits >> 52 & 0x7FF == 0x7FF || bits == 1 << 63
    }

    /// The least exponent with which a value is a decimal.
    private static func leastExponent(_ bits: UInt64) -> Int? {
        var power = 1.0
        for exponent in 0...mostExponent {
            if integer(bits, power) != nil { return exponent }
            power *= 10
        }
        return nil
    }

    /// The places of up to 16 values spread over the column.
    private static func sample(_ count: Int) -> StrideTo<Int> {
        stride(from: 0, to: count, by: max(1, (count + 15) / 16))
    }

    /// Fills the encoder's `mantissas` and the `positions` of exceptions, with the least exponent that fits the values;
    /// nil when more than a quarter does not fit any.
    ///
    /// The exponent is that of a sample, and grows where a value needs more: seldom, and then all begins anew.
    private static func decimals(_ bits: UnsafePointer<UInt64>, count: Int, _ encoder: ColumnEncoderScratch)
        -> (exponent: Int, exceptions: Int)?
    {
        var exponent = 0
        var misfits = 0
        for index in sample(count) where !isSpecial(bits[index]) {
            if let least = leastExponent(bits[index]) { exponent = max(exponent, least) } else { misfits += 1 }
        }
        if misfits > 8 { return nil }
        restart: while true {
            let power = power(exponent)
            var exceptions = 0
            var previous: Int64 = 0
            for index in 0..<count {
                if let integer = integer(bits[index], power) {
                    previous = integer
                } else {
                    if exponent < mostExponent, !isSpecial(bits[index]), let least = leastExponent(bits[index]),
                        least > exponent
                    {
                        exponent = least
                        continue restart
                    }
                    encoder.positions[exceptions] = Int64(index)
                    exceptions += 1
                    if exceptions > count / 4 + 1 { return nil }
                }
                // Exceptions repeat the value before: that is the least change.
                encoder.mantissas[index] = previous
            }
            return (exponent, exceptions)
        }
    }

    // MARK: - Nearly decimals

    /// The integer nearest to the value times `power`, and how many steps of the last place the value is beside it: nil
    /// unless that is far less than from one integer to the next.
    @inline(__always)
    private static func nearInteger(_ bits: UInt64, _ power: Double) -> (integer: Int64, remainder: Int64)? {
        let scaled = Double(bitPattern: bits) * power
        guard scaled.magnitude < mostRounded else { return nil }
        let sum = scaled + rounder
        let integer = sum - rounder
        let remainder = Int64(bitPattern: bits &- (integer / power).bitPattern)
        // From one integer to the next there are 2^52 / integer steps, or up to twice as many.
        guard remainder.magnitude < 1 << 24, Double(remainder.magnitude) * 16 * integer.magnitude <= 0x1p52 else {
            return nil
        }
        return (Int64(bitPattern: sum.bitPattern &- rounder.bitPattern), remainder)
    }

    /// The least exponent with which nearly all values of a sample are near a decimal.
    private static func nearExponent(_ bits: UnsafePointer<UInt64>, count: Int) -> Int? {
        var power = 1.0
        for exponent in 0...mostExponent {
            var near = 0
            var all = 0
            for index in sample(count) where !isSpecial(bits[index]) && bits[index] != 0 {
                all += 1
                if nearInteger(bits[index], power) != nil { near += 1 }
            }
            if all >= 4, near * 8 >= all * 7 { return exponent }
            power *= 10
        }
        return nil
    }

    /// Fills the encoder's `mantissas`, `remainders` and `positions`; how many exceptions there are.
    private static func nearDecimals(
        _ bits: UnsafePointer<UInt64>,
        count: Int,
        exponent: Int,
        _ encoder: ColumnEncoderScratch
    ) -> Int {
        let power = power(exponent)
        var exceptions = 0
        var previous: (integer: Int64, remainder: Int64) = (0, 0)
        for index in 0..<count {
            if let near = nearInteger(bits[index], power) {
                previous = near
            } else {
                encoder.positions[exceptions] = Int64(index)
                exceptions += 1
            }
            encoder.mantissas[index] = previous.integer
            encoder.remainders[index] = previous.remainder
        }
        return exceptions
    }
}
