// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The sealed days of one series in one era of 16 days, as an entry `E` or `Z` holds it: which days have points, and what
/// they sum to; and what all earlier eras come to, so that the total before any time costs one or two entries, however old
/// the store is. Format 1:
///
///     version:1 = 1
///     flags:1             1 = earlier eras come to something, 2 = it is the newest era of a series that has others
///     before              if 1  last slot:varint, sums
///     earlier             if 2  n:varint, n × era:varint as its distance from the one before, ascending
///     count:varint        n
///     n × day:
///         day:varint      in the era, as its distance from the entry before
///         generation:varint   of the file that has what the sums say, 0 when none has it any more
///         first:varint    the first position, counted from the day's start: slots, or milliseconds of samples
///         length:varint   the last position, as its distance from the first
///         sums            see `SealedSums`; nothing of a sample series
///     crc:4               CRC-32C of everything before, xor that of the key, little-endian
///
/// Of a distinct series a day has only the registers that are not in `before`, nor in an earlier day of the era.
struct SealedEra: Equatable {
    struct Day: Equatable {
        var day: UInt32
        var generation: UInt32
        /// The first and the last slot with a point, or the time of the first and the last sample in milliseconds.
        var first: Int64
        var last: Int64
        var sums = SealedSums()
    }

    /// What earlier eras come to.
    var before = SealedSums()
    /// Of the newest era of a series: those before it in which there are sealed days, ascending.
    var earlier: [UInt16] = []
    /// Ascending.
    var days: [Day] = []

    /// What the era and earlier ones come to.
    func total(_ rule: PointRule) -> SealedSums {
        var total = before
        for day in days { total.add(day.sums, rule) }
        return total
    }

    /// Puts a day in its place.
    ///
    /// - Parameter rule: nil of a sample series.
    mutating func update(_ day: Day, _ rule: PointRule?) {
        let index = days.firstIndex { $0.day >= day.day } ?? days.count
        var day = day
        if case .greatestRank? = rule {
            day.sums.remove(known: before)
            for earlier in days[..<index] { day.sums.remove(known: earlier.sums) }
        }
        if index < days.count, days[index].day == day.day {
            days[index] = day
        } else {
            days.insert(day, at: index)
        }
    }

    // MARK: - Format

    /// - Parameter rule: nil of a sample series.
    func encode(era: UInt16, positions: ChunkPositions, rule: PointRule?, key: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 32 + days.count * 16)
        writer.byte(1)
        let hasBefore = before.last != nil && rule != nil
        writer.byte((hasBefore ? 1 : 0) | (earlier.isEmpty ? 0 : 2))
        if let last = before.last, let rule {
            writer.varint(UInt64(last))
            before.encode(rule, into: &writer)
        }
        if !earlier.isEmpty {
            writer.varint(UInt64(earlier.count))
            var previous: UInt16 = 0
            for era in earlier {
                writer.varint(UInt64(era - previous))
                previous = era
            }
        }
        writer.varint(UInt64(days.count))
        var previous = UInt32(era) * ChunkList.eraDays
        for day in days {
            writer.varint(UInt64(day.day - previous))
            previous = day.day
            writer.varint(UInt64(day.generation))
            writer.varint(UInt64(day.first - positions.start(ofDay: day.day)))
            writer.varint(UInt64(day.last - day.first))
            if let rule { day.sums.encode(rule, into: &writer) }
        }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(crc ^ key.withUnsafeBytes { CRC32C.checksum($0) })
        return writer.bytes
    }

    /// - Throws: when the bytes are not what stands under that key.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        era: UInt16,
        positions: ChunkPositions,
        rule: PointRule?
    ) throws(ByteReader.Malformed) -> SealedEra {
        var reader = ByteReader(try CRC32C.body(of: bytes, key: CRC32C.checksum(key)))
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        let flags = try reader.byte()
        guard flags <= 3, flags & 1 == 0 || rule != nil else { throw ByteReader.Malformed(offset: 1) }
        var sealed = SealedEra()
        if flags & 1 != 0, let rule {
            let last = Int64(clamping: try reader.varint())
            sealed.before = SealedSums(last: last, sums: try SealedSums.decodeSums(&reader, rule))
        }
        if flags & 2 != 0 { sealed.earlier = try decodeEarlier(&reader, than: era) }
        let count = try reader.count(of: 4)
        sealed.days.reserveCapacity(count)
        var day = UInt64(era) * UInt64(ChunkList.eraDays)
        let end = day + UInt64(ChunkList.eraDays)
        for index in 0..<count {
            let distance = try reader.varint()
            guard distance < UInt64(ChunkList.eraDays), index == 0 || distance > 0, day + distance < end else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            day += distance
            guard let generation = UInt32(exactly: try reader.varint()) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let (first, length) = (try reader.varint(), try reader.varint())
            guard first <= 86_400_000, length <= 86_400_000, first + length < 86_400_000 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let start = positions.start(ofDay: UInt32(day)) + Int64(first)
            var found = Day(day: UInt32(day), generation: generation, first: start, last: start + Int64(length))
            if let rule {
                found.sums = SealedSums(last: found.last, sums: try SealedSums.decodeSums(&reader, rule))
            }
            sealed.days.append(found)
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return sealed
    }

    private static func decodeEarlier(
        _ reader: inout ByteReader,
        than era: UInt16
    ) throws(ByteReader.Malformed) -> [UInt16] {
        let count = try reader.count(of: 1)
        var earlier: [UInt16] = []
        earlier.reserveCapacity(count)
        var next: UInt64 = 0
        for index in 0..<count {
            let distance = try reader.varint()
            guard distance < UInt64(era), index == 0 || distance > 0, next + distance < UInt64(era) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            next += distance
            earlier.append(UInt16(next))
        }
        return earlier
    }
}

extension ChunkPositions {
    /// The first position of a day.
    func start(ofDay day: UInt32) -> Int64 {
        start(of: ChunkPlace(day: day, series: SeriesID(0), span: 0))
    }
}
