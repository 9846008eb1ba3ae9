// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension EventChunk {
    static func payloadKind(of kind: MetricFamily.Kind) -> PayloadKind {
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

    /// Appends the points of a chunk whose span has `span` slots from `first` on.
    ///
    /// - Parameter key: the checksum of the chunk's place.
    /// - Returns: where the slots are when the chunk has none of its own: those of the points appended are not set then,
    ///   and the caller reads them from there.
    /// - Throws: when the bytes are not that chunk, or hold what a series of the kind cannot have.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UInt32,
        from first: Slot,
        span: UInt32,
        kind: MetricFamily.Kind,
        into points: PointColumns,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) -> SharedSlots.Reference? {
        if bytes.count > 1, bytes[1] & plainBit != 0 {
            return try decodePlain(bytes, key: key, from: first, span: span, kind: kind, into: points, scratch)
        }
        let columns = points.decoded
        let found = try decode(bytes, span: span, into: columns, scratch, key: key)
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
        return nil
    }

    /// Appends the points of a chunk whose details are all 0, straight into place.
    private static func decodePlain(
        _ bytes: UnsafeRawBufferPointer,
        key: UInt32,
        from first: Slot,
        span: UInt32,
        kind: MetricFamily.Kind,
        into points: PointColumns,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) -> SharedSlots.Reference? {
        var reader = ByteReader(try CRC32C.body(of: bytes, key: key))
        let header = try header(&reader, span: span)
        guard header.kind == payloadKind(of: kind), kind == .counter || JournalRecord.isPossible(detail: 0, of: kind)
        else { throw ByteReader.Malformed(offset: 1) }
        points.reserve(header.count)
        let (start, count) = (points.count, header.count)
        if header.shared == nil {
            try decodeSlots(&reader, into: points.slots + start, count: count, from: first.number, span: span, scratch)
        }
        (points.details + start).update(repeating: 0, count: count)
        try decode(&reader, header.kind, into: points.payloads + start, count: count, scratch)
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        points.count = start + count
        return header.shared
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

    /// Appends the samples of a chunk.
    ///
    /// - Parameter key: the checksum of the chunk's place.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UInt32,
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
            key: key
        )
        samples.count += header.count
    }
}
