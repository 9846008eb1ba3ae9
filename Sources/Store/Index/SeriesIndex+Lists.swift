// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TimeSeries

extension SeriesIndex {
    /// The label names of some series, or of all when nil, in order of bytes, at most `limit` of them. `__name__` is
    /// not among them.
    ///
    /// - Complexity: O(labels of the series); O(names) for all.
    func labelNames(of ids: [UInt32]?, limit: Int) -> LabelList {
        let names = state.withLock { $0.names.names }
        var found = Array(names.indices)
        if let ids {
            var isFound = [Bool](repeating: false, count: names.count)
            found = []
            forEachLabel(of: ids) { label in
                let name = Int(label.name)
                if !isFound[name] {
                    isFound[name] = true
                    found.append(name)
                }
                return found.count < names.count
            }
        }
        let values = found.map { names[$0] }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return LabelList(values: Array(values.prefix(max(limit, 0))), isTruncated: values.count > limit)
    }

    /// The values of a label of some series, or of all when nil, in order of bytes, at most `limit` of them.
    ///
    /// - Complexity: O(labels of the series), or of values of the label for all; and O(values × log(limit)).
    func labelValues(_ name: String, of ids: [UInt32]?, limit: Int) -> LabelList {
        guard let name = self.name(name) else { return LabelList(values: [], isTruncated: false) }
        var values = LeastTexts(limit: max(limit, 0))
        if let ids {
            forEachLabel(of: ids) { label in
                if Int(label.name) == name.number { values.add(label.value) }
                return true
            }
        } else {
            name.labels.forEachSpan(below: .max) { span in
                for label in span { values.add(labels[Int(label)].value) }
            }
        }
        return values.list()
    }

    /// Calls `body` once for each label that one of the series has, until it answers false.
    private func forEachLabel(of ids: [UInt32], _ body: (Label) -> Bool) {
        var isSeen = [Bool](repeating: false, count: bounds().labels)
        isSeen.withUnsafeMutableBufferPointer { isSeen in
            for id in ids {
                for label in run(of: id) where !isSeen[Int(label)] {
                    isSeen[Int(label)] = true
                    if !body(labels[Int(label)]) { return }
                }
            }
        }
    }
}

/// The first of some texts in order of bytes, each given once.
private struct LeastTexts {
    private struct Text {
        /// The first eight bytes as a number, those that are not there as zero: most texts differ in them.
        let prefix: UInt64
        let bytes: UnsafeBufferPointer<UInt8>

        init(_ bytes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
            var prefix: UInt64 = 0
            let first = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes).prefix(8))
            withUnsafeMutableBytes(of: &prefix) { $0.copyMemory(from: first) }
            self.prefix = UInt64(bigEndian: prefix)
        }

        static func < (left: Text, right: Text) -> Bool {
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let common = min(left.bytes.count, right.bytes.count)
            let order = common == 0 ? 0 : memcmp(left.bytes.baseAddress!, right.bytes.baseAddress!, common)
            return order != 0 ? order < 0 : left.bytes.count < right.bytes.count
        }
    }

    private let limit: Int
    private var texts: [Text] = []
    /// Texts behind it are not among the first.
    private var last: Text?
    private var total = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Adds a text whose bytes stay where they are.
    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        total += 1
        let text = Text(bytes)
        if let last, !(text < last) { return }
        texts.append(text)
        if texts.count >= 4_096, texts.count / 4 >= limit { cut() }
    }

    private mutating func cut() {
        texts.sort(by: <)
        if texts.count > limit {
            texts.removeSubrange(limit...)
            last = texts.last
        }
    }

    mutating func list() -> LabelList {
        cut()
        return LabelList(
            values: texts.map { String(decoding: $0.bytes, as: UTF8.self) },
            isTruncated: total > limit
        )
    }
}
