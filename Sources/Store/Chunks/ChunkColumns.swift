// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension EventChunk {
    private static func payloadKind(of kind: MetricFamily.Kind) -> PayloadKind {
        switch kind {
        case .counter, .histogram: .integers
        case .gauge: .floats
        case .distinct, .samples: .none
        }
    }

    /// The bytes of the chunk of a place, whose span begins at `first`.
    static func encode(
        _ points: PointColumns,
        at place: ChunkPlace,
        from first: Slot,
        kind: MetricFamily.Kind,
        _ scratch: ColumnScratch
    ) -> [UInt8] {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: points.count) { slots in
            for index in 0..<points.count { slots[index] = points.slots[index] - first.number }
            return encode(
                kind: payloadKind(of: kind),
                slots: UnsafeBufferPointer(slots),
                details: UnsafeBufferPointer(start: points.details, count: points.count),
                payloads: UnsafeBufferPointer(start: points.payloads, count: points.count),
                scratch,
                key: place.checksum
            )
        }
    }

    /// Appends the points of the chunk of a place, whose span has `span` slots from `first` on.
    ///
    /// - Throws: when the bytes are not that chunk, or hold what a series of the kind cannot have.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        at place: ChunkPlace,
        from first: Slot,
        span: UInt32,
        kind: MetricFamily.Kind,
        into points: PointColumns,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        let columns = points.decoded
        let found = try decode(bytes, span: span, into: columns, scratch, key: place.checksum)
        guard found == payloadKind(of: kind) else { throw ByteReader.Malformed(offset: 1) }
        if kind != .counter {
            for index in 0..<columns.count
            where !JournalRecord.isPossible(detail: columns.details[index], of: kind) {
                throw ByteReader.Malformed(offset: 1)
            }
        }
        points.reserve(columns.count)
        let slots = points.slots + points.count
        let relative = columns.slots
        for index in 0..<columns.count { slots[index] = relative[index] &+ first.number }
        (points.details + points.count).update(from: columns.details, count: columns.count)
        (points.payloads + points.count).update(from: columns.payloads, count: columns.count)
        points.count += columns.count
    }
}

extension SampleChunk {
    /// The bytes of the chunk of a place, of some of the samples.
    static func encode(
        _ samples: SampleColumns,
        _ range: Range<Int>,
        at place: ChunkPlace,
        _ scratch: ColumnScratch
    ) -> [UInt8] {
        (samples.values + range.lowerBound).withMemoryRebound(to: UInt64.self, capacity: range.count) { bits in
            encode(
                timestamps: UnsafeBufferPointer(start: samples.timestamps + range.lowerBound, count: range.count),
                bits: UnsafeBufferPointer(start: bits, count: range.count),
                scratch,
                key: place.checksum
            )
        }
    }

    /// Appends the samples of the chunk of a place.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        at place: ChunkPlace,
        into samples: SampleColumns,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        let count = try header(bytes).count
        samples.reserve(count)
        let header = try decode(
            bytes,
            timestamps: samples.timestamps + samples.count,
            values: samples.values + samples.count,
            capacity: count,
            scratch,
            key: place.checksum
        )
        samples.count += header.count
    }
}
