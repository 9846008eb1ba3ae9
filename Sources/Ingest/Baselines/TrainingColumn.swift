// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// One column of a training file while it is read: its numbers, or how often each of its texts occurs.
struct TrainingColumn {
    /// Most different values of a categorical column.
    static let mostDistinct = 100_000

    let name: String
    let nameBytes: [UInt8]
    private(set) var missing: UInt64 = 0
    private var numbers: [Double] = []
    private var counts: [ByteText: UInt64] = [:]
    private var form: Form
    /// The text that made it no column of numbers, and its line.
    private(set) var firstText: (text: String, line: Int)?

    private enum Form {
        case numeric
        case categorical
        /// Texts came behind numbers, whose own texts are gone: it has to be read again.
        case mixed
    }

    /// - Parameter firstText: what is known from having read the file before.
    init(name: String, isCategorical: Bool, firstText: (text: String, line: Int)? = nil) {
        self.name = name
        nameBytes = Array(name.utf8)
        form = isCategorical || firstText != nil ? .categorical : .numeric
        self.firstText = firstText
    }

    /// Whether the file has to be read again, with this column as categories.
    var isMixed: Bool {
        if case .mixed = form { true } else { false }
    }

    /// Adds a value as it is written.
    ///
    /// - Returns: what is wrong with the column, or nil.
    mutating func add(_ text: UnsafeBufferPointer<UInt8>, line: Int) -> String? {
        if FeatureText.isMissing(text) {
            missing += 1
            return nil
        }
        switch form {
        case .numeric:
            if let number = FeatureText.number(text) {
                numbers.append(number)
                return nil
            }
            firstText = (String(decoding: text.prefix(40), as: UTF8.self), line)
            if numbers.isEmpty {
                form = .categorical
                return count(text)
            }
            form = .mixed
            numbers = []
            return nil
        case .categorical: return count(text)
        case .mixed: return nil
        }
    }

    private mutating func count(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        counts[ByteText(String(decoding: FeatureText.category(text), as: UTF8.self)), default: 0] += 1
        guard counts.count > TrainingColumn.mostDistinct else { return nil }
        let cause = firstText.map { " ('\($0.text)' on line \($0.line) is no number)" } ?? ""
        return "the column '\(name)' has more than 100,000 different values\(cause): leave it out"
    }

    /// The distribution of what was added. A column without any value has the bin `other` alone.
    mutating func feature(bins: Int, topValues: Int) -> FeatureBaseline {
        if numbers.isEmpty {
            let counts = counts.lazy.map { (value: $0.key.text, count: $0.value) }
            return FeatureBaseline(name: name, counts: counts, missing: missing, topValues: topValues)
        }
        numbers.sort()
        defer { numbers = [] }
        return FeatureBaseline(name: name, sorted: numbers, missing: missing, bins: bins)
    }
}
