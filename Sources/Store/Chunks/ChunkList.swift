// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The chunks of one series in one era of 16 days, as the entry `L` holds it: where they are, what they span, and what
/// they sum to, so that a total before any chunk is a sum of sums. Format 1:
///
///     version:1 = 1
///     through:varint      the last commit that is in the series' chunks
///     count:varint        n
///     n × entry:
///         place:varint    day in the era × 65,536 + span, as its distance from the entry before
///         first:varint    the first position: slots from the chunk's first slot, or milliseconds from the day's start
///         length:varint   the last position, as its distance from the first
///         count:varint    m
///         m × (detail:varint, payload:varint)     the sums, see `ChunkSum`
///     crc:4               CRC-32C of everything before, xor that of the key, little-endian
struct ChunkList {
    /// Days in an era.
    static let eraDays: UInt32 = 16

    /// One chunk.
    struct Entry {
        var place: ChunkPlace
        /// The first and the last slot with a point, or the time of the first and the last sample in milliseconds.
        var first: Int64
        var last: Int64
        var sums = ChunkSums()
    }

    /// The last commit that is in the series' chunks.
    var through: UInt64 = 0
    /// Ordered by place.
    var entries: [Entry] = []

    static func era(ofDay day: UInt32) -> UInt16 { UInt16(clamping: day / eraDays) }

    /// Where the entry of a place is, or where it belongs.
    ///
    /// - Complexity: O(log n).
    func index(of place: ChunkPlace) -> (index: Int, isThere: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) >> 1
            if entries[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return (low, low < entries.count && entries[low].place == place)
    }

    /// Puts an entry in its place.
    mutating func update(_ entry: Entry) {
        let (index, isThere) = index(of: entry.place)
        if isThere { entries[index] = entry } else { entries.insert(entry, at: index) }
    }

    // MARK: - Format

    /// - Parameter key: the key under which the bytes will stand.
    func encode(era: UInt16, positions: ChunkPositions, key: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 16 + entries.count * 14)
        writer.byte(1)
        writer.varint(through)
        writer.varint(UInt64(entries.count))
        var previous: UInt64 = 0
        for entry in entries {
            let place =
                UInt64(entry.place.day - UInt32(era) * ChunkList.eraDays) << 16 | UInt64(entry.place.span)
            writer.varint(place - previous)
            previous = place
            writer.varint(UInt64(entry.first - positions.start(of: entry.place)))
            writer.varint(UInt64(entry.last - entry.first))
            writer.varint(UInt64(entry.sums.count))
            for sum in entry.sums {
                writer.varint(UInt64(sum.detail))
                writer.varint(sum.payload)
            }
        }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(crc ^ key.withUnsafeBytes { CRC32C.checksum($0) })
        return writer.bytes
    }

    /// - Throws: when the bytes are not the list of that series and era.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        series: SeriesID,
        era: UInt16,
        positions: ChunkPositions
    ) throws(ByteReader.Malformed) -> ChunkList {
        var list = ChunkList()
        try list.read(bytes, key: key, series: series, era: era, positions: positions)
        return list
    }

    /// Takes what the bytes say in place of what it is; the memory stays.
    ///
    /// - Throws: when the bytes are not the list of that series and era; it holds nothing of use then.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        series: SeriesID,
        era: UInt16,
        positions: ChunkPositions
    ) throws(ByteReader.Malformed) {
        var reader = ByteReader(try CRC32C.body(of: bytes, key: CRC32C.checksum(key)))
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        through = try reader.varint()
        let count = try reader.count(of: 4)
        entries.removeAll(keepingCapacity: true)
        entries.reserveCapacity(count)
        var place: UInt64 = 0
        for index in 0..<count {
            let distance = try reader.varint()
            guard distance < UInt64(ChunkList.eraDays) << 16, index == 0 || distance > 0 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            place += distance
            guard place < UInt64(ChunkList.eraDays) << 16 else { throw ByteReader.Malformed(offset: reader.offset) }
            let found = ChunkPlace(
                day: UInt32(era) * ChunkList.eraDays + UInt32(place >> 16),
                series: series,
                span: UInt16(truncatingIfNeeded: place)
            )
            let first = try reader.varint()
            let length = try reader.varint()
            let start = positions.start(of: found) + Int64(clamping: first)
            guard first <= 86_400_000, length <= 86_400_000, positions.arePossible(found, start + Int64(length)) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            var entry = Entry(place: found, first: start, last: start + Int64(length))
            let sums = try reader.count(of: 2)
            for _ in 0..<sums {
                guard let detail = UInt32(exactly: try reader.varint()) else {
                    throw ByteReader.Malformed(offset: reader.offset)
                }
                entry.sums.append(ChunkSum(detail: detail, payload: try reader.varint()))
            }
            entries.append(entry)
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
    }
}

/// What the positions in a chunk list count from.
enum ChunkPositions {
    /// Slots, from the first of the chunk's span.
    case slots(ChunkSpans)
    /// Milliseconds, from the start of the day.
    case milliseconds

    func start(of place: ChunkPlace) -> Int64 {
        switch self {
        case .slots(let spans):
            Int64(place.day) * Int64(spans.slotsPerDay) + Int64(place.span) * Int64(spans.slotsPerSpan)
        case .milliseconds: Int64(place.day) * 86_400_000
        }
    }

    /// Whether there is such a place, and a position `last` in it.
    func arePossible(_ place: ChunkPlace, _ last: Int64) -> Bool {
        switch self {
        case .slots(let spans):
            UInt32(place.span) < spans.slotsPerDay / spans.slotsPerSpan
                && last < start(of: place) + Int64(spans.slotsPerSpan) && last <= Int64(UInt32.max)
        case .milliseconds: last < start(of: place) + 86_400_000
        }
    }
}
