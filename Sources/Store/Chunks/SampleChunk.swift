// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The samples of one sample series over one span of time.
///
///     tag:1            3
///     flags:1          bit 0: Float64 values, always; bit 1: native histograms, not written yet;
///                      bit 2: the timestamps are as far from each other as the next
///     count:varint     n, 1...`mostSamples`
///     first:zigzag     milliseconds since the Unix epoch
///     regular (bit 2):
///     step:varint      from one timestamp to the next; 0 when there is but one
///     else:
///     span:varint      from the first timestamp to the last
///     timestamps       `IntegerColumn`: each less the first
///     always:
///     values           `FloatColumn`
///     crc:4            CRC-32C of everything before, xor that of the chunk's key, little-endian
///
/// Tags and flags are written to disk and never used again for something else.
enum SampleChunk {
    /// The most samples of a chunk.
    static let mostSamples = ColumnScratch.mostValues

    static let tag: UInt8 = 3
    private static let floats: UInt8 = 0x01
    private static let regular: UInt8 = 0x04

    /// What a chunk says before its columns.
    struct Header: Equatable {
        /// How many samples there are.
        var count: Int
        /// The first and the last timestamp, in milliseconds since the Unix epoch.
        var first: Int64
        var last: Int64
        /// The distance of all timestamps; nil when they differ.
        fileprivate var step: Int64?
    }

    // MARK: - Encoding

    /// The bytes of a chunk.
    ///
    /// - Precondition: 1...`mostSamples` samples, timestamps ascending, no two equal, and as many values.
    static func encode(
        timestamps: UnsafeBufferPointer<Int64>,
        bits: UnsafeBufferPointer<UInt64>,
        _ scratch: ColumnScratch,
        key: UInt32 = 0
    ) -> [UInt8] {
        let count = timestamps.count
        guard let times = timestamps.baseAddress, let values = bits.baseAddress else {
            preconditionFailure("a chunk has samples")
        }
        precondition(count <= mostSamples && bits.count == count, "a chunk has its size, and a value for each time")
        let first = times[0]
        let step = count > 1 ? times[1] &- first : 0
        // A step beyond Int64 has no sign left to go by.
        var isRegular = count == 1 || step > 0
        for index in 1..<max(count, 1) {
            precondition(times[index] > times[index - 1], "timestamps ascend")
            isRegular = isRegular && times[index] &- times[index - 1] == step
        }
        var writer = ByteWriter(capacity: count * 2 + 64)
        writer.byte(tag)
        writer.byte(floats | (isRegular ? regular : 0))
        writer.varint(UInt64(count))
        writer.zigzag(first)
        if isRegular {
            writer.varint(UInt64(bitPattern: step))
        } else {
            writer.varint(UInt64(bitPattern: times[count - 1] &- first))
            for index in 0..<count { scratch.first[index] = times[index] &- first }
            IntegerColumn.encode(scratch.first, count: count, into: &writer, scratch)
        }
        FloatColumn.encode(values, count: count, into: &writer, scratch)
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) } ^ key
        writer.fixed(crc)
        return writer.bytes
    }

    // MARK: - Decoding

    /// What a chunk says before its columns; its checksum is not looked at.
    ///
    /// - Throws: when the bytes do not begin as a chunk does.
    static func header(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Header {
        var reader = ByteReader(bytes)
        return try header(&reader)
    }

    private static func header(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Header {
        guard try reader.byte() == tag else { throw ByteReader.Malformed(offset: 0) }
        let flags = try reader.byte()
        guard flags & ~(floats | regular) == 0, flags & floats != 0 else {
            throw ByteReader.Malformed(offset: 1, isOfOtherVersion: true)
        }
        let count = try reader.varint()
        guard count > 0, count <= UInt64(mostSamples) else { throw ByteReader.Malformed(offset: reader.offset) }
        let first = try reader.zigzag()
        var span = try reader.varint()
        var step: Int64?
        if flags & regular != 0 {
            guard let distance = Int64(exactly: span), distance > 0 || count == 1 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            step = distance
            let (product, overflow) = span.multipliedReportingOverflow(by: count - 1)
            guard !overflow else { throw ByteReader.Malformed(offset: reader.offset) }
            span = product
        }
        // The last timestamp is an Int64: the span may be more than one alone can be.
        guard span <= UInt64(bitPattern: .max &- first) else { throw ByteReader.Malformed(offset: reader.offset) }
        return Header(count: Int(count), first: first, last: first &+ Int64(bitPattern: span), step: step)
    }

    /// Reads a chunk into memory of the caller, who has asked `header` how many samples there are; the header again.
    ///
    /// - Parameters:
    ///   - timestamps: with room for `capacity`; ascending, no two equal.
    ///   - values: with room for `capacity`.
    /// - Throws: when the bytes are not a chunk, or one of more than `capacity` samples, at the offset where that shows.
    /// - Complexity: O(n); allocates nothing.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        timestamps: UnsafeMutablePointer<Int64>,
        values: UnsafeMutablePointer<Double>,
        capacity: Int,
        _ scratch: ColumnScratch,
        key: UInt32 = 0
    ) throws(ByteReader.Malformed) -> Header {
        let body = try CRC32C.body(of: bytes, key: key)
        var reader = ByteReader(body)
        let header = try header(&reader)
        guard header.count <= capacity else { throw ByteReader.Malformed(offset: reader.offset) }
        if let step = header.step {
            var time = header.first
            for index in 0..<header.count {
                timestamps[index] = time
                time &+= step
            }
        } else {
            try IntegerColumn.decode(&reader, into: timestamps, count: header.count, scratch)
            guard place(timestamps, header) else { throw ByteReader.Malformed(offset: reader.offset) }
        }
        try FloatColumn.decode(&reader, into: values, count: header.count, scratch)
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return header
    }

    /// Adds the first timestamp to all; whether they ascend from the first to the last.
    private static func place(_ timestamps: UnsafeMutablePointer<Int64>, _ header: Header) -> Bool {
        let first = header.first
        var areAscending = timestamps[0] == 0
        timestamps[0] = first
        var index = 1
        while index < header.count {
            timestamps[index] &+= first
            areAscending = areAscending && timestamps[index] > timestamps[index &- 1]
            index &+= 1
        }
        return areAscending && timestamps[header.count - 1] == header.last
    }
}
