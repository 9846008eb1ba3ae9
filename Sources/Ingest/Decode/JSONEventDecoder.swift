// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads events from NDJSON and JSON texts, plain or as CloudEvents, into an assembler.
final class JSONEventDecoder {
    private let assembler: EventAssembler
    private let reader: JSONObjectReader
    /// Reads the `data` of a CloudEvent while the envelope is still held by `reader`.
    private lazy var dataReader = JSONObjectReader(table)
    private let table: JSONFieldTable
    private let mapped: MappedRow?

    /// - Parameters:
    ///   - table: the schema's fields, or the mapping's columns when there is a mapping.
    ///   - reader: reads the fields of that table.
    init(assembler: EventAssembler, table: JSONFieldTable, reader: JSONObjectReader, mapped: MappedRow?) {
        self.assembler = assembler
        self.table = table
        self.reader = reader
        self.mapped = mapped
    }

    /// One object on each line. Returns the number of lines.
    ///
    /// - Parameter before: lines of the file before this text, for the row numbers of a mapping.
    func decodeLines(_ text: UnsafeBufferPointer<UInt8>, before: Int = 0) -> Int {
        var lines = TextLines(text)
        guard let base = text.baseAddress else { return 0 }
        while let line = lines.next() {
            guard let start = line.baseAddress else { continue }
            decodeObject(
                line,
                readable: text.count - base.distance(to: start),
                row: before + lines.number,
                line: lines.number
            )
        }
        return lines.number
    }

    /// An array of objects, or objects one after the other. Returns the number of elements.
    func decodeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var elements = JSONElements(text)
        var count = 0
        while let element = elements.next() {
            count += 1
            if element.isCut {
                assembler.reject(line: element.line, .malformed, "the text ends inside this event")
            } else {
                decodeObject(element.text, readable: element.text.count, row: count, line: element.line)
            }
        }
        if elements.isUnclosed {
            assembler.reject(line: 1, .malformed, "the array is not closed; the events before its end were read")
        }
        return count
    }

    /// - Parameter row: the 1-based number of the object's line or element.
    @inline(__always)
    private func decodeObject(_ text: UnsafeBufferPointer<UInt8>, readable: Int, row: Int, line: Int) {
        guard let start = text.baseAddress, !TextLines.isBlank(text) else { return }
        guard text.count <= EventLimits.lineBytes else {
            assembler.reject(line: line, .tooLarge, "longer than \(EventLimits.lineBytes) bytes")
            return
        }
        if let failure = reader.read(start, count: text.count, readable: readable) {
            assembler.reject(line: line, failure.reason, failure.message)
            return
        }
        if let mapped {
            mapped.append(columns: reader.fields, row: row, line: line, to: assembler)
        } else if reader.fields[EventSchema.Field.specversion].isPresent {
            decodeCloudEvent(line: line)
        } else {
            assembler.append(reader.fields, line: line)
        }
    }

    /// CloudEvents 1.0, JSON format: the event is in `data`; the envelope's identity, type and time count.
    private func decodeCloudEvent(line: Int) {
        let envelope = reader.fields
        let data = envelope[EventSchema.Field.data]
        guard data.isPresent else {
            assembler.append(envelope, line: line)
            return
        }
        guard data.isObject, let start = data.bytes else {
            assembler.reject(line: line, .malformed, "data: not a JSON object")
            return
        }
        if let failure = dataReader.read(start, count: data.count, readable: data.count) {
            assembler.reject(line: line, failure.reason, "data: \(failure.message)")
            return
        }
        for field in [EventSchema.Field.type, EventSchema.Field.id, EventSchema.Field.source] {
            dataReader.fields[field] = envelope[field]
        }
        if envelope[EventSchema.Field.time].isPresent {
            dataReader.fields[EventSchema.Field.time] = envelope[EventSchema.Field.time]
        }
        assembler.append(dataReader.fields, line: line)
    }
}
