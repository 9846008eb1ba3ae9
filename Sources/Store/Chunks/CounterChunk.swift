// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The increments of one counter over one span, slot by slot; slots without increments are not there.
///
/// Format 1:
///
///     tag:1            1
///     through:varint   the last commit of the journal whose increments are in this chunk
///     count:varint     n
///     n × varint       distance of each slot from the one before it; the first from the span's first slot
///     n × varint       units of each slot
///     count:varint     m
///     m × (varint distance as above, Float64:8 little-endian)     what fell back to floating point
///     crc:4            CRC-32C of everything before, little-endian
///
/// Tags are written to disk and never used again: later codecs take new ones.
struct CounterChunk: Equatable {
    /// Exact increments, by slot, each slot once.
    var points: [Point] = []
    /// Inexact increments, by slot, each slot once.
    var inexactPoints: [InexactPoint] = []
    /// The last commit whose increments are in here.
    var through: UInt64 = 0

    struct Point: Equatable {
        var slot: Slot
        var units: Int64
    }

    struct InexactPoint: Equatable {
        var slot: Slot
        var value: Double
    }

    private static let tag: UInt8 = 1

    /// Adds increments that are ordered by slot. A sum beyond 64 bits goes on as an inexact one.
    mutating func merge(_ added: some Sequence<Point>) {
        var merged: [Point] = []
        merged.reserveCapacity(points.count)
        var old = points[...]
        for point in added {
            while let first = old.first, first.slot <= point.slot {
                merged.append(first)
                old.removeFirst()
            }
            if let last = merged.indices.last, merged[last].slot == point.slot {
                let (sum, overflow) = merged[last].units.addingReportingOverflow(point.units)
                if overflow {
                    merge(inexact: InexactPoint(slot: point.slot, value: Double(point.units) / 1_000_000))
                } else {
                    merged[last].units = sum
                }
            } else {
                merged.append(point)
            }
        }
        merged += old
        points = merged
    }

    /// Adds one inexact increment.
    mutating func merge(inexact point: InexactPoint) {
        let index = inexactPoints.firstIndex { $0.slot >= point.slot } ?? inexactPoints.endIndex
        if index < inexactPoints.endIndex, inexactPoints[index].slot == point.slot {
            inexactPoints[index].value += point.value
        } else {
            inexactPoints.insert(point, at: index)
        }
    }

    // MARK: - Format

    /// The bytes of the chunk, whose span begins at `first`.
    func encode(from first: Slot) -> [UInt8] {
        var writer = ByteWriter(capacity: points.count * 4 + inexactPoints.count * 10 + 24)
        writer.byte(CounterChunk.tag)
        writer.varint(through)
        writer.varint(UInt64(points.count))
        var previous = first.number
        for point in points {
            writer.varint(UInt64(point.slot.number - previous))
            previous = point.slot.number
        }
        for point in points { writer.varint(UInt64(bitPattern: point.units)) }
        writer.varint(UInt64(inexactPoints.count))
        previous = first.number
        for point in inexactPoints {
            writer.varint(UInt64(point.slot.number - previous))
            writer.fixed(point.value.bitPattern)
            previous = point.slot.number
        }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(crc)
        return writer.bytes
    }

    /// Reads a chunk whose span has `span` slots from `first` on.
    ///
    /// - Throws: when the bytes are not a chunk of this span, at the offset where that shows.
    static func decode(_ bytes: UnsafeRawBufferPointer, from first: Slot, span: UInt32) throws(ByteReader.Malformed)
        -> CounterChunk
    {
        guard bytes.count > 4 else { throw ByteReader.Malformed(offset: 0) }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        var trailer = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - 4)...]))
        guard try trailer.fixed(UInt32.self) == CRC32C.checksum(body) else {
            throw ByteReader.Malformed(offset: bytes.count - 4)
        }
        var reader = ByteReader(body)
        guard try reader.byte() == tag else { throw ByteReader.Malformed(offset: 0) }
        var chunk = CounterChunk()
        chunk.through = try reader.varint()
        let end = UInt64(first.number) + UInt64(span)
        let count = try reader.count(of: 2)
        var slots = UInt64(first.number)
        chunk.points.reserveCapacity(count)
        for index in 0..<count {
            let distance = try reader.varint()
            guard distance < UInt64(span), slots + distance < end, index == 0 || distance > 0 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            slots += distance
            chunk.points.append(Point(slot: Slot(UInt32(slots)), units: 0))
        }
        for index in 0..<count { chunk.points[index].units = Int64(bitPattern: try reader.varint()) }
        slots = UInt64(first.number)
        let inexactCount = try reader.count(of: 9)
        for index in 0..<inexactCount {
            let distance = try reader.varint()
            guard distance < UInt64(span), slots + distance < end, index == 0 || distance > 0 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            slots += distance
            let value = Double(bitPattern: try reader.fixed(UInt64.self))
            chunk.inexactPoints.append(InexactPoint(slot: Slot(UInt32(slots)), value: value))
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return chunk
    }
}
