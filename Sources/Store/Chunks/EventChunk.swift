// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The points of one event series over one span: ordered by slot and detail, each pair once.
///
///     tag:1            2
///     kind:1           bits 0-1 the kind of the payloads; bit 2 plain; bit 3 grouped, never both; bit 4 shared, only
///                      with plain
///     count:varint     n, the number of points
///     plain, all details are 0:
///     slots            `IntegerColumn` of n, counted from the span's first slot
///     payloads         n of them: `IntegerColumn` of integers, `FloatColumn` of floats, nothing of none
///     plain and shared, the slots are in an entry `SharedSlots`, of as many:
///     lead:varint      the chunk's series less the one that the entry is named by
///     hash:2           of the entry's column, little-endian
///     payloads         n of them
///     grouped, until there are n points:
///     detail:varint    less the group's before, less 1; the first as it is
///     count:varint     k, at least 1
///     slots            `IntegerColumn` of k
///     payloads         k of them
///     else:
///     slots            `IntegerColumn` of n
///     details          `IntegerColumn` of n
///     payloads         n of them
///     always:
///     crc:4            CRC-32C of everything before, xor that of the chunk's key, little-endian
///
/// Points are grouped by detail where details are few: each bin of a histogram has its own share of slots and counts,
/// and floats among integers (what fell back to floating point in a counter, or in a histogram's sum) do not stand
/// between them.
///
/// Tags are written to disk and never used again for something else; 1 was a chunk of counters in development.
struct EventChunk: Equatable {
    /// What the payloads of a chunk are. The numbers are written to disk.
    enum PayloadKind: UInt8, CaseIterable {
        /// Int64: counters and histograms.
        case integers = 0
        /// Float64 bits: gauges.
        case floats = 1
        /// Zero: distinct.
        case none = 2
    }

    /// What the payloads are.
    var kind: PayloadKind
    /// Slots, counted from the first of the span.
    var slots: [UInt32] = []
    /// What `SeriesPoint` says of details and payloads.
    var details: [UInt32] = []
    var payloads: [UInt64] = []

    static let tag: UInt8 = 2
    private static let kindBits: UInt8 = 0x03
    static let plainBit: UInt8 = 0x04
    static let groupedBit: UInt8 = 0x08
    static let sharedBit: UInt8 = 0x10
    /// As many as all registers of a HyperLogLog in each slot of the longest span.
    static let mostPoints = 2_048 << 14

    /// An empty chunk.
    init(kind: PayloadKind) {
        self.kind = kind
    }

    // MARK: - Decoding

    /// Reads a chunk whose span has `span` slots, and that has its slots itself.
    ///
    /// - Throws: when the bytes are not a chunk of such a span, at the offset where that shows.
    static func decode(_ bytes: UnsafeRawBufferPointer, span: UInt32, _ scratch: ColumnScratch)
        throws(ByteReader.Malformed) -> EventChunk
    {
        let columns = EventColumns(capacity: 64)
        var chunk = EventChunk(kind: try decode(bytes, span: span, into: columns, scratch))
        chunk.slots = Array(UnsafeBufferPointer(start: columns.slots, count: columns.count))
        chunk.details = Array(UnsafeBufferPointer(start: columns.details, count: columns.count))
        chunk.payloads = Array(UnsafeBufferPointer(start: columns.payloads, count: columns.count))
        return chunk
    }

