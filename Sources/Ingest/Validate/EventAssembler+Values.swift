// SPDX-License-Identifier: Apache-2.0

/// The values that an event's definitions take from it, by the type of their metrics.
extension EventAssembler {
    /// Appends what a route takes from an event: for each value its bits and kind, also for one that is absent.
    @inline(__always)
    func appendValues(_ route: Int, _ fields: UnsafePointer<FieldValue>) throws(Fault) {
        let mark = storage.pointee.values.count
        var anything = routes.countsWithoutValue(route)
        for specification in routes.values(route) {
            let field = present(specification, fields)
            anything = anything || field >= 0
            if field < 0 {
                for _ in 0..<specification.form.width { append(0, EventBatch.ValueKind.absent) }
            } else if specification.form == .sum {
                try appendSum(field, fields)
            } else {
                try appendOther(specification, field, fields)
            }
        }
        guard anything else { throw missingValue(route) }
        if routes.isSecond(route) { try checkSecond(route, fields, valuesFrom: mark) }
    }

    /// A second of a join that has no key, or nothing to say, is none. (A first without a key waits for nobody.)
    private func checkSecond(_ route: Int, _ fields: UnsafePointer<FieldValue>, valuesFrom mark: Int) throws(Fault) {
        let side = schema.routes[route].side
        if let key = side?.key, storage.pointee.valueKinds.base[mark + key] == EventBatch.ValueKind.absent {
            throw Fault(
                reason: .missingField,
                message:
                    "\(schema.routes[route].type) without \(side.map { schema.joins[$0.join].definition.key } ?? "")"
            )
        }
        let content = routes.contentFields(route)
        guard content.isEmpty || content.contains(where: { fields[$0].isPresent && fields[$0].length > 0 }) else {
            throw Fault(
                reason: .missingField,
                message:
                    "\(schema.routes[route].type) without \(content.map { schema.fieldNames[$0] }.joined(separator: " or "))"
            )
        }
    }

    /// The first field of a value that is there, or -1.
    @inline(__always)
    private func present(_ specification: RouteTable.Specification, _ fields: UnsafePointer<FieldValue>) -> Int {
        for field in routes.valueFields(specification) where fields[field].isPresent && fields[field].length > 0 {
            return field
        }
        return -1
    }

    @inline(__always)
    private func append(_ bits: Int64, _ kind: UInt8) {
        storage.pointee.values.append(bits)
        storage.pointee.valueKinds.append(kind)
    }

    /// Appends a measure that a counter adds up.
    @inline(__always)
    private func appendSum(_ field: Int, _ fields: UnsafePointer<FieldValue>) throws(Fault) {
        let value = fields[field]
        switch value.isText ? Measure.parse(value.text) : .invalid {
        case .micros(let micros) where micros >= 0:
            append(micros, EventBatch.ValueKind.micros)
        case .inexact(let number) where number >= 0:
            append(Int64(bitPattern: number.bitPattern), EventBatch.ValueKind.inexact)
        case .micros, .inexact:
            throw Fault(reason: .badNumber, message: "\(schema.readableName(field)): negative")
        case .invalid:
            throw noNumber(field)
        }
    }

    /// Appends the value of a gauge, a histogram or a distinct count.
    @inline(never)
    private func appendOther(
        _ specification: RouteTable.Specification,
        _ field: Int,
        _ fields: UnsafePointer<FieldValue>
    ) throws(Fault) {
        let value = fields[field]
        if specification.form == .element {
            guard value.isWritten else {
                throw Fault(reason: .malformed, message: "\(schema.readableName(field)): not a string")
            }
            var hash = SipHash13(elementKey)
            hash.add(value.bytes, count: value.count)
            return append(Int64(bitPattern: hash.finish()), EventBatch.ValueKind.element)
        }
        let measure = value.isText ? Measure.parse(value.text) : .invalid
        guard let number = measure.nearest(value.text) else {
            guard specification.isLenient else { throw noNumber(field) }
            return append(0, EventBatch.ValueKind.absent)
        }
        if specification.form == .level {
            return append(Int64(bitPattern: number.bitPattern), EventBatch.ValueKind.level)
        }
        if case .micros(let micros) = measure {
            append(micros, EventBatch.ValueKind.micros)
        } else {
            append(Int64(bitPattern: number.bitPattern), EventBatch.ValueKind.inexact)
        }
        append(Int64(routes.bucket(of: number, specification)), EventBatch.ValueKind.bucket)
    }

    // MARK: - Faults

    private func noNumber(_ field: Int) -> Fault {
        Fault(reason: .badNumber, message: "\(schema.readableName(field)): not a decimal number")
    }

    private func missingValue(_ route: Int) -> Fault {
        let names = schema.routes[route].values.flatMap(\.fields).map { schema.fieldNames[$0] }
        return Fault(
            reason: .missingField,
            message: "\(schema.routes[route].type) without \(names.joined(separator: " or "))"
        )
    }
}
