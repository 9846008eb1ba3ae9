// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A series' total through a checkpoint, as the entry `T` holds it. Format 1:
///
///     version:1 = 2
///     flags:1             what follows: 1 = halves, 2 = inexact, 4 = bins, 8 = registers, 16 = withdrawn
///     through:varint      the last commit that is in the total
///     last arrival:varint Unix seconds
///     number              without halves: zigzag
///                         with them: zigzag the high half, varint the low half with its bytes in reverse order
///     inexact:8           Float64, little-endian: what fell back to Float64, in whole units
///     bins                count:varint  count × varint: a histogram's observations by bin
///     registers           count:varint  count × varint: a distinct series' registers, each as its distance from the one
///                         before
///     withdrawn           holds the sum:1  units: zigzag the high half, varint the low half  inexact:8 Float64, little-endian  count:varint  count × varint: by bin; what
///                         the series is below the highest it has been
///
/// The number has 128 bits: units of a counter, millionths of a histogram's sum, or of a gauge and a sample series the
/// newest value (low half: Float64) under its time (high half). It is in halves when it does not fit into 64 bits. A
/// Float64 of few digits has its zeros at the end, so in reverse it is short. Version 1 was never released.
struct TotalRecord: Equatable {
    var through: UInt64
    /// Unix seconds.
    var lastArrival: UInt32
    var number: Int128
    var inexact = 0.0
    var bins: [Int64] = []
    var registers: [UInt32] = []
    var withdrawn = SeriesTotals.Withdrawn()

    private enum Flag {
        static let halves: UInt8 = 1
        static let inexact: UInt8 = 2
        static let bins: UInt8 = 4
        static let registers: UInt8 = 8
        static let withdrawn: UInt8 = 16
    }

    func encode() -> [UInt8] {
        let short = Int64(exactly: number)
        var flags: UInt8 = short == nil ? Flag.halves : 0
        if inexact != 0 { flags |= Flag.inexact }
        if !bins.isEmpty { flags |= Flag.bins }
        if !registers.isEmpty { flags |= Flag.registers }
        if !withdrawn.isEmpty { flags |= Flag.withdrawn }
        var writer = ByteWriter(capacity: 40 + bins.count * 3 + registers.count * 2)
        writer.byte(2)
        writer.byte(flags)
        writer.varint(through)
        writer.varint(UInt64(lastArrival))
        if let short {
            writer.zigzag(short)
        } else {
            writer.zigzag(Int64(truncatingIfNeeded: number >> 64))
            writer.varint(UInt64(truncatingIfNeeded: number).byteSwapped)
        }
        if inexact != 0 { writer.fixed(inexact.bitPattern) }
        if !bins.isEmpty {
            writer.varint(UInt64(bins.count))
            for bin in bins { writer.varint(UInt64(bitPattern: bin)) }
        }
        if !registers.isEmpty {
            writer.varint(UInt64(registers.count))
            var previous: UInt32 = 0
            for register in registers {
                writer.varint(UInt64(register - previous))
                previous = register
            }
        }
        if !withdrawn.isEmpty {
            writer.byte(withdrawn.holdsSum ? 1 : 0)
            writer.zigzag(Int64(truncatingIfNeeded: withdrawn.units >> 64))
            writer.varint(UInt64(truncatingIfNeeded: withdrawn.units))
            writer.fixed(withdrawn.inexact.bitPattern)
            writer.varint(UInt64(withdrawn.bins.count))
            for bin in withdrawn.bins { writer.varint(UInt64(bitPattern: bin)) }
        }
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> TotalRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0) }
        let flags = try reader.byte()
        guard flags < 32 else { throw ByteReader.Malformed(offset: 1) }
        let through = try reader.varint()
        let lastArrival = UInt32(clamping: try reader.varint())
        var number = Int128(try reader.zigzag())
        if flags & Flag.halves != 0 { number = number << 64 | Int128(try reader.varint().byteSwapped) }
        var record = TotalRecord(through: through, lastArrival: lastArrival, number: number)
        if flags & Flag.inexact != 0 { record.inexact = Double(bitPattern: try reader.fixed(UInt64.self)) }
        if flags & Flag.bins != 0 {
            for _ in 0..<(try reader.count(of: 1)) { record.bins.append(Int64(bitPattern: try reader.varint())) }
        }
        if flags & Flag.registers != 0 { try record.decodeRegisters(&reader) }
        if flags & Flag.withdrawn != 0 {
            record.withdrawn.holdsSum = try reader.byte() == 1
            record.withdrawn.units = Int128(try reader.zigzag()) << 64
            record.withdrawn.units |= Int128(try reader.varint())
            record.withdrawn.inexact = Double(bitPattern: try reader.fixed(UInt64.self))
            for _ in 0..<(try reader.count(of: 1)) {
                record.withdrawn.bins.append(Int64(bitPattern: try reader.varint()))
            }
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return record
    }

    private mutating func decodeRegisters(_ reader: inout ByteReader) throws(ByteReader.Malformed) {
        var register: UInt64 = 0
        for _ in 0..<(try reader.count(of: 1)) {
            let (next, overflow) = register.addingReportingOverflow(try reader.varint())
            register = next
            guard !overflow, register >> 6 < UInt64(HyperLogLog.registerCount),
                (1...UInt64(HyperLogLog.mostRank)).contains(register & 63)
            else { throw ByteReader.Malformed(offset: reader.offset) }
            registers.append(UInt32(register))
        }
    }
}
