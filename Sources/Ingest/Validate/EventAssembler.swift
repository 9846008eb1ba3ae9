// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// Turns the fields of one event, as any decoder found them, into an entry of a batch, or into a reject.
///
/// One assembler belongs to one thread. An event is taken whole or not at all: a fault in any field that the event's
/// definitions use rejects it, and nothing of it counts.
final class EventAssembler {
    let schema: EventSchema
    let key: HashKey
    /// Under which the values of distinct counts are hashed.
    let elementKey: HashKey
    let routes: RouteTable
    /// The fields by which a baseline is found.
    let modelFields: (model: Int, version: Int)
    private let derived: DerivedTable
    let batch: EventBatch
    /// The batch's arrays.
    let storage: UnsafeMutablePointer<EventBatch.Storage>
    private let latest: Int64
    private var minute = MinuteMemo()
    /// Where the texts of members are resolved.
    var resolved = GrowableBuffer<UInt8>(capacity: 256)

    /// Why `append` did not take an event.
    struct Fault: Error {
        let reason: RejectReason
        let message: String
    }

    /// - Parameter batch: takes the events; empty, and of the same schema.
    init(schema: EventSchema, key: HashKey, batch: EventBatch) {
        self.schema = schema
        self.key = key
        self.elementKey = key.derived("elements")
        self.routes = RouteTable(schema, key: key)
        self.modelFields = schema.modelFields
        self.derived = DerivedTable(schema.routes)
        self.batch = batch
        self.storage = batch.storage
        self.latest = batch.arrival.milliseconds + EventLimits.futureMilliseconds
    }

    /// Counts an event that its decoder could not read.
    func reject(line: Int, _ reason: RejectReason, _ message: String) {
        batch.rejects.append(Reject(line: line, reason: reason, message: message))
    }

    /// Takes the event whose fields stand in `fields`, by the indices of the schema. Fields that are made are put there.
    ///
    /// `time` is given by decoders that have read it already (CSV with a time format of its own).
    @inline(__always)
    func append(_ fields: UnsafeMutablePointer<FieldValue>, line: Int, time: Int64? = nil) {
        let entryMark = storage.pointee.entries.count
        let memberMark = storage.pointee.members
        let keyMark = storage.pointee.keys.count
        let valueMark = storage.pointee.values.count
        do throws(Fault) {
            let type = fields[EventSchema.Field.type]
            guard type.isString, type.length > 0 else {
                throw type.isPresent && !type.isString
                    ? Fault(reason: .malformed, message: "type: not a string")
                    : Fault(reason: .missingField, message: "type is missing")
            }
            guard let route = routes.find(type.text) else {
                batch.unmatched += 1
                return
            }
            derived.apply(route, fields)
            try appendKey(routes.keyFields(route), fields)
            try appendValues(route, fields)
            var given = time
            if given == nil { given = try readTime(fields[EventSchema.Field.time]) }
            let stamp = given ?? batch.arrival.milliseconds
            guard stamp >= 0 else { throw Fault(reason: .badTime, message: "time: before 1970") }
            guard stamp <= latest else {
                throw Fault(reason: .future, message: "time: more than 10 minutes ahead of the clock")
            }
            let keyLength = storage.pointee.keys.count - keyMark
            let keyHash = FoldedHash.hash(storage.pointee.keys.base + keyMark, count: keyLength, key: key)
            var digest = FoldedHash.mix(keyHash ^ routes.seed(route), UInt64(bitPattern: given ?? -1) ^ key.second)
            for index in valueMark..<storage.pointee.values.count {
                let kind = storage.pointee.valueKinds.base[index]
                if kind == EventBatch.ValueKind.absent { continue }
                digest = FoldedHash.mix(
                    digest ^ UInt64(bitPattern: storage.pointee.values.base[index]),
                    key.first ^ (UInt64(kind) | UInt64(index &- valueMark) &<< 8)
                )
            }
            let fingerprint = try fingerprint(fields[EventSchema.Field.source], fields[EventSchema.Field.id])
            storage.pointee.entries.append(
                EventBatch.Entry(
                    fingerprint: fingerprint,
                    keyHash: keyHash,
                    time: stamp,
                    keyOffset: UInt32(keyMark),
                    keyLength: UInt32(keyLength),
                    valueOffset: UInt32(valueMark),
                    digest: UInt32(truncatingIfNeeded: digest >> 32),
                    route: UInt32(route)
                )
            )
            for member in routes.members(route) where fields[member.field].isPresent {
                try appendMembers(member, fields, ofEntry: entryMark)
            }
        } catch {
            storage.pointee.entries.truncate(to: entryMark)
            storage.pointee.members = memberMark
            storage.pointee.keys.truncate(to: keyMark)
            storage.pointee.values.truncate(to: valueMark)
            storage.pointee.valueKinds.truncate(to: valueMark)
            reject(line: line, error.reason, error.message)
        }
    }

