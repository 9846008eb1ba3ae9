// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The data of one series in a day's file, read at once, or the part of it that is wanted.
struct DayData {
    let day: OpenDay
    let entry: DayEntry
    private let bytes: [UInt8]
    /// Where `bytes` begins, from the data's start on.
    private let start: Int

    /// Reads everything.
    init(_ day: OpenDay, _ entry: DayEntry) throws(StoreError) {
        try self.init(day, entry, chunks: entry.list.entries.indices, withShared: true)
    }

    /// Reads some chunks, and the shared slots if they are wanted.
    init(_ day: OpenDay, _ entry: DayEntry, chunks: Range<Int>, withShared: Bool) throws(StoreError) {
        self.day = day
        self.entry = entry
        start = entry.lengths[..<chunks.lowerBound].reduce(0, +)
        let end =
            withShared && !entry.shared.isEmpty
            ? entry.dataBytes : start + entry.lengths[chunks].reduce(0, +)
        bytes = try day.read(at: entry.offset + UInt64(start), count: end - start)
    }

    private func range(ofChunk index: Int) -> Range<Int> {
        let offset = entry.lengths[..<index].reduce(0, +) - start
        return offset..<(offset + entry.lengths[index])
    }

    /// The bytes of a chunk, whose checksum is right.
    func checkedChunk(_ index: Int) throws(StoreError) -> [UInt8] {
        let place = entry.list.entries[index].place
        let chunk = Array(bytes[range(ofChunk: index)])
        try check(chunk, place.checksum, place)
        return chunk
    }

    /// The bytes of some shared slots.
    func shared(_ index: Int) -> ArraySlice<UInt8> {
        let lengths = entry.lengths.reduce(0, +) + entry.shared[..<index].reduce(0) { $0 + $1.length } - start
        return bytes[lengths..<(lengths + entry.shared[index].length)]
    }

    func checkShared(_ index: Int, _ bytes: [UInt8]) throws(StoreError) {
        let slots = entry.shared[index]
        let place = ChunkPlace(day: day.file.day, series: entry.series, span: slots.span)
        try check(bytes, ChunkKey(slotsAt: place, hash: slots.hash).checksum, place)
    }

    private func check(_ bytes: [UInt8], _ key: UInt32, _ place: ChunkPlace) throws(StoreError) {
        do throws(ByteReader.Malformed) {
            try bytes.withBytes { bytes throws(ByteReader.Malformed) in _ = try CRC32C.body(of: bytes, key: key) }
        } catch {
            throw malformed(place, error)
        }
    }

    func malformed(_ place: ChunkPlace, _ fault: ByteReader.Malformed) -> StoreError {
        day.file.corrupt("span \(place.span) of series \(place.series.number) is malformed at byte \(fault.offset)")
    }

    // MARK: - Decoding

    /// Appends the points of a chunk, but for its slots when they are elsewhere: the place of those is given back.
    func decodePoints(
        _ index: Int,
        kind: MetricFamily.Kind,
        _ spans: ChunkSpans,
        into points: PointColumns,
        _ scratch: ColumnScratch
    ) throws(StoreError) -> SharedSlots.Reference? {
        let place = entry.list.entries[index].place
        let range = range(ofChunk: index)
        do throws(ByteReader.Malformed) {
            return try bytes.withBytes { bytes throws(ByteReader.Malformed) in
                try EventChunk.decode(
                    UnsafeRawBufferPointer(rebasing: bytes[range]),
                    key: place.checksum,
                    from: spans.firstSlot(of: place),
                    span: spans.slotsPerSpan,
                    kind: kind,
                    into: points,
                    scratch
                )
            }
        } catch {
            throw malformed(place, error)
        }
    }

    /// Fills in slots that the chunk of a place shares with those of the series at hand, or of an earlier one.
    ///
    /// - Parameter lead: the entry of the series whose key the slots have; the one at hand if nil.
    func readShared(
        _ reference: SharedSlots.Reference,
        of place: ChunkPlace,
        lead: DayEntry?,
        _ spans: ChunkSpans,
        into slots: UnsafeMutablePointer<UInt32>,
        count: Int,
        _ scratch: ColumnScratch
    ) throws(StoreError) {
        let holder = lead ?? entry
        guard let key = reference.key(from: place),
            let (offset, length) = holder.place(ofShared: place.span, hash: reference.hash)
        else { throw day.file.corrupt("the slots of span \(place.span) of series \(place.series.number) are missing") }
        let found = try day.read(at: holder.offset + UInt64(offset), count: length)
        do throws(ByteReader.Malformed) {
            try found.withBytes { bytes throws(ByteReader.Malformed) in
                try SharedSlots.decode(
                    bytes,
                    key: key.checksum,
                    into: slots,
                    count: count,
                    from: spans.firstSlot(of: place).number,
                    span: spans.slotsPerSpan,
                    scratch
                )
            }
        } catch {
            throw malformed(place, error)
        }
    }

    /// The index entry of the series that leads the slots of a chunk; nil when that is the chunk's own.
    func lead(
        of reference: SharedSlots.Reference,
        _ place: ChunkPlace,
        _ spans: ChunkSpans,
        _ lookup: inout DayLookup
    ) throws(StoreError) -> DayEntry? {
        guard reference.distance > 0, reference.distance <= place.series.number else { return nil }
        return try lookup.entry(
            of: SeriesID(place.series.number - reference.distance),
            in: day,
            positions: .slots(spans)
        )
    }

    /// Appends the points of a chunk.
    func readPoints(
        _ index: Int,
        kind: MetricFamily.Kind,
        _ spans: ChunkSpans,
        into points: PointColumns,
        _ lookup: inout DayLookup,
        _ scratch: ColumnScratch
    ) throws(StoreError) {
        let place = entry.list.entries[index].place
        let start = points.count
        guard let reference = try decodePoints(index, kind: kind, spans, into: points, scratch) else { return }
        try readShared(
            reference,
            of: place,
            lead: try lead(of: reference, place, spans, &lookup),
            spans,
            into: points.slots + start,
            count: points.count - start,
            scratch
        )
    }

    /// Appends the samples of a chunk.
    func readSamples(
        _ index: Int,
        into samples: SampleColumns,
        _ scratch: ColumnScratch
    ) throws(StoreError) {
        let place = entry.list.entries[index].place
        let range = range(ofChunk: index)
        do throws(ByteReader.Malformed) {
            try bytes.withBytes { bytes throws(ByteReader.Malformed) in
                try SampleChunk.decode(
                    UnsafeRawBufferPointer(rebasing: bytes[range]),
                    key: place.checksum,
                    into: samples,
                    scratch
                )
            }
        } catch {
            throw malformed(place, error)
        }
    }
}
