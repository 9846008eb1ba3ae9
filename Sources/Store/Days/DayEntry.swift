// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What a series has in a day's file, as the index tells it.
struct DayEntry {
    var series: SeriesID
    /// Where its data begins.
    var offset: UInt64
    var list: ChunkList
    /// Bytes of each chunk, in the order of the list.
    var lengths: [Int]
    /// Slots that chunks of this and later series share, behind the chunks.
    var shared: [Shared]

    struct Shared {
        var span: UInt16
        var hash: UInt16
        var length: Int
    }

    /// Bytes of its data.
    var dataBytes: Int { lengths.reduce(0, +) + shared.reduce(0) { $0 + $1.length } }

    /// Where some shared slots begin, from `offset` on, and their length.
    func place(ofShared span: UInt16, hash: UInt16) -> (offset: Int, length: Int)? {
        var at = lengths.reduce(0, +)
        for slots in shared {
            if slots.span == span, slots.hash == hash { return (at, slots.length) }
            at += slots.length
        }
        return nil
    }

    // MARK: - Format

    func encode(day: UInt32, positions: ChunkPositions, into writer: inout ByteWriter) {
        let era = ChunkList.era(ofDay: day)
        let bytes = list.encode(era: era, positions: positions, key: KeySpace.chunkList(series, era: era))
        writer.varint(offset)
        writer.varint(UInt64(bytes.count))
        bytes.withUnsafeBytes { writer.raw($0) }
        for length in lengths { writer.varint(UInt64(length)) }
        writer.varint(UInt64(shared.count))
        for slots in shared {
            writer.varint(UInt64(slots.span))
            writer.fixed(slots.hash)
            writer.varint(UInt64(slots.length))
        }
    }

    /// - Parameter dataEnd: behind the data of all series.
    /// - Throws: when the bytes are not the entry of that series and day.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        series: SeriesID,
        day: UInt32,
        positions: ChunkPositions,
        dataEnd: UInt64
    ) throws(ByteReader.Malformed) -> DayEntry {
        var reader = ByteReader(bytes)
        let offset = try reader.varint()
        let size = try reader.count(of: 1)
        let era = ChunkList.era(ofDay: day)
        let body = UnsafeRawBufferPointer(rebasing: reader.rest[..<size])
        let list = try KeySpace.chunkList(series, era: era).withBytes { key throws(ByteReader.Malformed) in
            try ChunkList.decode(body, key: key, series: series, era: era, positions: positions)
        }
        try reader.skip(size)
        var entry = DayEntry(series: series, offset: offset, list: list, lengths: [], shared: [])
        var end = offset
        for chunk in list.entries {
            let length = try reader.varint()
            guard chunk.place.day == day, length <= dataEnd else { throw ByteReader.Malformed(offset: reader.offset) }
            entry.lengths.append(Int(length))
            end += length
        }
        for _ in 0..<(try reader.count(of: 4)) {
            guard let span = UInt16(exactly: try reader.varint()) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let hash = try reader.fixed(UInt16.self)
            let length = try reader.varint()
            guard length <= dataEnd else { throw ByteReader.Malformed(offset: reader.offset) }
            entry.shared.append(Shared(span: span, hash: hash, length: Int(length)))
            end += length
        }
        guard reader.remaining == 0, offset >= UInt64(DayFile.headerBytes), end <= dataEnd else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        return entry
    }
}
