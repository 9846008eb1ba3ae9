// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// One commit in the journal, as the entry `J` holds it. Format 1:
///
///     version:1 = 2
///     progress                         see below
///     count:varint    n increments
///     n × (series: zigzag distance from the one before, slot: zigzag distance from the one before, units: varint)
///     count:varint    m points
///     m × (series: zigzag distance, slot: zigzag distance, detail: varint, payload: varint)
///     count:varint    k runs of samples
///     k × (series: zigzag distance from the run before, count: varint,
///          count × time: zigzag distance in milliseconds, from the run's sample before, the first from 1970
///          count × value: Float64:8 little-endian)
///
/// New series, families and identities are entries of their own in the same atomic batch. Version 1 was never released.
struct JournalRecord {
    var progress: Progress
    var increments: [Increment] = []
    var points: [SeriesPoint] = []
    var samples: [SeriesSample] = []

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + increments.count * 7 + points.count * 12 + samples.count * 11)
        writer.byte(2)
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
        writer.varint(UInt64(points.count))
        series = 0
        slot = 0
        for point in points {
            writer.zigzag(Int64(point.series.number) - series)
            writer.zigzag(Int64(point.slot.number) - slot)
            writer.varint(UInt64(point.detail))
            writer.varint(point.payload)
            series = Int64(point.series.number)
            slot = Int64(point.slot.number)
        }
        encodeSamples(into: &writer)
        return writer.bytes
    }

    private func encodeSamples(into writer: inout ByteWriter) {
        var runs: [Range<Int>] = []
        var start = 0
        for index in samples.indices
        where index + 1 == samples.count || samples[index + 1].series != samples[start].series {
            runs.append(start..<(index + 1))
            start = index + 1
        }
        writer.varint(UInt64(runs.count))
        var series: Int64 = 0
        for run in runs {
            let number = Int64(samples[run.lowerBound].series.number)
            writer.zigzag(number - series)
            series = number
            writer.varint(UInt64(run.count))
            var time: Int64 = 0
            for index in run {
                writer.zigzag(samples[index].milliseconds - time)
                time = samples[index].milliseconds
            }
            for index in run { writer.fixed(samples[index].bits) }
        }
    }

    /// - Parameter kinds: the kind of each series; a number beyond them, or the wrong kind, is malformed.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        kinds: [MetricFamily.Kind]
    ) throws(ByteReader.Malformed) -> JournalRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0) }
        var record = JournalRecord(progress: try Progress(&reader))
        func check(series: Int64, slot: Int64, counter: Bool) throws(ByteReader.Malformed) -> (SeriesID, Slot) {
            guard kinds.indices.contains(Int(series)), let slot = UInt32(exactly: slot),
                counter ? kinds[Int(series)] == .counter : kinds[Int(series)] != .samples
            else { throw ByteReader.Malformed(offset: reader.offset) }
            return (SeriesID(UInt32(series)), Slot(slot))
        }
        let count = try reader.count(of: 3)
        record.increments.reserveCapacity(count)
        var series: Int64 = 0
        var slot: Int64 = 0
        for _ in 0..<count {
            series &+= try reader.zigzag()
            slot &+= try reader.zigzag()
            let place = try check(series: series, slot: slot, counter: true)
            record.increments.append(
                Increment(series: place.0, slot: place.1, units: Int64(bitPattern: try reader.varint()))
            )
        }
        series = 0
        slot = 0
        for _ in 0..<(try reader.count(of: 4)) {
            series &+= try reader.zigzag()
            slot &+= try reader.zigzag()
            let place = try check(series: series, slot: slot, counter: false)
            guard let detail = UInt32(exactly: try reader.varint()),
                JournalRecord.isPossible(detail: detail, of: kinds[Int(series)])
            else { throw ByteReader.Malformed(offset: reader.offset) }
            let payload = try reader.varint()
            guard payload == 0 || kinds[Int(series)] != .distinct else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            record.points.append(SeriesPoint(series: place.0, slot: place.1, detail: detail, payload: payload))
        }
        try record.decodeSamples(&reader, kinds)
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return record
    }

    private mutating func decodeSamples(
        _ reader: inout ByteReader,
        _ kinds: [MetricFamily.Kind]
    ) throws(ByteReader.Malformed) {
        var series: Int64 = 0
        for _ in 0..<(try reader.count(of: 2)) {
            series &+= try reader.zigzag()
            guard kinds.indices.contains(Int(series)), kinds[Int(series)] == .samples else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let first = samples.count
            let count = try reader.count(of: 9)
            var time: Int64 = 0
            for _ in 0..<count {
                time &+= try reader.zigzag()
                samples.append(SeriesSample(series: SeriesID(UInt32(series)), milliseconds: time, bits: 0))
            }
            for index in first..<samples.count { samples[index].bits = try reader.fixed(UInt64.self) }
        }
    }

    /// Whether a point of that kind can have that detail: a memory of bins or registers is not made for what cannot be.
    static func isPossible(detail: UInt32, of kind: MetricFamily.Kind) -> Bool {
        switch kind {
        case .counter: detail <= PointDetail.inexact
        case .gauge: detail < 3_600_000
        case .histogram: detail < 1_024 || detail == PointDetail.exactSum || detail == PointDetail.inexactSum
        case .distinct:
            detail >> 6 < HyperLogLog.registerCount && (1...UInt32(HyperLogLog.mostRank)).contains(detail & 63)
        case .samples: false
        }
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
