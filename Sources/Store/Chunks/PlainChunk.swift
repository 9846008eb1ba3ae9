// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A chunk of points whose details are all 0, in the parts that `EventChunk` draws: whether its slots stand in it or in
/// an entry that it shares is decided once its neighbours are known.
struct PlainChunk {
    var kind: EventChunk.PayloadKind
    var count: Int
    /// The column of the slots.
    var slots: [UInt8]
    /// The column of the payloads.
    var payloads: [UInt8]

    /// The parts of a chunk whose span begins at `first`; nil when not all details are 0.
    init?(_ points: PointColumns, from first: Slot, kind: MetricFamily.Kind, _ scratch: ColumnScratch) {
        count = points.count
        self.kind = EventChunk.payloadKind(of: kind)
        guard self.kind != .none, count > 0, count <= EventColumns.mostSlots,
            !(0..<count).contains(where: { points.details[$0] != 0 })
        else { return nil }
        // The scratch's block is free between columns.
        for index in 0..<count { scratch.first[index] = Int64(points.slots[index] - first.number) }
        var column = ByteWriter(capacity: count / 4 + 32)
        IntegerColumn.encode(scratch.first, count: count, into: &column, scratch)
        slots = column.bytes
        column = ByteWriter(capacity: count * 2 + 32)
        if self.kind == .integers {
            for index in 0..<count { scratch.first[index] = Int64(bitPattern: points.payloads[index]) }
            IntegerColumn.encode(scratch.first, count: count, into: &column, scratch)
        } else {
            FloatColumn.encode(points.payloads, count: count, into: &column, scratch)
        }
        payloads = column.bytes
    }

    /// The bytes of the chunk.
    ///
    /// - Parameters:
    ///   - shared: where its slots are; nil puts them into the chunk.
    ///   - key: the checksum of its key.
    func encode(sharing shared: SharedSlots.Reference?, key: UInt32) -> [UInt8] {
        var writer = ByteWriter(capacity: slots.count + payloads.count + 16)
        writer.byte(EventChunk.tag)
        writer.byte(kind.rawValue | EventChunk.plainBit | (shared == nil ? 0 : EventChunk.sharedBit))
        writer.varint(UInt64(count))
        if let shared {
            writer.varint(UInt64(shared.distance))
            writer.fixed(shared.hash)
        } else {
            slots.withUnsafeBytes { writer.raw($0) }
        }
        payloads.withUnsafeBytes { writer.raw($0) }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(crc ^ key)
        return writer.bytes
    }
}
