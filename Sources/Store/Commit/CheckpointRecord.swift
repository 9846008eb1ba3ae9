// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// How far the journal has been written into chunks, as the entry `M checkpoint` holds it. Format 1:
///
///     version:1 = 2
///     through:varint      commits up to it are in chunks and totals, and no longer in the journal
///     slot:varint         slots below it count as checkpointed: events in them are late
///     progress            as in the journal, of commit `through`
///
/// Version 1 was never released.
struct CheckpointRecord: Equatable {
    static let name = "checkpoint"

    var through: UInt64 = 0
    var slot = Slot(0)
    var progress = Progress()

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(2)
        writer.varint(through)
        writer.varint(UInt64(slot.number))
        progress.encode(into: &writer)
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> CheckpointRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0) }
        var record = CheckpointRecord()
        record.through = try reader.varint()
        record.slot = Slot(UInt32(clamping: try reader.varint()))
        record.progress = try Progress(&reader)
        return record
    }
}