    // MARK: - Fields

    @inline(__always)
    func appendKey(
        _ keyFields: UnsafeBufferPointer<Int>,
        _ fields: UnsafePointer<FieldValue>
    ) throws(Fault) {
        storage.pointee.keys.reserve(keyFields.count &* (EventLimits.valueBytes + 2))
        let start = storage.pointee.keys.end
        var end = start
        for field in keyFields {
            let value = fields[field]
            var count = 0
            if value.isText {
                count = value.count
                guard count <= EventLimits.valueBytes else { throw tooLong(field) }
            } else if value.isBoolean {
                count = value.count
            } else if value.isPresent {
                throw Fault(reason: .malformed, message: "\(schema.readableName(field)): not a string")
            }
            end[0] = UInt8(truncatingIfNeeded: count)
            end[1] = UInt8(truncatingIfNeeded: count >> 8)
            end += 2
            if let bytes = value.bytes, count > 0 {
                copyShort(bytes, to: end, count: count)
                end += count
            }
        }
        storage.pointee.keys.advance(by: start.distance(to: end))
    }

    /// Copies a few bytes, mostly less than sixteen, without a call. Values of one field are mostly of about one length:
    /// one step for each class of lengths is foreseen by the processor, a loop over bytes is not.
    @inline(__always)
    private func copyShort(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int) {
        let from = UnsafeRawPointer(source)
        let to = UnsafeMutableRawPointer(target)
        if count > 16 {
            memcpy(to, from, count)
        } else if count >= 8 {
            copyEnds(UInt64.self, from, to, count)
        } else if count >= 4 {
            copyEnds(UInt32.self, from, to, count)
        } else if count >= 2 {
            copyEnds(UInt16.self, from, to, count)
        } else {
            target[0] = source[0]
        }
    }

    /// Copies one to two words as the first and the last, which may overlap.
    @inline(__always)
    private func copyEnds<Word: FixedWidthInteger & BitwiseCopyable>(
        _ word: Word.Type,
        _ from: UnsafeRawPointer,
        _ to: UnsafeMutableRawPointer,
        _ count: Int
    ) {
        let last = count &- MemoryLayout<Word>.size
        let first = from.loadUnaligned(as: Word.self)
        let end = from.loadUnaligned(fromByteOffset: last, as: Word.self)
        to.storeBytes(of: first, as: Word.self)
        to.storeBytes(of: end, toByteOffset: last, as: Word.self)
    }

    @inline(__always)
    private func readTime(_ field: FieldValue) throws(Fault) -> Int64? {
        if field.isString {
            if let time = minute.milliseconds(field.text) { return time }
        } else if field.isNumber {
            if let time = EventTime.unix(field.text) { return time }
        } else if !field.isPresent {
            return nil
        }
        throw Fault(reason: .badTime, message: "time: neither RFC 3339 with a zone nor Unix time")
    }

    @inline(__always)
    private func fingerprint(_ source: FieldValue, _ id: FieldValue) throws(Fault) -> UInt64 {
        guard id.isPresent, id.length > 0 else { return 0 }
        guard id.isText, !source.isPresent || source.isText else {
            throw Fault(reason: .malformed, message: id.isText ? "source: not a string" : "id: not a string")
        }
        guard id.count <= EventLimits.valueBytes else { throw tooLong(EventSchema.Field.id) }
        guard source.count <= EventLimits.valueBytes else { throw tooLong(EventSchema.Field.source) }
        var hash = SipHash13(key)
        hash.add(source.isPresent ? source.bytes : nil, count: source.isPresent ? source.count : 0)
        hash.add(id.bytes, count: id.count)
        let fingerprint = hash.finish()
        return fingerprint == 0 ? 1 : fingerprint
    }

    // MARK: - Faults

    func tooLong(_ field: Int) -> Fault {
        Fault(reason: .tooLarge, message: "\(schema.readableName(field)): over \(EventLimits.valueBytes) bytes")
    }
}
