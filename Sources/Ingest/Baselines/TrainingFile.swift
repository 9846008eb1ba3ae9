// SPDX-License-Identifier: Apache-2.0

import Glibc
public import TimeSeries
public import YAML

/// One way of writing a training file.
protocol TrainingFormat {
    /// Reads the whole rows of a piece of the file; how many bytes they are.
    func read(
        _ text: UnsafeBufferPointer<UInt8>,
        isLast: Bool,
        into columns: inout TrainingColumns
    ) throws(FileError) -> Int
}

extension Baseline {
    /// Makes a baseline of a training file: CSV with a header, or NDJSON whose objects are the rows or predictions.
    ///
    /// A column all of whose values are decimal numbers is numeric, any other one categorical. Empty, `null` and `NaN` are
    /// missing values; a member that an object does not have is not counted. A column without a name, as data frames
    /// write for their index, is left out.
    ///
    /// The file is read in pieces of 4 MiB; twice when texts come behind the numbers of a column. In memory are 8 bytes
    /// for each value of a numeric column, up to 16 while they grow, and at most 100,000 different values of a
    /// categorical one.
    ///
    /// - Parameter path: a regular file.
    /// - Throws: the first fault, with its line.
    public static func read(
        _ path: String,
        model: String,
        version: String? = nil,
        created: Timestamp,
        options: TrainingOptions = TrainingOptions()
    ) throws(FileError) -> Baseline {
        let file = try TrainingFile(path)
        return try make(of: path, model, version, created, options) { columns throws(FileError) in
            try file.read(into: &columns, model: model, version: version, delimiter: options.delimiter)
        }
    }

    /// Makes a baseline of the text of a training file; the same as of a file that has it.
    ///
    /// - Parameter name: of the file, for ``source`` and faults.
    /// - Throws: the first fault, with its line.
    public static func read(
        _ text: UnsafeBufferPointer<UInt8>,
        named name: String,
        model: String,
        version: String? = nil,
        created: Timestamp,
        options: TrainingOptions = TrainingOptions()
    ) throws(FileError) -> Baseline {
        try make(of: name, model, version, created, options) { columns throws(FileError) in
            let text = TextLines.withoutByteOrderMark(text)
            guard
                let format = try trainingFormat(
                    of: text,
                    file: name,
                    model: model,
                    version: version,
                    delimiter: options.delimiter
                )
            else { return }
            _ = try format.read(text, isLast: true, into: &columns)
        }
    }

    /// - Parameter readAll: reads everything from the start; called a second time when columns are mixed.
    private static func make(
        of file: String,
        _ model: String,
        _ version: String?,
        _ created: Timestamp,
        _ options: TrainingOptions,
        _ readAll: (inout TrainingColumns) throws(FileError) -> Void
    ) throws(FileError) -> Baseline {
        var columns = TrainingColumns(file: file, options: options)
        try readAll(&columns)
        if columns.isMixed {
            columns = TrainingColumns(file: file, options: options, earlier: columns)
            try readAll(&columns)
        }
        guard columns.rows > 0 else {
            let name = "'\(model)'" + (version.map { ", version '\($0)'" } ?? "")
            throw FileError(file: file, line: nil, reason: "no rows, and no predictions of the model \(name)")
        }
        try columns.checkNames(line: nil)
        return Baseline(
            model: model,
            version: version,
            created: created,
            source: "\(file): \(columns.rows) rows"
                + (columns.passedOver == 0 ? "" : ", \(columns.passedOver) other events passed over"),
            features: columns.features()
        )
    }
}

/// How a text is written, by its first character; nil when there is none yet.
private func trainingFormat(
    of text: UnsafeBufferPointer<UInt8>,
    file: String,
    model: String,
    version: String?,
    delimiter: UInt8
) throws(FileError) -> (any TrainingFormat)? {
    switch text.first(where: { $0 > 0x20 }) {
    case nil: nil
    case UInt8(ascii: "{"): TrainingJSON(model: model, version: version)
    case UInt8(ascii: "["):
        throw FileError(file: file, line: 1, reason: "a JSON array; one object on each line is read")
    default: TrainingCSV(delimiter: delimiter)
    }
}

/// A file that is read in pieces, from its start each time.
private final class TrainingFile {
    private static let pieceBytes = 4 << 20

    private let path: String
    private let descriptor: Int32
    private let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: TrainingFile.pieceBytes)

    init(_ path: String) throws(FileError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault() }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        piece.deallocate()
    }

    func read(
        into columns: inout TrainingColumns,
        model: String,
        version: String?,
        delimiter: UInt8
    ) throws(FileError) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw fault() }
        var format: (any TrainingFormat)?
        var filled = 0
        var isLast = false
        while !isLast {
            let room = TrainingFile.pieceBytes - filled
            let count = Glibc.read(descriptor, piece.baseAddress! + filled, room)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault() }
            isLast = count == 0
            filled += count
            var text = UnsafeBufferPointer(rebasing: piece[..<filled])
            if format == nil {
                guard filled >= 3 || isLast else { continue }
                text = TextLines.withoutByteOrderMark(text)
                format = try trainingFormat(
                    of: text,
                    file: path,
                    model: model,
                    version: version,
                    delimiter: delimiter
                )
            }
            guard let format else { continue }
            let consumed = filled - text.count + (try format.read(text, isLast: isLast, into: &columns))
            filled -= consumed
            piece.baseAddress!.update(from: piece.baseAddress! + consumed, count: filled)
        }
    }

    private func fault() -> FileError {
        FileError(file: path, line: nil, reason: String(cString: strerror(errno)))
    }
}
