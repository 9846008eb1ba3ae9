// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// Turns the fields of one event, as any decoder found them, into an entry of a batch, or into a reject.
///
/// One assembler belongs to one thread. An event is taken whole or not at all: a fault in any field that the event's
/// definitions use rejects it, and nothing of it counts.
final class EventAssembler {
    private let schema: EventSchema
    private let key: HashKey
    private let routes: RouteTable
    let batch: EventBatch
    /// The batch's arrays.
    private let storage: UnsafeMutablePointer<EventBatch.Storage>
    private let latest: Int64

    /// Why `append` did not take an event.
    private struct Fault: Error {
        let reason: RejectReason
        let message: String
    }

    init(schema: EventSchema, key: HashKey, arrival: Timestamp) {
        self.schema = schema
        self.key = key
        self.routes = RouteTable(schema, key: key)
        self.batch = EventBatch(schema: schema, arrival: arrival)
        self.storage = batch.storage
        self.latest = arrival.milliseconds + EventLimits.futureMilliseconds
    }

    /// Counts an event that its decoder could not read.
    func reject(line: Int, _ reason: RejectReason, _ message: String) {
        batch.rejects.append(Reject(line: line, reason: reason, message: message))
    }

    /// Takes the event whose fields stand in `fields`, by the indices of the schema.
    ///
    /// `time` is given by decoders that have read it already (CSV with a time format of its own).
    @inline(__always)
    func append(_ fields: UnsafePointer<FieldValue>, line: Int, time: Int64? = nil) {
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
                digest = FoldedHash.mix(
                    digest ^ UInt64(bitPattern: storage.pointee.values.base[index]),
                    key.first ^ UInt64(storage.pointee.valueKinds.base[index])
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
        } catch {
            storage.pointee.keys.truncate(to: keyMark)
            storage.pointee.values.truncate(to: valueMark)
            storage.pointee.valueKinds.truncate(to: valueMark)
            reject(line: line, error.reason, error.message)
        }
    }

    // MARK: - Fields

