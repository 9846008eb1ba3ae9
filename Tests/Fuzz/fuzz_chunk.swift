// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

@testable import Store

/// Memory with a page behind it that may not be touched: what is read or written beyond the end crashes.
private struct GuardedMemory {
    private let end: UnsafeMutableRawPointer

    init(atMost size: Int) {
        let page = 4_096
        let whole = (size + page - 1) / page * page
        guard let start = mmap(nil, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED, mprotect(start + whole, page, PROT_NONE) == 0
        else { fatalError("no memory") }
        end = start + whole
    }

    /// The last so many bytes of it.
    func last(_ count: Int) -> UnsafeMutableRawPointer { end - count }

    /// Bytes, copied to its end.
    func holding(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let start = last(bytes.count)
        bytes.withUnsafeBytes { if let from = $0.baseAddress { start.copyMemory(from: from, byteCount: $0.count) } }
        return UnsafeRawBufferPointer(start: start, count: bytes.count)
    }
}

nonisolated(unsafe) private let scratch = ColumnScratch()
nonisolated(unsafe) private let columns = EventColumns()
nonisolated(unsafe) private let points = PointColumns()
nonisolated(unsafe) private let input = GuardedMemory(atMost: 1 << 16)
nonisolated(unsafe) private let times = GuardedMemory(atMost: SampleChunk.mostSamples * 8)
nonisolated(unsafe) private let values = GuardedMemory(atMost: SampleChunk.mostSamples * 8)

/// A body under a right checksum, as if a disk had brought it.
private func sealed(_ body: [UInt8]) -> [UInt8] {
    let checksum = body.withUnsafeBytes { CRC32C.checksum($0) }
    return body + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
}

/// Decodes any bytes as a chunk or a column; what can be read is read again as it was when it is written anew.
///
/// The first byte says as what; of columns, the next two how many values there are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChunk(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 3, count < 1 << 15 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    switch bytes[0] % 5 {
    case 0: sampleChunk([3] + bytes.dropFirst())
    case 1:
        eventChunk([2] + bytes.dropFirst())
        storedChunk([2] + bytes.dropFirst())
    case 4: sharedSlots([4] + bytes.dropFirst())
    case 2: integerColumn(Array(bytes.dropFirst(3)), count: 1 + (Int(bytes[1]) << 8 | Int(bytes[2])) % 4_096)
    default: floatColumn(Array(bytes.dropFirst(3)), count: 1 + (Int(bytes[1]) << 8 | Int(bytes[2])) % 4_096)
    }
    return 0
}

private func sampleChunk(_ body: [UInt8]) {
    let chunk = sealed(body)
    guard let head = try? chunk.withUnsafeBytes({ try SampleChunk.header($0) }) else { return }
    precondition(head.count <= SampleChunk.mostSamples, "a chunk has its size")
    let decoded = { (chunk: [UInt8]) -> (times: [Int64], bits: [UInt64])? in
        let timestamps = times.last(head.count * 8).assumingMemoryBound(to: Int64.self)
        let floats = values.last(head.count * 8).assumingMemoryBound(to: Double.self)
        guard
            let again = try? SampleChunk.decode(
                input.holding(chunk),
                timestamps: timestamps,
                values: floats,
                capacity: head.count,
                scratch
            )
        else { return nil }
        precondition(again == head, "the head is the same")
        return (
            Array(UnsafeBufferPointer(start: timestamps, count: head.count)),
            UnsafeBufferPointer(start: floats, count: head.count).map(\.bitPattern)
        )
    }
    guard let samples = decoded(chunk) else { return }
    precondition(zip(samples.times, samples.times.dropFirst()).allSatisfy { $0 < $1 }, "timestamps ascend")
    precondition(samples.times.first == head.first && samples.times.last == head.last, "the head says the truth")
    // Written anew the steps may be said in another way, so the heads are not compared.
    let again = samples.times.withUnsafeBufferPointer { times in
        samples.bits.withUnsafeBufferPointer { SampleChunk.encode(timestamps: times, bits: $0, scratch) }
    }
    let timestamps = times.last(head.count * 8).assumingMemoryBound(to: Int64.self)
    let floats = values.last(head.count * 8).assumingMemoryBound(to: Double.self)
    guard
        (try? SampleChunk.decode(
            input.holding(again),
            timestamps: timestamps,
            values: floats,
            capacity: head.count,
            scratch
        )) != nil
    else { fatalError("what was written cannot be read") }
    precondition(samples.times.elementsEqual(UnsafeBufferPointer(start: timestamps, count: head.count)))
    precondition(
        samples.bits.elementsEqual(UnsafeBufferPointer(start: floats, count: head.count).map(\.bitPattern))
    )
}

