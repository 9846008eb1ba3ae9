// SPDX-License-Identifier: Apache-2.0

import YAML

/// Reads a training file of CSV (RFC 4180) with a header, piece by piece. The first faulty row ends it.
final class TrainingCSV: TrainingFormat {
    private let delimiter: UInt8
    private var row = GrowableBuffer<FieldValue>(capacity: 64)
    private let scratch: UnsafeMutablePointer<UInt8>
    /// For each field of a row its column, or -1 when it is left out.
    private var header: [Int]?
    private var linesBefore = 0

    init(delimiter: UInt8) {
        self.delimiter = delimiter
        scratch = .allocate(capacity: EventLimits.lineBytes)
    }

    deinit {
        scratch.deallocate()
    }

    func read(
        _ text: UnsafeBufferPointer<UInt8>,
        isLast: Bool,
        into columns: inout TrainingColumns
    ) throws(FileError) -> Int {
        var rows = CSVRows(text, delimiter: delimiter, isLast: isLast, scratch: scratch)
        reading: while let next = rows.next(into: &row) {
            let line = linesBefore + rows.line
            switch next {
            case .incomplete: break reading
            case .fault(_, let message): throw columns.fault(message, line: line)
            case .fields: try add(line: line, to: &columns)
            }
        }
        for byte in text[..<rows.consumed] where byte == 0x0A { linesBefore += 1 }
        return rows.consumed
    }

    private func add(line: Int, to columns: inout TrainingColumns) throws(FileError) {
        guard let header else {
            try readHeader(line: line, &columns)
            return
        }
        guard row.count == header.count else {
            throw columns.fault("\(row.count) fields, expected \(header.count)", line: line)
        }
        for (field, column) in header.enumerated() where column >= 0 {
            try columns.add(row.base[field].text, to: column, line: line)
        }
        columns.rows += 1
    }

    private func readHeader(line: Int, _ columns: inout TrainingColumns) throws(FileError) {
        var header: [Int] = []
        for field in row.elements {
            let index = try columns.index(of: field.string, line: line) ?? -1
            if index >= 0, header.contains(index) {
                throw columns.fault("the column '\(field.string)' is there twice", line: line)
            }
            header.append(index)
        }
        try columns.checkNames(line: line)
        self.header = header
    }
}
