// SPDX-License-Identifier: Apache-2.0

import TimeSeries
import YAML

/// The columns of a training file while it is read, in the order in which they appear.
struct TrainingColumns {
    /// Most features of a baseline.
    static let most = 1_000

    let file: String
    private let options: TrainingOptions
    private let categories: Set<ByteText>
    private let leftOut: Set<ByteText>
    private(set) var columns: [TrainingColumn] = []
    private var indices: [ByteText: Int] = [:]
    /// Names of the options that are columns of the file.
    private var found: Set<ByteText> = []
    /// Texts that made columns no columns of numbers when the file was read before.
    private let firstTexts: [ByteText: (text: String, line: Int)]
    /// Rows that have been read.
    var rows: UInt64 = 0
    /// Lines that were events of another kind, or predictions of another model.
    var passedOver: UInt64 = 0

    /// - Parameter earlier: the same columns, read before with columns among them that were mixed.
    init(file: String, options: TrainingOptions, earlier: TrainingColumns? = nil) {
        self.file = file
        self.options = options
        categories = Set(options.categories.map(ByteText.init))
        leftOut = Set(options.leftOut.map(ByteText.init))
        var firstTexts: [ByteText: (text: String, line: Int)] = [:]
        for column in earlier?.columns ?? [] { firstTexts[ByteText(column.name)] = column.firstText }
        self.firstTexts = firstTexts
    }

    func fault(_ reason: String, line: Int?) -> FileError { FileError(file: file, line: line, reason: reason) }

    /// The index of a column by its name, new or not; nil when it is left out.
    mutating func index(of name: String, line: Int) throws(FileError) -> Int? {
        let key = ByteText(name)
        if let index = indices[key] { return index < 0 ? nil : index }
        let isCategorical = categories.contains(key)
        let isLeftOut = leftOut.contains(key)
        if isCategorical || isLeftOut { found.insert(key) }
        if name.isEmpty || isLeftOut {
            indices[key] = -1
            return nil
        }
        guard name.utf8.count <= FeatureText.mostBytes else {
            throw fault("a column name is longer than \(FeatureText.mostBytes) bytes", line: line)
        }
        guard columns.count < TrainingColumns.most else {
            throw fault("more than \(TrainingColumns.most) columns: leave some out", line: line)
        }
        indices[key] = columns.count
        columns.append(TrainingColumn(name: name, isCategorical: isCategorical, firstText: firstTexts[key]))
        return columns.count - 1
    }

    mutating func add(_ text: UnsafeBufferPointer<UInt8>, to column: Int, line: Int) throws(FileError) {
        if let reason = columns[column].add(text, line: line) { throw fault(reason, line: line) }
    }

    /// Whether a name is that of a column, byte by byte.
    func isName(_ name: UnsafeBufferPointer<UInt8>, of column: Int) -> Bool {
        columns[column].nameBytes.withUnsafeBufferPointer { FieldText.equal($0, name) }
    }

    /// A name of the options that no column has.
    func checkNames(line: Int?) throws(FileError) {
        let missing = categories.union(leftOut).subtracting(found).map(\.text).sorted()
        if let name = missing.first { throw fault("there is no column '\(name)'", line: line) }
    }

    var isMixed: Bool { columns.contains(where: \.isMixed) }

    /// The distributions; the columns are empty then.
    mutating func features() -> [FeatureBaseline] {
        columns.indices.map { columns[$0].feature(bins: options.bins, topValues: options.topValues) }
    }
}