private func eventChunk(_ body: [UInt8]) {
    let span: UInt32 = 1_920
    guard let kind = try? EventChunk.decode(input.holding(sealed(body)), span: span, into: columns, scratch) else {
        return
    }
    guard columns.count <= 1 << 16 else { return }
    var chunk = EventChunk(kind: kind)
    chunk.slots = Array(UnsafeBufferPointer(start: columns.slots, count: columns.count))
    chunk.details = Array(UnsafeBufferPointer(start: columns.details, count: columns.count))
    chunk.payloads = Array(UnsafeBufferPointer(start: columns.payloads, count: columns.count))
    precondition(chunk.slots.allSatisfy { $0 < span }, "slots are in the span")
    let again = chunk.encode(scratch)
    let read = try? again.withUnsafeBytes { try EventChunk.decode($0, span: span, scratch) }
    precondition(read == chunk, "what was written reads as it was")
}

/// As a store reads it, where plain chunks are decoded straight into place: the same points.
private func storedChunk(_ body: [UInt8]) {
    let span: UInt32 = 1_920
    for kind in [MetricFamily.Kind.counter, .gauge, .histogram, .distinct] {
        points.count = 0
        do {
            let shared = try EventChunk.decode(
                input.holding(sealed(body)),
                key: 0,
                from: Slot(7),
                span: span,
                kind: kind,
                into: points,
                scratch
            )
            if shared != nil { continue }
        } catch {
            continue
        }
        precondition(
            (try? EventChunk.decode(input.holding(sealed(body)), span: span, into: columns, scratch)) != nil,
            "it is a chunk"
        )
        precondition(points.count == columns.count, "as many points")
        for index in 0..<points.count {
            precondition(points.slots[index] == columns.slots[index] + 7, "the same slots")
            precondition(points.details[index] == columns.details[index], "the same details")
            precondition(points.payloads[index] == columns.payloads[index], "the same payloads")
        }
    }
}

private func sharedSlots(_ body: [UInt8]) {
    let entry = sealed(body)
    guard let head = try? entry.withUnsafeBytes({ try SharedSlots.read($0, key: 0) }) else { return }
    let slots = times.last(head.count * 4).assumingMemoryBound(to: UInt32.self)
    guard
        (try? SharedSlots.decode(
            input.holding(entry),
            key: 0,
            into: slots,
            count: head.count,
            from: 5,
            span: 1_920,
            scratch
        )) != nil
    else { return }
    precondition(slots[0] >= 5 && slots[head.count - 1] < 1_925, "slots are in the span")
    precondition((1..<max(head.count, 1)).allSatisfy { slots[$0 - 1] < slots[$0] }, "slots ascend")
}

private func integerColumn(_ bytes: [UInt8], count: Int) {
    let out = values.last(count * 8).assumingMemoryBound(to: Int64.self)
    var reader = ByteReader(input.holding(bytes))
    guard (try? IntegerColumn.decode(&reader, into: out, count: count, scratch)) != nil else { return }
    let first = Array(UnsafeBufferPointer(start: out, count: count))
    var writer = ByteWriter()
    first.withUnsafeBufferPointer {
        if let start = $0.baseAddress { IntegerColumn.encode(start, count: count, into: &writer, scratch) }
    }
    precondition(writer.bytes.count <= count * 8 + 64, "no column takes more than its values")
    var again = ByteReader(input.holding(writer.bytes))
    guard (try? IntegerColumn.decode(&again, into: out, count: count, scratch)) != nil, again.remaining == 0 else {
        fatalError("what was written cannot be read")
    }
    precondition(first.elementsEqual(UnsafeBufferPointer(start: out, count: count)), "what was written reads as it was")
}

private func floatColumn(_ bytes: [UInt8], count: Int) {
    let out = values.last(count * 8).assumingMemoryBound(to: Double.self)
    var reader = ByteReader(input.holding(bytes))
    guard (try? FloatColumn.decode(&reader, into: out, count: count, scratch)) != nil else { return }
    let first = UnsafeBufferPointer(start: out, count: count).map(\.bitPattern)
    var writer = ByteWriter()
    first.withUnsafeBufferPointer {
        if let start = $0.baseAddress { FloatColumn.encode(start, count: count, into: &writer, scratch) }
    }
    var again = ByteReader(input.holding(writer.bytes))
    guard (try? FloatColumn.decode(&again, into: out, count: count, scratch)) != nil, again.remaining == 0 else {
        fatalError("what was written cannot be read")
    }
    precondition(
        first.elementsEqual(UnsafeBufferPointer(start: out, count: count).map(\.bitPattern)),
        "what was written reads as it was"
    )
}
