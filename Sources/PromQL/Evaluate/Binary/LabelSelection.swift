// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Which labels of a series count when series are compared: those of `on(…)`, all but those of `ignoring(…)`, or all.
///
/// Source: Prometheus, `promql/engine.go`, signatureFunc; `model/labels`, MatchLabels.
struct LabelSelection {
    private enum Rule {
        case all, only, allBut
    }

    private let rule: Rule
    private let names: [String]

    /// Every label, the metric name too.
    static let all = LabelSelection(rule: .all, names: [])

    /// The labels that a binary operator matches; with `ignoring`, or with neither, the metric name is left out.
    init(_ matching: VectorMatching) {
        self.init(rule: matching.isOn ? .only : .allBut, names: matching.labels)
    }

    /// These labels and no other.
    init(only names: [String]) { self.init(rule: .only, names: names) }

    private init(rule: Rule, names: [String]) {
        self.rule = rule
        self.names = names
    }

    /// Whether a label counts.
    func selects(_ name: String) -> Bool {
        switch rule {
        case .all: true
        case .only: names.containsBytes(of: name)
        case .allBut: name != "__name__" && !names.containsBytes(of: name)
        }
    }

    /// The labels that count.
    func part(of labels: Labels) -> Labels { labels.filtered { selects($0) } }

    /// A hash of the labels that count. No text is made for it.
    func hash(_ labels: Labels) -> Int {
        var hash = LabelBytes.start
        for pair in labels.pairs where selects(pair.name) {
            LabelBytes.mix(&hash, pair.name)
            LabelBytes.mix(&hash, pair.value)
        }
        return Int(truncatingIfNeeded: hash)
    }

    /// Whether two label sets have the same labels among those that count.
    func areEqual(_ left: Labels, _ right: Labels) -> Bool {
        let (a, b) = (left.pairs, right.pairs)
        var (i, j) = (0, 0)
        while true {
            while i < a.count, !selects(a[i].name) { i += 1 }
            while j < b.count, !selects(b[j].name) { j += 1 }
            guard i < a.count, j < b.count else { return i == a.count && j == b.count }
            guard areSameBytes(a[i].name, b[j].name), areSameBytes(a[i].value, b[j].value) else {
                return false
            }
            (i, j) = (i + 1, j + 1)
        }
    }
}

extension Labels {
    /// Those labels whose name the condition takes.
    func filtered(_ isIncluded: (String) -> Bool) -> Labels {
        if pairs.allSatisfy({ isIncluded($0.name) }) { return self }
        return Labels(ordered: pairs.compactMap { isIncluded($0.name) ? (name: $0.name, value: $0.value) : nil })
    }

    /// With one label set to a value, or taken away by an empty one.
    func setting(_ name: String, to value: String) -> Labels {
        var texts = pairs.map { (name: $0.name, value: $0.value) }
        if let index = texts.firstIndex(where: { areSameBytes($0.name, name) }) {
            if value.isEmpty { texts.remove(at: index) } else { texts[index].value = value }
        } else if !value.isEmpty {
            let place = texts.firstIndex { name.utf8.lexicographicallyPrecedes($0.name.utf8) } ?? texts.count
            texts.insert((name: name, value: value), at: place)
        }
        return Labels(ordered: texts)
    }

    /// As Prometheus prints a label set: `{__name__="up", job="api"}`, values quoted as Go quotes them.
    ///
    /// Source: Prometheus, `model/labels/labels_common.go`, String.
    var promQLText: String {
        var text = "{"
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text += ", " }
            text += pair.name.isPlainLabelName ? pair.name : QuotedText.string(pair.name)
            text += "=" + QuotedText.string(pair.value)
        }
        return text + "}"
    }
}

extension [String] {
    /// Whether one of the texts has the same bytes.
    func containsBytes(of text: String) -> Bool { contains { areSameBytes($0, text) } }
}

extension String {
    /// Whether it is a label name that needs no quotes: `[a-zA-Z_][a-zA-Z0-9_]*`.
    fileprivate var isPlainLabelName: Bool {
        guard let first = utf8.first, !(0x30...0x39).contains(first) else { return false }
        return utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
    }
}
