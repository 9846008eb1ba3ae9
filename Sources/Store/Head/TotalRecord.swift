// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A series' total through a checkpoint, as the entry `T` holds it. Format 1:
///
///     version:1 = 1  through:varint  units:16 little-endian  inexact: Float64:8 little-endian  last arrival:varint
struct TotalRecord: Equatable {
    /// The last commit whose increments are in the total.
    var through: UInt64
    var units: Int128
    var inexact: Double
    /// Unix seconds.
    var lastArrival: UInt32

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 40)
        writer.byte(1)
        writer.varint(through)
        writer.fixed(units)
        writer.fixed(inexact.bitPattern)
        writer.varint(UInt64(lastArrival))
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> TotalRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0) }
        let through = try reader.varint()
        let units = try reader.fixed(Int128.self)
        let inexact = Double(bitPattern: try reader.fixed(UInt64.self))
        let lastArrival = UInt32(clamping: try reader.varint())
        return TotalRecord(through: through, units: units, inexact: inexact, lastArrival: lastArrival)
    }
}
