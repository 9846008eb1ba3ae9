// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// One commit in the journal, as the entry `J` holds it. Format 1:
///
///     version:1 = 1
///     progress                         see below
///     count:varint    n
///     n × (series: zigzag distance from the one before, slot: zigzag distance from the one before, units: varint)
///     count:varint    m
///     m × (series: varint, slot: varint, value: Float64:8 little-endian)
///
/// New series, families and identities are entries of their own in the same atomic batch.
struct JournalRecord {
    var progress: Progress
    var increments: [Increment]
    var inexactIncrements: [InexactIncrement]

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + increments.count * 7 + inexactIncrements.count * 16)
        writer.byte(1)
        progress.encode(into: &writer)
        writer.varint(UInt64(increments.count))
        var series: Int64 = 0
        var slot: Int64 = 0
        for increment in increments {
            writer.zigzag(Int64(increment.series.number) - series)
            writer.zigzag(Int64(increment.slot.number) - slot)
            writer.varint(UInt64(bitPattern: increment.units))
            series = Int64(increment.series.number)
            slot = Int64(increment.slot.number)
        }
        writer.varint(UInt64(inexactIncrements.count))
        for increment in inexactIncrements {
            writer.varint(UInt64(increment.series.number))
            writer.varint(UInt64(increment.slot.number))
            writer.fixed(increment.value.bitPattern)
        }
        return writer.bytes
    }

    /// - Parameter seriesCount: series numbers at or beyond it are malformed.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        seriesCount: Int
    ) throws(ByteReader.Malformed) -> JournalRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0) }
        let progress = try Progress(&reader)
        func check(series: Int64, slot: Int64) throws(ByteReader.Malformed) -> (SeriesID, Slot) {
            guard (0..<Int64(seriesCount)).contains(series), let slot = UInt32(exactly: slot) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            return (SeriesID(UInt32(series)), Slot(slot))
        }
        var increments: [Increment] = []
        let count = try reader.count(of: 3)
        increments.reserveCapacity(count)
        var series: Int64 = 0
        var slot: Int64 = 0
        for _ in 0..<count {
            series &+= try reader.zigzag()
            slot &+= try reader.zigzag()
            let place = try check(series: series, slot: slot)
            increments.append(
                Increment(series: place.0, slot: place.1, units: Int64(bitPattern: try reader.varint()))
            )
        }
        var inexact: [InexactIncrement] = []
        for _ in 0..<(try reader.count(of: 10)) {
            let place = try check(
                series: Int64(bitPattern: try reader.varint()),
                slot: Int64(bitPattern: try reader.varint())
            )
            inexact.append(
                InexactIncrement(
                    series: place.0,
                    slot: place.1,
                    value: Double(bitPattern: try reader.fixed(UInt64.self))
                )
            )
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return JournalRecord(progress: progress, increments: increments, inexactIncrements: inexact)
    }
}

/// How far a store has come with a commit; written with each and with each checkpoint. Format:
///
///     arrival: zigzag milliseconds    watermark: zigzag milliseconds, -1 for none    commits: varint
///     accepted, duplicates, conflicts, late, unmatched, overflow, inexact: varints
///     count:varint    count × varint: rejected, by number of the reason
struct Progress: Equatable {
    /// When the commit's first event arrived.
    var arrival = Timestamp(milliseconds: 0)
    /// The newest event time so far.
    var watermark: Timestamp?
    /// Commits so far.
    var commits: UInt64 = 0
    var counts = EventCounts()

    init() {}

    init(_ reader: inout ByteReader) throws(ByteReader.Malformed) {
        arrival = Timestamp(milliseconds: try reader.zigzag())
        let watermark = try reader.zigzag()
        self.watermark = watermark < 0 ? nil : Timestamp(milliseconds: watermark)
        commits = try reader.varint()
        counts.accepted = try reader.varint()
        counts.duplicates = try reader.varint()
        counts.conflicts = try reader.varint()
        counts.late = try reader.varint()
        counts.unmatched = try reader.varint()
        counts.overflow = try reader.varint()
        counts.inexact = try reader.varint()
        for _ in 0..<(try reader.count(of: 1)) { counts.rejected.append(try reader.varint()) }
    }

    func encode(into writer: inout ByteWriter) {
        writer.zigzag(arrival.milliseconds)
        writer.zigzag(watermark?.milliseconds ?? -1)
        writer.varint(commits)
        writer.varint(counts.accepted)
        writer.varint(counts.duplicates)
        writer.varint(counts.conflicts)
        writer.varint(counts.late)
        writer.varint(counts.unmatched)
        writer.varint(counts.overflow)
        writer.varint(counts.inexact)
        writer.varint(UInt64(counts.rejected.count))
        for count in counts.rejected { writer.varint(count) }
    }
}
