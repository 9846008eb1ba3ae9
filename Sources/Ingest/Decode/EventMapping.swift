// SPDX-License-Identifier: Apache-2.0

public import YAML

/// How the rows of a CSV file, or foreign JSON objects, become events. The file format is in `docs/events.md`.
public struct EventMapping: Sendable {
    /// The name by which `?mapping=` asks for it: the file's name without folder and ending.
    public let name: String
    /// `csv` or `ndjson`.
    public let format: EventFormat
    /// Column names, when the file has no header row.
    let header: [String]?
    let delimiter: UInt8
    /// Event field and the column it comes from.
    let columns: [(field: String, column: String)]
    /// Event field and its constant value.
    let constants: [(field: String, value: String)]
    /// Parts of the identity, or nil when the column of `id` is the identity.
    let identity: [String]?
    let time: TimeReading
    let emissions: [Emission]

    /// One event of a row.
    struct Emission: Sendable {
        let type: String
        /// Columns that must have exactly these values.
        let conditions: [(column: String, value: String)]
    }

    /// Stands for the 1-based number of the data row in `id`.
    static let rowNumber = "_row"

    /// Reads a mapping file.
    ///
    /// - Throws: `FileError` with file, line and reason.
    public init(contentsOf path: String) throws(FileError) {
        try self.init(TextFile.read(path), file: path)
    }

    /// Reads a mapping from text.
    ///
    /// - Parameter file: the name under which faults are reported, and which gives the mapping its name.
    public init(_ text: String, file: String) throws(FileError) {
        let root = try YAMLValue.parse(text, file: file)
        let members = try root.mapping(
            keys: ["format", "header", "delimiter", "columns", "set", "id", "time", "emit"])
        name = EventMapping.stem(of: file)

        let formatName = try members["format"]?.string() ?? "csv"
        guard let format = EventFormat(rawValue: formatName), format == .csv || format == .ndjson else {
            throw (members["format"] ?? root).fault("format is csv or ndjson")
        }
        self.format = format
        header = try members["header"].map { value throws(FileError) in try value.strings() }
        if let header, Set(header).count != header.count {
            throw (members["header"] ?? root).fault("a column is named twice")
        }

        let delimiterText = try members["delimiter"]?.string() ?? ","
        let delimiterBytes = Array((delimiterText == "\\t" ? "\t" : delimiterText).utf8)
        guard delimiterBytes.count == 1, delimiterBytes[0] < 0x80, !"\"\n\r".utf8.contains(delimiterBytes[0]) else {
            throw (members["delimiter"] ?? root).fault("delimiter is one ASCII character")
        }
        delimiter = delimiterBytes[0]

        var columns: [(field: String, column: String)] = []
        if let value = members["columns"] {
            for (field, column) in try value.pairs() { columns.append((field, try column.string())) }
        }
        self.columns = columns
        var constants: [(field: String, value: String)] = []
        if let value = members["set"] {
            for (field, constant) in try value.pairs() {
                guard !columns.contains(where: { $0.field == field }) else {
                    throw constant.fault("'\(field)' is in columns already")
                }
                constants.append((field, try constant.string()))
            }
        }
        self.constants = constants
        identity = try members["id"].map { value throws(FileError) in try value.strings() }
        time = try members["time"].map { value throws(FileError) in try TimeReading(value) } ?? .rfc3339

        guard let emit = members["emit"] else { throw root.fault("the key 'emit' is missing") }
        var emissions: [Emission] = []
        for element in try emit.sequence() {
            let keys = try element.mapping(keys: ["type", "when"])
            guard let type = try keys["type"]?.string(), !type.isEmpty else {
                throw element.fault("an emitted event needs a 'type'")
            }
            var conditions: [(column: String, value: String)] = []
            if let when = keys["when"] {
                for (column, value) in try when.pairs() { conditions.append((column, try value.string())) }
            }
            emissions.append(Emission(type: type, conditions: conditions))
        }
        guard !emissions.isEmpty else { throw emit.fault("'emit' lists at least one event") }
        self.emissions = emissions
        try checkColumns(members, root)
    }

    /// Every column that is looked at, once each; the order is that of `MappedRow`'s columns.
    var columnNames: [String] {
        var names: [String] = []
        func add(_ name: String) {
            if !names.contains(name) { names.append(name) }
        }
        for (_, column) in columns { add(column) }
        for part in identity ?? [] where part != EventMapping.rowNumber && !isField(part) { add(part) }
        for emission in emissions { for (column, _) in emission.conditions { add(column) } }
        return names
    }

    /// Whether identities are made of row numbers, so that a file has to be read from its beginning to its end.
    public var countsRows: Bool { identity?.contains(EventMapping.rowNumber) ?? false }

    /// Whether the mapping gives a value to that event field.
    func isField(_ name: String) -> Bool {
        columns.contains { $0.field == name } || constants.contains { $0.field == name }
    }

    private func checkColumns(_ members: [String: YAMLValue], _ root: YAMLValue) throws(FileError) {
        guard let header else { return }
        for name in columnNames where !header.contains(name) {
            throw (members["header"] ?? root).fault("the header has no column '\(name)'")
        }
    }

    private static func stem(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    }
}
