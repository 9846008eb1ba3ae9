// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A column of 64-bit integers in as few bytes as several ways of writing them allow. Whoever reads it knows from
/// elsewhere how many there are.
///
/// Columns are blocks of `ColumnScratch.mostValues` values, the last with the rest, one behind the other:
///
///     tag:1            bits 0-2 the form, bits 3-4 the transform, bit 5 signed, bit 6 scaled, bit 7 zero
///     first:zigzag     with the transforms delta and second delta
///     step:zigzag      with the transforms second delta and line
///     base:zigzag
///     scale:varint     when scaled; else 1
///     the numbers      as the form has it; constant: nothing, all are 0
///
/// A number n that is read stands for base + scale × n, or, when signed, for base + scale × unzigzag(n); of these the
/// transform makes values. All arithmetic wraps. Forms:
///
///     constant = 0
///     varints = 1      n × varint
///     packed = 2       width:1, 1...64; n × width bits, the lowest first, filled up to a whole byte
///     coded = 3        buckets:1, bit 7 growing, the others the bits; symbols as in `SymbolCoder`; the bits that
///                      follow them, filled up to a whole byte
///     zstd = 4         width:1, 1...8; size:varint; a zstd frame (RFC 8878) without its first four bytes:
///                      width × n bytes, the lowest bytes of all numbers first
///
/// Tags are written to disk and never used again for something else.
enum IntegerColumn {
    enum Form: UInt8 {
        case constant = 0
        case varints = 1
        case packed = 2
        case coded = 3
        case zstd = 4
    }

    static let signedBit: UInt8 = 0x20
    static let scaledBit: UInt8 = 0x40

    /// Reads `count` values into memory of the caller.
    ///
    /// - Complexity: O(`count`); allocates nothing.
    static func decode(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<Int64>,
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

    /// Reads one block of 1...`ColumnScratch.mostValues` values.
    ///
    /// - Parameter power: nil leaves them as integers; else `out` gets the bits of Float64, the integers divided by it.
    static func decodeBlock(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<Int64>,
        count: Int,
        dividedBy power: Double? = nil,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        let tag = try reader.byte()
        guard tag < 0x80, let form = Form(rawValue: tag & 7), let transform = ColumnTransform(rawValue: tag >> 3 & 3),
            transform.lead <= count
        else { throw ByteReader.Malformed(offset: reader.offset) }
        let isSigned = tag & signedBit != 0
        var head = ColumnTransform.Head()
        if transform.lead > 0 { head.first = try reader.zigzag() }
        if transform == .secondDelta || transform == .line { head.step = try reader.zigzag() }
        let base = try reader.zigzag()
        let scale = tag & scaledBit != 0 ? Int64(bitPattern: try reader.varint()) : 1
        let coded = count - transform.lead
        let numbers = UnsafeMutableRawPointer(out + transform.lead).assumingMemoryBound(to: UInt64.self)
        switch form {
        case .constant:
            numbers.update(repeating: 0, count: coded)
        case .varints:
            for index in 0..<coded { numbers[index] = try reader.varint() }
        case .packed:
            try decodePacked(&reader, into: numbers, count: coded)
        case .coded:
            let kind = try reader.byte()
            let buckets = Buckets(isGrowing: kind & 0x80 != 0, bits: kind & 0x7F)
            guard coded > 0, buckets.bits <= (buckets.isGrowing ? 7 : 63) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let last = try SymbolCoder.decode(&reader, count: coded, scratch)
            if buckets.isIdentity(upTo: last) {
                let symbols = UnsafePointer(scratch.symbols)
                return transform.undo(
                    symbols,
                    base: base,
                    scale: scale,
                    isSigned: isSigned,
                    head: head,
                    power: power,
                    into: out,
                    count: count
                )
            }
            try Buckets.decode(&reader, buckets: buckets, last: last, into: numbers, count: coded, scratch)
        case .zstd:
            let width = Int(try reader.byte())
            let size = try reader.count(of: 1)
            let stored = UnsafeRawBufferPointer(rebasing: reader.rest[..<size])
            guard (1...8).contains(width), scratch.decompress(stored, count: coded * width) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            try reader.skip(size)
            if width == 1 {
                let bytes = UnsafePointer(scratch.planes)
                return transform.undo(
                    bytes,
                    base: base,
                    scale: scale,
                    isSigned: isSigned,
                    head: head,
                    power: power,
                    into: out,
                    count: count
                )
            }
            joinPlanes(scratch.planes, width: width, into: numbers, count: coded)
        }
        transform.undo(
            UnsafePointer(numbers),
            base: base,
            scale: scale,
            isSigned: isSigned,
            head: head,
            power: power,
            into: out,
            count: count
        )
    }

    private static func decodePacked(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<UInt64>,
        count: Int
    ) throws(ByteReader.Malformed) {
        let width = Int(try reader.byte())
        let rest = reader.rest
        let size = (count * width + 7) / 8
        guard (1...64).contains(width), size <= rest.count, let start = rest.baseAddress else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        var index = 0
        var position = 0
        if width <= 56 {
            let mask = (UInt64(1) << UInt64(width)) - 1
            let end = rest.count - 8
            while index < count, position &>> 3 <= end {
                out[index] = loadWord(start, position &>> 3) &>> UInt64(position & 7) & mask
                position &+= width
                index &+= 1
            }
        }
        if width > 56 {
            let end = rest.count - 16
            let mask = UInt64.max >> UInt64(64 - width)
            while index < count, position &>> 3 <= end {
                let shift = UInt64(position & 7)
                let low = loadWord(start, position &>> 3) &>> shift
                let high = loadWord(start, position &>> 3 &+ 8) &<< 1
                out[index] = (low | high &<< (63 &- shift)) & mask
                position &+= width
                index &+= 1
            }
        }
        var source = BitSource(rest)
        source.skip(position)
        while index < count {
            guard let value = source.take(width) else { throw ByteReader.Malformed(offset: reader.offset) }
            out[index] = value
            index += 1
        }
        try reader.skip(size)
    }

    /// Puts 2...8 planes of bytes together.
    private static func joinPlanes(
        _ planes: UnsafePointer<UInt8>,
        width: Int,
        into out: UnsafeMutablePointer<UInt64>,
        count: Int
    ) {
        let second = planes + count
        for index in 0..<count { out[index] = UInt64(planes[index]) | UInt64(second[index]) << 8 }
        for plane in 2..<max(width, 2) {
            let bytes = planes + plane * count
            let shift = UInt64(plane * 8)
            for index in 0..<count { out[index] |= UInt64(bytes[index]) &<< shift }
        }
    }
}
