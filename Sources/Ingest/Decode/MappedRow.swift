// SPDX-License-Identifier: Apache-2.0

/// Applies a mapping to rows: for each event that a row emits, fills the schema's fields from columns and constants.
///
/// One of these belongs to one thread.
final class MappedRow {
    private enum Origin {
        case column(Int)
        case constant(FieldValue)
        case row
    }

    private struct Emission {
        let type: FieldValue
        let conditions: [(column: Int, value: FieldValue)]
    }

    private let constants: ConstantText
    private let fieldCount: Int
    /// Schema field and where it comes from; `time`, `type` and a joined identity apart.
    private let assignments: [(field: Int, origin: Origin)]
    private let identity: [Origin]?
    private let timeColumn: Int?
    private let timeReader: TimeReader
    private let emissions: [Emission]
    private let fields: UnsafeMutablePointer<FieldValue>
    private var joined = GrowableBuffer<UInt8>(capacity: 256)

    /// The columns in the order in which `append` wants them.
    let columnNames: [String]

    init(_ mapping: EventMapping, schema: EventSchema) {
        let names = mapping.columnNames
        let constants = ConstantText()
        func column(_ name: String) -> Int? { names.firstIndex(of: name) }
        func origin(_ part: String) -> Origin {
            if part == EventMapping.rowNumber { return .row }
            if let constant = mapping.constants.first(where: { $0.field == part }) {
                return .constant(constants.add(constant.value))
            }
            let name = mapping.columns.first { $0.field == part }?.column ?? part
            return column(name).map { .column($0) } ?? .constant(constants.add(""))
        }
        var assignments: [(field: Int, origin: Origin)] = []
        for (index, field) in schema.fieldNames.enumerated() where mapping.isField(field) {
            if field == "time", mapping.columns.contains(where: { $0.field == "time" }) { continue }
            assignments.append((index, origin(field)))
        }
        // More than one event a row: the type must be part of the identity, or the second would be a duplicate.
        if let parts = mapping.identity {
            identity = parts.map(origin)
        } else if mapping.emissions.count > 1, mapping.isField("id") {
            identity = [origin("id")]
        } else {
            identity = nil
        }
        self.assignments = assignments
        self.columnNames = names
        timeColumn = mapping.columns.first { $0.field == "time" }.flatMap { column($0.column) }
        timeReader = TimeReader(mapping.time)
        emissions = mapping.emissions.map { emission in
            Emission(
                type: constants.add(emission.type),
                conditions: emission.conditions.map { (column($0.column) ?? 0, constants.add($0.value)) }
            )
        }
        self.constants = constants
        fieldCount = schema.fieldNames.count
        fields = .allocate(capacity: fieldCount)
        fields.initialize(repeating: .absent, count: fieldCount)
    }

    deinit {
        fields.deallocate()
    }

    /// Adds the events of one row.
    ///
    /// - Parameter row: the 1-based number of the data row.
    func append(columns: UnsafePointer<FieldValue>, row: Int, line: Int, to assembler: EventAssembler) {
        var time: Int64?
        if let timeColumn {
            let text = columns[timeColumn]
            time = text.isText ? timeReader.read(text.text) : nil
            guard time != nil else {
                assembler.reject(line: line, .badTime, "time: not as the mapping's time says")
                return
            }
        }
        fields.update(repeating: .absent, count: fieldCount)
        for (field, origin) in assignments { fields[field] = value(origin, columns) }
        for emission in emissions where holds(emission.conditions, columns) {
            fields[EventSchema.Field.type] = emission.type
            if let identity { fields[EventSchema.Field.id] = join(identity, emission.type, columns, row) }
            assembler.append(fields, line: line, time: time)
        }
    }

    private func value(_ origin: Origin, _ columns: UnsafePointer<FieldValue>) -> FieldValue {
        switch origin {
        case .column(let index): columns[index]
        case .constant(let text): text
        case .row: .absent
        }
    }

    private func holds(
        _ conditions: [(column: Int, value: FieldValue)],
        _ columns: UnsafePointer<FieldValue>
    ) -> Bool {
        conditions.allSatisfy {
            columns[$0.column].isWritten && FieldText.equal(columns[$0.column].text, $0.value.text)
        }
    }

    /// Type and parts with a unit separator between them; absent when every part is empty.
    private func join(
        _ parts: [Origin],
        _ type: FieldValue,
        _ columns: UnsafePointer<FieldValue>,
        _ row: Int
    ) -> FieldValue {
        joined.removeAll()
        add(type.text)
        var isEmpty = true
        for part in parts {
            joined.append(0x1F)
            if case .row = part {
                for digit in String(row).utf8 { joined.append(digit) }
                isEmpty = false
            } else {
                let field = value(part, columns)
                if field.isWritten, field.count > 0 {
                    add(field.text)
                    isEmpty = false
                }
            }
        }
        if isEmpty { return .absent }
        return .string(joined.base, count: joined.count)
    }

    private func add(_ text: UnsafeBufferPointer<UInt8>) {
        if let base = text.baseAddress { joined.append(from: base, count: text.count) }
    }
}

/// Owns the bytes of constants, so that fields can point at them.
private final class ConstantText {
    private var buffers: [UnsafeMutableBufferPointer<UInt8>] = []

    deinit {
        for buffer in buffers { buffer.deallocate() }
    }

    func add(_ text: String) -> FieldValue {
        let bytes = Array(text.utf8)
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        _ = buffer.initialize(from: bytes)
        buffers.append(buffer)
        return .string(buffer.baseAddress, count: bytes.count)
    }
}