    @inline(__always)
    private func appendKey(
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
                throw Fault(reason: .malformed, message: "\(schema.fieldNames[field]): not a string")
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

    /// Copies a few bytes, mostly less than sixteen, without a call.
    @inline(__always)
    private func copyShort(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int) {
        let from = UnsafeRawPointer(source)
        let to = UnsafeMutableRawPointer(target)
        if count >= 8 {
            if count > 32 {
                memcpy(to, from, count)
                return
            }
            var offset = 0
            while offset &+ 8 <= count {
                to.storeBytes(
                    of: from.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    toByteOffset: offset,
                    as: UInt64.self
                )
                offset &+= 8
            }
            // The last eight bytes, over what is there already.
            let last = count &- 8
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: last, as: UInt64.self),
                toByteOffset: last,
                as: UInt64.self
            )
        } else {
            var offset = 0
            while offset < count {
                target[offset] = source[offset]
                offset &+= 1
            }
        }
    }

    @inline(__always)
    private func appendValues(_ route: Int, _ fields: UnsafePointer<FieldValue>) throws(Fault) {
        let specifications = routes.values(route)
        var anything = routes.countsWithoutValue(route)
        for specification in specifications {
            var kind = EventBatch.ValueKind.absent
            var bits: Int64 = 0
            for field in routes.valueFields(specification) where fields[field].isPresent && fields[field].length > 0 {
                let value = fields[field]
                switch value.isText ? Measure.parse(value.text) : .invalid {
                case .micros(let micros) where micros >= 0:
                    kind = EventBatch.ValueKind.micros
                    bits = micros
                case .inexact(let number) where number >= 0:
                    kind = EventBatch.ValueKind.inexact
                    bits = Int64(bitPattern: number.bitPattern)
                case .micros, .inexact:
                    throw Fault(reason: .badNumber, message: "\(schema.fieldNames[field]): negative")
                case .invalid:
                    throw Fault(reason: .badNumber, message: "\(schema.fieldNames[field]): not a decimal number")
                }
                anything = true
                break
            }
            storage.pointee.values.append(bits)
            storage.pointee.valueKinds.append(kind)
        }
        guard anything else { throw missingValue(route) }
    }

    @inline(__always)
    private func readTime(_ field: FieldValue) throws(Fault) -> Int64? {
        if field.isString {
            if let time = EventTime.rfc3339(field.text) { return time }
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

    private func tooLong(_ field: Int) -> Fault {
        Fault(reason: .tooLarge, message: "\(schema.fieldNames[field]): over \(EventLimits.valueBytes) bytes")
    }

    private func missingValue(_ route: Int) -> Fault {
        let names = schema.routes[route].values.flatMap { $0 }.map { schema.fieldNames[$0] }
        return Fault(
            reason: .missingField,
            message: "\(schema.routes[route].type) without \(names.joined(separator: " or "))"
        )
    }
}

/// The routes of a schema in flat memory, so that the loop over events touches no reference count.
private final class RouteTable {
    private struct Row {
        var typeOffset: Int
        var typeLength: Int
        var keyStart: Int
        var keyCount: Int
        var specificationStart: Int
        var specificationCount: Int
        var seed: UInt64
        var countsWithoutValue: Bool
    }

    /// A range of `fields`.
    struct Specification {
        var start: Int
        var count: Int
    }

    private let rows: UnsafeMutableBufferPointer<Row>
    private let types: UnsafeMutableBufferPointer<UInt8>
    private let fields: UnsafeMutableBufferPointer<Int>
    private let specifications: UnsafeMutableBufferPointer<Specification>

    init(_ schema: EventSchema, key: HashKey) {
        var types: [UInt8] = []
        var fields: [Int] = []
        var specifications: [Specification] = []
        var rows: [Row] = []
        for route in schema.routes {
            let keyStart = fields.count
            fields += route.keyFields
            let specificationStart = specifications.count
            for list in route.values {
                specifications.append(Specification(start: fields.count, count: list.count))
                fields += list
            }
            let type = Array(route.type.utf8)
            rows.append(
                Row(
                    typeOffset: types.count,
                    typeLength: type.count,
                    keyStart: keyStart,
                    keyCount: route.keyFields.count,
                    specificationStart: specificationStart,
                    specificationCount: route.values.count,
                    seed: type.withUnsafeBufferPointer { bytes in
                        bytes.baseAddress.map { FoldedHash.hash($0, count: bytes.count, key: key) } ?? 0
                    },
                    countsWithoutValue: route.countsWithoutValue
                )
            )
            types += type
        }
        self.rows = RouteTable.copy(rows)
        self.types = RouteTable.copy(types)
        self.fields = RouteTable.copy(fields)
        self.specifications = RouteTable.copy(specifications)
    }

    deinit {
        rows.deallocate()
        types.deallocate()
        fields.deallocate()
        specifications.deallocate()
    }

    private static func copy<Element>(_ array: [Element]) -> UnsafeMutableBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(array.count, 1))
        _ = buffer.initialize(from: array)
        return UnsafeMutableBufferPointer(rebasing: buffer[..<array.count])
    }

    /// The route of an event type. Linear: there are a handful.
    @inline(__always)
    func find(_ type: UnsafeBufferPointer<UInt8>) -> Int? {
        for index in 0..<rows.count where rows[index].typeLength == type.count {
            if memcmp(types.baseAddress! + rows[index].typeOffset, type.baseAddress!, type.count) == 0 { return index }
        }
        return nil
    }

    @inline(__always)
    func keyFields(_ route: Int) -> UnsafeBufferPointer<Int> {
        UnsafeBufferPointer(rebasing: fields[rows[route].keyStart..<(rows[route].keyStart + rows[route].keyCount)])
    }

    @inline(__always)
    func values(_ route: Int) -> UnsafeBufferPointer<Specification> {
        let row = rows[route]
        return UnsafeBufferPointer(
            rebasing: specifications[row.specificationStart..<(row.specificationStart + row.specificationCount)]
        )
    }

    @inline(__always)
    func valueFields(_ specification: Specification) -> UnsafeBufferPointer<Int> {
        UnsafeBufferPointer(rebasing: fields[specification.start..<(specification.start + specification.count)])
    }

    @inline(__always)
    func seed(_ route: Int) -> UInt64 { rows[route].seed }

    @inline(__always)
    func countsWithoutValue(_ route: Int) -> Bool { rows[route].countsWithoutValue }
}
