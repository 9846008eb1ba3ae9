// SPDX-License-Identifier: Apache-2.0

/// Reads events from CSV through a mapping. Keeps its place in a file whose text comes in pieces.
final class CSVEventDecoder {
    private let assembler: EventAssembler
    private let mapping: EventMapping
    private let mapped: MappedRow
    private var row = GrowableBuffer<FieldValue>(capacity: 64)
    private var selected: UnsafeMutablePointer<FieldValue>
    private let scratch: UnsafeMutablePointer<UInt8>

    init(assembler: EventAssembler, mapping: EventMapping, schema: EventSchema) {
        self.assembler = assembler
        self.mapping = mapping
        self.mapped = MappedRow(mapping, schema: schema)
        selected = .allocate(capacity: max(mapped.columnNames.count, 1))
        selected.initialize(repeating: .absent, count: max(mapped.columnNames.count, 1))
        scratch = .allocate(capacity: EventLimits.lineBytes)
    }

    deinit {
        selected.deallocate()
        scratch.deallocate()
    }

    /// Reads the whole rows of a piece of text. Returns how many bytes and lines they were.
    func decode(
        _ text: UnsafeBufferPointer<UInt8>,
        isLast: Bool,
        place: inout CSVPlace
    ) -> (consumed: Int, lines: Int) {
        var rows = CSVRows(
            text,
            delimiter: mapping.delimiter,
            isLast: isLast,
            isBehindFault: place.isBehindFault,
            scratch: scratch
        )
        var fresh: CSVPlace = place
        if fresh.header == nil, let header = mapping.header { fresh.useHeader(header, columns: mapped.columnNames) }
        while let next = rows.next(into: &row) {
            if case .incomplete = next { break }
            if fresh.isUnreadable { continue }
            if fresh.header == nil {
                fresh.isUnreadable = !readHeader(next, &fresh, line: rows.line)
                continue
            }
            fresh.row += 1
            switch next {
            case .incomplete:
                break
            case .fault(let reason, let message):
                assembler.reject(line: rows.line, reason, message)
            case .fields where row.count != fresh.header?.count:
                assembler.reject(
                    line: rows.line,
                    .malformed,
                    "\(row.count) fields, expected \(fresh.header?.count ?? 0)"
                )
            case .fields:
                for (target, source) in fresh.columns.enumerated() { selected[target] = row.base[source] }
                mapped.append(columns: selected, row: fresh.row, line: rows.line, to: assembler)
            }
        }
        fresh.isBehindFault = rows.endsInFaultyLine
        place = fresh
        var lines = 0
        for byte in text[..<rows.consumed] where byte == 0x0A { lines += 1 }
        return (rows.consumed, lines)
    }

    /// Whether the rows behind the header can be read.
    private func readHeader(_ next: CSVRows.Row, _ place: inout CSVPlace, line: Int) -> Bool {
        guard case .fields = next else {
            assembler.reject(line: line, .malformed, "the header row cannot be read; nothing behind it was")
            return false
        }
        let header = row.elements.map(\.string)
        for name in mapped.columnNames where !header.contains(name) {
            assembler.reject(line: line, .malformed, "the header has no column '\(name)'; nothing behind it was read")
            return false
        }
        place.useHeader(header, columns: mapped.columnNames)
        return true
    }
}

/// How far a CSV text has been read.
struct CSVPlace {
    /// The column names, once they are known.
    private(set) var header: [String]?
    /// For each wanted column its index in a row.
    private(set) var columns: [Int] = []
    /// The header could not be used; the rows behind it are passed over.
    var isUnreadable = false
    /// The last piece ended inside a faulty row.
    var isBehindFault = false
    /// Data rows read so far.
    var row = 0

    mutating func useHeader(_ header: [String], columns names: [String]) {
        self.header = header
        columns = names.compactMap { header.firstIndex(of: $0) }
    }
}
