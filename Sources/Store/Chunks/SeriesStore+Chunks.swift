// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

extension SeriesStore {
    func positions(of kind: MetricFamily.Kind) -> ChunkPositions {
        kind == .samples ? .milliseconds : .slots(spans)
    }

    /// The chunk list of an era, or nil when the series has no chunk in it.
    func readList(of id: SeriesID, era: UInt16, kind: MetricFamily.Kind) throws(StoreError) -> ChunkList? {
        let positions = positions(of: kind)
        let key = KeySpace.chunkList(id, era: era)
        return try readEntry(key) { bytes throws(ByteReader.Malformed) in
            try key.withBytes { key throws(ByteReader.Malformed) in
                try ChunkList.decode(bytes, key: key, series: id, era: era, positions: positions)
            }
        }
    }

    /// Reads a chunk of points that a list names; where its slots are when it has none of its own.
    @discardableResult
    func readChunk(
        at place: ChunkPlace,
        kind: MetricFamily.Kind,
        into points: PointColumns,
        _ scratch: ColumnScratch
    ) throws(StoreError) -> SharedSlots.Reference? {
        let key = ChunkKey(place)
        let first = spans.firstSlot(of: place)
        let found = try readEntry(key.bytes) { bytes throws(ByteReader.Malformed) -> SharedSlots.Reference? in
            points.count = 0
            return try EventChunk.decode(
                bytes,
                key: key.checksum,
                from: first,
                span: spans.slotsPerSpan,
                kind: kind,
                into: points,
                scratch
            )
        }
        guard let found else { throw Recovery.missing(database, key.bytes) }
        guard let reference = found else { return nil }
        guard let key = reference.key(from: place) else { throw Recovery.missing(database, key.bytes) }
        let slots: Void? = try readEntry(key.bytes) { bytes throws(ByteReader.Malformed) in
            try SharedSlots.decode(
                bytes,
                key: key.checksum,
                into: points.slots,
                count: points.count,
                from: first.number,
                span: spans.slotsPerSpan,
                scratch
            )
        }
        if slots == nil { throw Recovery.missing(database, key.bytes) }
        return reference
    }

    /// Slots that chunks share, with how many do; nil when there are none under the key.
    func readSharedSlots(_ key: ChunkKey) throws(StoreError) -> SharedSlots? {
        try readEntry(key.bytes) { bytes throws(ByteReader.Malformed) in
            try SharedSlots.read(bytes, key: key.checksum)
        }
    }

    /// Reads a chunk of samples that a list names.
    func readChunk(at place: ChunkPlace, into samples: SampleColumns, _ scratch: ColumnScratch) throws(StoreError) {
        let key = KeySpace.chunk(place)
        let found: Void? = try readEntry(key) { bytes throws(ByteReader.Malformed) in
            samples.count = 0
            try SampleChunk.decode(bytes, key: place.checksum, into: samples, scratch)
        }
        if found == nil { throw Recovery.missing(database, key) }
    }

    private func readEntry<Result>(
        _ key: [UInt8],
        _ decode: (UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Result
    ) throws(StoreError) -> Result? {
        guard let bytes = try storeErrors({ () throws(LevelDBError) in try database.get(key) }) else { return nil }
        do throws(ByteReader.Malformed) {
            return try bytes.withBytes(decode)
        } catch {
            throw Recovery.corrupt(database, key, error)
        }
    }
}

extension [UInt8] {
    /// The bytes, for a body that throws one kind of error.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = withUnsafeBytes { bytes -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