    /// Reads a chunk whose span has `span` slots into columns, in place of what they held; what the payloads are.
    ///
    /// - Throws: when the bytes are not a chunk of such a span, at the offset where that shows; the columns hold nothing
    ///   of use then.
    /// - Complexity: O(n); allocates only when the columns have to grow.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        span: UInt32,
        into columns: EventColumns,
        _ scratch: ColumnScratch,
        key: UInt32 = 0
    ) throws(ByteReader.Malformed) -> PayloadKind {
        precondition(span <= EventColumns.mostSlots, "no span is longer")
        let body = try CRC32C.body(of: bytes, key: key)
        var reader = ByteReader(body)
        let header = try header(&reader, span: span)
        guard header.shared == nil else { throw ByteReader.Malformed(offset: reader.offset) }
        if header.isGrouped {
            try decodeGroups(&reader, header.kind, count: header.count, span: span, into: columns, scratch)
        } else {
            columns.reset(count: header.count)
            if header.isPlain {
                try decodeSlots(&reader, into: columns.slots, count: header.count, from: 0, span: span, scratch)
                columns.details.update(repeating: 0, count: header.count)
            } else {
                try decode(&reader, into: columns.slots, count: header.count, scratch)
                try decode(&reader, into: columns.details, count: header.count, scratch)
            }
            try decode(&reader, header.kind, into: columns.payloads, count: header.count, scratch)
        }
        guard reader.remaining == 0, header.isPlain || areOrdered(columns, span: span) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        return header.kind
    }

    /// What a chunk says before its columns.
    struct Header {
        var kind: PayloadKind
        var isPlain: Bool
        var isGrouped: Bool
        var count: Int
        /// Where the slots are when the chunk has none.
        var shared: SharedSlots.Reference?
    }

    /// Reads what stands before the columns of a chunk whose span has `span` slots.
    static func header(_ reader: inout ByteReader, span: UInt32) throws(ByteReader.Malformed) -> Header {
        guard try reader.byte() == tag else { throw ByteReader.Malformed(offset: 0) }
        let flags = try reader.byte()
        guard flags & ~(kindBits | plainBit | groupedBit | sharedBit) == 0,
            flags & (plainBit | groupedBit) != plainBit | groupedBit,
            flags & (plainBit | sharedBit) != sharedBit,
            let kind = PayloadKind(rawValue: flags & kindBits)
        else { throw ByteReader.Malformed(offset: 1, isOfOtherVersion: true) }
        // What so many bytes can hold: a slot once for each detail, a group, and a block of two columns, in four bytes.
        let most =
            switch flags & (plainBit | groupedBit) {
            case plainBit: Int(span)
            case groupedBit: Int(span) * (reader.remaining / 4)
            default: ColumnScratch.mostValues * (reader.remaining / 4)
            }
        let count = try count(&reader, most: min(most, mostPoints))
        var header = Header(
            kind: kind,
            isPlain: flags & plainBit != 0,
            isGrouped: flags & groupedBit != 0,
            count: count
        )
        if flags & sharedBit != 0 {
            guard count > 0, let distance = UInt32(exactly: try reader.varint()) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            header.shared = SharedSlots.Reference(distance: distance, hash: try reader.fixed(UInt16.self))
        }
        return header
    }

    /// Reads a plain chunk's column of slots, and adds `first` to each.
    ///
    /// - Throws: also when they do not ascend, or do not end before `span`.
    static func decodeSlots(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<UInt32>,
        count: Int,
        from first: UInt32,
        span: UInt32,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        guard count > 0 else { return }
        let slots = scratch.first
        try IntegerColumn.decodeBlock(&reader, into: slots, count: count, scratch)
        var all = UInt64(bitPattern: slots[0])
        var steps: UInt32 = 0
        out[0] = UInt32(truncatingIfNeeded: slots[0]) &+ first
        var index = 1
        while index < count {
            let slot = UInt64(bitPattern: slots[index])
            all |= slot
            // Of numbers below 2^31 the difference less 1 has its highest bit where one is not above the one before.
            steps |= UInt32(truncatingIfNeeded: slot) &- UInt32(truncatingIfNeeded: slots[index &- 1]) &- 1
            out[index] = UInt32(truncatingIfNeeded: slot) &+ first
            index &+= 1
        }
        guard all >> 31 == 0, steps >> 31 == 0, slots[count - 1] < Int64(span) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
    }

    private static func decodeGroups(
        _ reader: inout ByteReader,
        _ kind: PayloadKind,
        count: Int,
        span: UInt32,
        into columns: EventColumns,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        let groups = columns.prepareGroups(count: count)
        var next: UInt64 = 0
        var done = 0
        while done < count {
            let distance = try reader.varint()
            guard distance <= UInt64(UInt32.max), next + distance <= UInt64(UInt32.max) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let detail = next + distance
            next = detail + 1
            let size = try self.count(&reader, most: min(count - done, Int(span)))
            guard size > 0 else { throw ByteReader.Malformed(offset: reader.offset) }
            try decode(&reader, into: groups.slots + done, count: size, scratch)
            (groups.details + done).update(repeating: UInt32(detail), count: size)
            try decode(&reader, kind, into: groups.payloads + done, count: size, scratch)
            done += size
        }
        guard columns.takeGroups(span: span) else { throw ByteReader.Malformed(offset: reader.offset) }
    }

    /// The payloads of some points.
    static func decode(
        _ reader: inout ByteReader,
        _ kind: PayloadKind,
        into out: UnsafeMutablePointer<UInt64>,
        count: Int,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        let payloads = UnsafeMutableRawPointer(out)
        switch kind {
        case .integers:
            let integers = payloads.assumingMemoryBound(to: Int64.self)
            try IntegerColumn.decode(&reader, into: integers, count: count, scratch)
        case .floats:
            let floats = payloads.assumingMemoryBound(to: Double.self)
            try FloatColumn.decode(&reader, into: floats, count: count, scratch)
        case .none:
            out.update(repeating: 0, count: count)
        }
    }

    private static func count(_ reader: inout ByteReader, most: Int) throws(ByteReader.Malformed) -> Int {
        let count = try reader.varint()
        guard count <= UInt64(most) else { throw ByteReader.Malformed(offset: reader.offset) }
        return Int(count)
    }

    /// A column of numbers of 32 bits.
    private static func decode(
        _ reader: inout ByteReader,
        into out: UnsafeMutablePointer<UInt32>,
        count: Int,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        var done = 0
        while done < count {
            let size = min(count - done, ColumnScratch.mostValues)
            try IntegerColumn.decodeBlock(&reader, into: scratch.first, count: size, scratch)
            var all: UInt64 = 0
            for index in 0..<size {
                let bits = UInt64(bitPattern: scratch.first[index])
                all |= bits
                out[done &+ index] = UInt32(truncatingIfNeeded: bits)
            }
            guard all >> 32 == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
            done += size
        }
    }

    /// What points are ordered by.
    static func key(_ slot: UInt32, _ detail: UInt32) -> UInt64 { UInt64(slot) << 32 | UInt64(detail) }

    /// Whether the points are ordered, each once, and in the span.
    private static func areOrdered(_ columns: EventColumns, span: UInt32) -> Bool {
        guard columns.count > 0 else { return true }
        let (slots, details) = (columns.slots, columns.details)
        var index = 1
        while index < columns.count {
            guard key(slots[index &- 1], details[index &- 1]) < key(slots[index], details[index]) else { return false }
            index &+= 1
        }
        return slots[columns.count - 1] < span
    }
}
