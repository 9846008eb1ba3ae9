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
    }

    /// One value of a route: ranges of the tables of fields and of bounds.
    struct Specification {
        var form: ValueForm
        var firstField: Int
        var fieldCount: Int
        var firstBound: Int
        var boundCount: Int
    }

    private let rows: UnsafeMutableBufferPointer<Row>
    private let types: UnsafeMutableBufferPointer<UInt8>
    private let fields: UnsafeMutableBufferPointer<Int>
    private let specifications: UnsafeMutableBufferPointer<Specification>
    private let bounds: UnsafeMutableBufferPointer<Double>

    init(_ schema: EventSchema, key: HashKey) {
        var types: [UInt8] = []
        var fields: [Int] = []
        var specifications: [Specification] = []
        var bounds: [Double] = []
        var rows: [Row] = []
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
                        boundCount: value.bounds.count
                    )
                )
                fields += value.fields
                bounds += value.bounds
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
        self.bounds = RouteTable.copy(bounds)
    }

    deinit {
        rows.deallocate()
        types.deallocate()
        fields.deallocate()
        specifications.deallocate()
        bounds.deallocate()
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
        UnsafeBufferPointer(start: fields.baseAddress! + specification.firstField, count: specification.fieldCount)
    }

    /// The bucket of an observation: the first whose bound is not below it, as Prometheus's `le` means, or the one of
    /// +Inf behind them all.
    @inline(__always)
    func bucket(of value: Double, _ specification: Specification) -> Int {
        var low = 0
        var high = specification.boundCount
        while low < high {
            let middle = (low &+ high) / 2
            if bounds[specification.firstBound &+ middle] < value { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    @inline(__always)
    func seed(_ route: Int) -> UInt64 { rows[route].seed }

    @inline(__always)
    func countsWithoutValue(_ route: Int) -> Bool { rows[route].countsWithoutValue }
}
