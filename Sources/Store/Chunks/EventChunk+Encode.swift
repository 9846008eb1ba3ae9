// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension EventChunk {
    /// Groups of fewer points, on average, cost more than they save.
    private static let leastGroup = 6
    private static let mostGroups = 64

    /// The bytes of the chunk.
    ///
    /// - Precondition: the columns are of equal length, at most `mostPoints`, ordered by slot and detail, each pair once.
    func encode(_ scratch: ColumnScratch) -> [UInt8] {
        slots.withUnsafeBufferPointer { slots in
            details.withUnsafeBufferPointer { details in
                payloads.withUnsafeBufferPointer { payloads in
                    EventChunk.encode(kind: kind, slots: slots, details: details, payloads: payloads, scratch)
                }
            }
        }
    }

    /// The bytes of a chunk of these points; see `encode`.
    static func encode(
        kind: PayloadKind,
        slots: UnsafeBufferPointer<UInt32>,
        details: UnsafeBufferPointer<UInt32>,
        payloads: UnsafeBufferPointer<UInt64>,
        _ scratch: ColumnScratch,
        key checksum: UInt32 = 0
    ) -> [UInt8] {
        let all = slots.count
        precondition(details.count == all && payloads.count == all && all <= mostPoints, "columns of equal length")
        for index in 1..<max(all, 1) {
            precondition(
                key(slots[index - 1], details[index - 1]) < key(slots[index], details[index]),
                "points are ordered, each pair of slot and detail once"
            )
        }
        precondition(kind != .none || payloads.allSatisfy { $0 == 0 }, "no payloads")
        var writer = ByteWriter(capacity: all * 2 + 32)
        writer.byte(tag)
        let groups = groups(details)
        let isPlain = details.allSatisfy { $0 == 0 }
        writer.byte(kind.rawValue | (isPlain ? plainBit : groups.isEmpty ? 0 : groupedBit))
        writer.varint(UInt64(all))
        let gathered = Gathered(capacity: all)
        if isPlain || groups.isEmpty {
            gathered.gather(0..<all, slots, payloads)
            gathered.encodeSlots(into: &writer, scratch)
            if !isPlain {
                for index in 0..<all { gathered.values[index] = Int64(details[index]) }
                IntegerColumn.encode(gathered.values, count: all, into: &writer, scratch)
            }
            gathered.encodePayloads(kind, into: &writer, scratch)
        } else {
            var next: UInt32 = 0
            for detail in groups {
                gathered.gather((0..<all).lazy.filter { details[$0] == detail }, slots, payloads)
                writer.varint(UInt64(detail - next))
                next = detail &+ 1
                writer.varint(UInt64(gathered.count))
                gathered.encodeSlots(into: &writer, scratch)
                gathered.encodePayloads(kind, into: &writer, scratch)
            }
        }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) } ^ checksum
        writer.fixed(crc)
        return writer.bytes
    }

    /// The details that points are grouped by, ascending; none where that does not pay.
    private static func groups(_ details: UnsafeBufferPointer<UInt32>) -> [UInt32] {
        var found: [UInt32] = []
        for detail in details {
            var low = 0
            var high = found.count
            while low < high {
                let middle = (low + high) / 2
                if found[middle] < detail { low = middle + 1 } else { high = middle }
            }
            if low < found.count, found[low] == detail { continue }
            found.insert(detail, at: low)
            if found.count > mostGroups || found.count * leastGroup > details.count { return [] }
        }
        return found
    }

    /// Slots and payloads of some of the points, on their way into columns.
    private final class Gathered {
        let values: UnsafeMutablePointer<Int64>
        private let payloads: UnsafeMutablePointer<UInt64>
        private(set) var count = 0

        init(capacity: Int) {
            values = .allocate(capacity: max(capacity, 1))
            payloads = .allocate(capacity: max(capacity, 1))
        }

        deinit {
            values.deallocate()
            payloads.deallocate()
        }

        func gather(
            _ indices: some Sequence<Int>,
            _ slots: UnsafeBufferPointer<UInt32>,
            _ bits: UnsafeBufferPointer<UInt64>
        ) {
            count = 0
            for index in indices {
                values[count] = Int64(slots[index])
                payloads[count] = bits[index]
                count += 1
            }
        }

        func encodeSlots(into writer: inout ByteWriter, _ scratch: ColumnScratch) {
            IntegerColumn.encode(values, count: count, into: &writer, scratch)
        }

        func encodePayloads(_ kind: PayloadKind, into writer: inout ByteWriter, _ scratch: ColumnScratch) {
            switch kind {
            case .integers:
                for index in 0..<count { values[index] = Int64(bitPattern: payloads[index]) }
                IntegerColumn.encode(values, count: count, into: &writer, scratch)
            case .floats: FloatColumn.encode(payloads, count: count, into: &writer, scratch)
            case .none: break
            }
        }
    }
}
