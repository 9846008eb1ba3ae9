// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The routes of a schema in flat memory, so that the loop over events touches no reference count.
final class RouteTable {
    private struct Row {
        var typeOffset: Int
        var typeLength: Int
        var keyStart: Int
        var keyCount: Int
        var specificationStart: Int
        var specificationCount: Int
        var seed: UInt64
        var countsWithoutValue: Bool
        /// Whether events of its type come from outside.
        var isOfEvents: Bool
        var memberStart: Int
        var memberCount: Int
        /// Whether its events are the seconds of a join.
        var isSecond: Bool
        var contentStart: Int
        var contentCount: Int
    }

    /// An object whose members are entries of their own; see `EventSchema.MemberRoute`. -1 for no field.
    struct Member {
        var field: Int
        var route: Int
        var name: Int
        var value: Int
        var baseline: Int
        var bin: Int
    }

    /// One value of a route: ranges of the tables of fields and of bounds.
    struct Specification {
        var form: ValueForm
        var firstField: Int
        var fieldCount: Int
        var firstBound: Int
        var boundCount: Int
        /// Whether what is no number is absent, not a fault.
        var isLenient: Bool
    }

    private let rows: UnsafeMutableBufferPointer<Row>
    private let types: UnsafeMutableBufferPointer<UInt8>
    private let fields: UnsafeMutableBufferPointer<Int>
    private let specifications: UnsafeMutableBufferPointer<Specification>
    private let bounds: UnsafeMutableBufferPointer<Double>
    private let memberRows: UnsafeMutableBufferPointer<Member>

    init(_ schema: EventSchema, key: HashKey) {
        var types: [UInt8] = []
        var fields: [Int] = []
        var specifications: [Specification] = []
        var bounds: [Double] = []
        var rows: [Row] = []
        var members: [Member] = []
        for route in schema.routes {
            let keyStart = fields.count
            fields += route.keyFields
            let specificationStart = specifications.count
            for value in route.values {
                specifications.append(
                    Specification(
                        form: value.form,
                        firstField: fields.count,
                        fieldCount: value.fields.count,
                        firstBound: bounds.count,
                        boundCount: value.bounds.count,
                        isLenient: value.isLenient
                    )
                )
                fields += value.fields
                bounds += value.bounds
            }
            let contentStart = fields.count
            fields += schema.contentFields(route)
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
                    countsWithoutValue: route.countsWithoutValue,
                    isOfEvents: route.origin == .event,
                    memberStart: members.count,
                    memberCount: route.members.count,
                    isSecond: route.side.map { !$0.isFirst } ?? false,
                    contentStart: contentStart,
                    contentCount: fields.count - contentStart
                )
            )
            members += route.members.map {
                Member(
                    field: $0.field,
                    route: $0.route,
                    name: $0.name,
                    value: $0.value,
                    baseline: $0.bin?.baseline ?? -1,
                    bin: $0.bin?.bin ?? -1
                )
            }
            types += type
        }
        self.rows = .copy(rows)
        self.types = .copy(types)
        self.fields = .copy(fields)
        self.specifications = .copy(specifications)
        self.bounds = .copy(bounds)
        memberRows = .copy(members)
    }

    deinit {
        rows.deallocate()
        types.deallocate()
        fields.deallocate()
        specifications.deallocate()
        bounds.deallocate()
        memberRows.deallocate()
    }

    /// The route of an event type. Linear: there are a handful.
    @inline(__always)
    func find(_ type: UnsafeBufferPointer<UInt8>) -> Int? {
        for index in 0..<rows.count where rows[index].typeLength == type.count && rows[index].isOfEvents {
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
        UnsafeBufferPointer(start: fields.baseAddress! + specification.firstField, count: specification.fieldCount)
    }

    /// The bucket of an observation.
    @inline(__always)
    func bucket(of value: Double, _ specification: Specification) -> Int {
        UpperBounds.bucket(
            of: value,
            in: bounds.baseAddress! + specification.firstBound,
            count: specification.boundCount
        )
    }

    /// The objects of a route's events whose members are entries of their own.
    @inline(__always)
    func members(_ route: Int) -> UnsafeBufferPointer<Member> {
        let row = rows[route]
        return UnsafeBufferPointer(rebasing: memberRows[row.memberStart..<(row.memberStart &+ row.memberCount)])
    }

    /// Whether the events of a route are the seconds of a join.
    @inline(__always)
    func isSecond(_ route: Int) -> Bool { rows[route].isSecond }

    /// The fields of a second one of which has to be there: its classes and its numbers.
    func contentFields(_ route: Int) -> UnsafeBufferPointer<Int> {
        let row = rows[route]
        return UnsafeBufferPointer(rebasing: fields[row.contentStart..<(row.contentStart + row.contentCount)])
    }

    @inline(__always)
    func seed(_ route: Int) -> UInt64 { rows[route].seed }

    @inline(__always)
    func countsWithoutValue(_ route: Int) -> Bool { rows[route].countsWithoutValue }
}
