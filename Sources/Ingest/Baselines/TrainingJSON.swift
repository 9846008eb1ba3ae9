// SPDX-License-Identifier: Apache-2.0

import YAML

/// Reads a training file of NDJSON, piece by piece. The first faulty line ends it.
///
/// A line is an object whose members are the features, or an event: an object that has an object `features`, or the type of
/// an event. Of events the predictions of the model count, by their features; the others
/// are counted as passed over.
final class TrainingJSON: TrainingFormat {
    private let model: [UInt8]
    private let version: [UInt8]?
    private let reader = JSONObjectReader(JSONFieldTable(names: ["type", "model", "version", "features"]))
    private var resolved = GrowableBuffer<UInt8>(capacity: 256)
    /// The values of one line, as far as it is read: of each column, by its index.
    private var values: [Value] = []
    /// The columns of the members of the line before, in their order; -1 where one is left out.
    private var expected: [Int] = []
    private var linesBefore = 0

    private struct Value {
        var row: UInt64 = .max
        /// Empty for null.
        var text: [UInt8] = []
    }

    /// Types of the shipped definitions; of others an event is told by its features.
    private static let eventTypes = [
        "prediction", "outcome", "training", "impression", "click", "conversion", "spend",
    ]

    init(model: String, version: String?) {
        self.model = Array(model.utf8)
        self.version = version.map { Array($0.utf8) }
    }

    func read(
        _ text: UnsafeBufferPointer<UInt8>,
        isLast: Bool,
        into columns: inout TrainingColumns
    ) throws(FileError) -> Int {
        let end = isLast ? text.count : (text.lastIndex(of: 0x0A) ?? -1) + 1
        let whole = UnsafeBufferPointer(rebasing: text[..<end])
        guard end > 0 || text.count <= EventLimits.lineBytes else { throw tooLong(columns, line: linesBefore + 1) }
        var lines = TextLines(whole)
        while let line = lines.next() {
            guard let start = line.baseAddress, !TextLines.isBlank(line) else { continue }
            let number = linesBefore + lines.number
            guard line.count <= EventLimits.lineBytes else { throw tooLong(columns, line: number) }
            let readable = whole.baseAddress!.distance(to: start)
            if let failure = reader.read(start, count: line.count, readable: whole.count - readable) {
                throw columns.fault(
                    failure.reason == .tooManyFields
                        ? "more than \(EventLimits.fields) members; CSV may have more, and so may an object 'features'"
                        : failure.message,
                    line: number
                )
            }
            guard let object = features(of: line) else {
                columns.passedOver += 1
                continue
            }
            try add(object, line: number, to: &columns)
        }
        linesBefore += lines.number
        return end
    }

    private func tooLong(_ columns: TrainingColumns, line: Int) -> FileError {
        columns.fault("longer than \(EventLimits.lineBytes) bytes", line: line)
    }

    /// The object whose members are features, or nil when the line is another event.
    private func features(of line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        let (type, features) = (reader.fields[0], reader.fields[3])
        guard features.isObject else {
            return type.isString && TrainingJSON.eventTypes.contains(type.string) ? nil : line
        }
        guard reads(reader.fields[1], model) else { return nil }
        if let version, !reads(reader.fields[2], version) { return nil }
        return features.text
    }

    /// Whether a field has this text.
    private func reads(_ field: FieldValue, _ text: [UInt8]) -> Bool {
        field.isWritten && text.withUnsafeBufferPointer { FieldText.equal($0, field.text) }
    }

    private func add(
        _ object: UnsafeBufferPointer<UInt8>,
        line: Int,
        to columns: inout TrainingColumns
    ) throws(FileError) {
        // Of a name that is there twice the last value counts, so nothing is added before the end.
        var members = ObjectMembers(object)
        var name = FieldValue.absent
        var value = FieldValue.absent
        var place = 0
        while members.next(&name, &value, scratch: &resolved) {
            let column = try self.column(name.text, place, line: line, in: &columns)
            place += 1
            if column >= 0 { try keep(value, column, line: line, in: &columns) }
        }
        for column in values.indices where values[column].row == columns.rows {
            try values[column].text.withUnsafeBufferPointer { text throws(FileError) in
                try columns.add(text, to: column, line: line)
            }
        }
        columns.rows += 1
    }

    private func column(
        _ name: UnsafeBufferPointer<UInt8>,
        _ place: Int,
        line: Int,
        in columns: inout TrainingColumns
    ) throws(FileError) -> Int {
        if place < expected.count, expected[place] >= 0, columns.isName(name, of: expected[place]) {
            return expected[place]
        }
        let column = try columns.index(of: String(decoding: name, as: UTF8.self), line: line) ?? -1
        if place < expected.count {
            expected[place] = column
        } else if place == expected.count {
            expected.append(column)
        }
        return column
    }

    private func keep(
        _ value: FieldValue,
        _ column: Int,
        line: Int,
        in columns: inout TrainingColumns
    ) throws(FileError) {
        guard !value.isPresent || value.isWritten else {
            let name = columns.columns[column].name
            throw columns.fault("'\(name)' is an \(value.isObject ? "object" : "array"): leave it out", line: line)
        }
        while values.count <= column { values.append(Value()) }
        values[column].row = columns.rows
        values[column].text.removeAll(keepingCapacity: true)
        if value.isPresent { values[column].text.append(contentsOf: value.text) }
    }
}
