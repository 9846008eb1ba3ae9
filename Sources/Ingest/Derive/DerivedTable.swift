// SPDX-License-Identifier: Apache-2.0

/// The derived fields of all routes in flat memory, and how they are made. One thread at a time.
final class DerivedTable {
    private struct Row {
        var isBin: Bool
        var field: Int
        /// The label of a class, or the number of a bin.
        var source: Int
        /// The score of a class, or -1.
        var score: Int
        var threshold: Double
        /// Where the bounds of a bin begin, and their texts, one more than bounds.
        var firstBound: Int
        var boundCount: Int
        var firstText: Int
    }

    private struct Span {
        var start: Int
        var count: Int
    }

    private let rows: UnsafeMutableBufferPointer<Row>
    private let spans: UnsafeMutableBufferPointer<Span>
    private let bounds: UnsafeMutableBufferPointer<Double>
    private let texts: UnsafeMutableBufferPointer<FieldValue>
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    private static let one = FieldValue.constant("1")
    private static let zero = FieldValue.constant("0")

    init(_ routes: [EventSchema.Route]) {
        var rows: [Row] = []
        var spans: [Span] = []
        var bounds: [Double] = []
        var labels: [String] = []
        for route in routes {
            spans.append(Span(start: rows.count, count: route.derived.count))
            for derived in route.derived {
                switch derived {
                case .classOf(let field, let label, let score, let threshold):
                    rows.append(
                        Row(
                            isBin: false,
                            field: field,
                            source: label,
                            score: score ?? -1,
                            threshold: threshold,
                            firstBound: 0,
                            boundCount: 0,
                            firstText: 0
                        )
                    )
                case .bin(let field, let number, let upper):
                    rows.append(
                        Row(
                            isBin: true,
                            field: field,
                            source: number,
                            score: -1,
                            threshold: 0,
                            firstBound: bounds.count,
                            boundCount: upper.count,
                            firstText: labels.count
                        )
                    )
                    labels += BinLabel(field: "", bounds: upper).texts
                    bounds += upper
                }
            }
        }
        self.rows = .copy(rows)
        self.spans = .copy(spans)
        self.bounds = .copy(bounds)
        bytes = .copy(labels.flatMap { Array($0.utf8) })
        var offset = 0
        var texts: [FieldValue] = []
        for label in labels {
            texts.append(.string(bytes.baseAddress.map { $0 + offset }, count: label.utf8.count))
            offset += label.utf8.count
        }
        self.texts = .copy(texts)
    }

    deinit {
        rows.deallocate()
        spans.deallocate()
        bounds.deallocate()
        texts.deallocate()
        bytes.deallocate()
    }

    /// Makes the derived fields of an event of a route, absent where what they are made from is absent or no number.
    @inline(__always)
    func apply(_ route: Int, _ fields: UnsafeMutablePointer<FieldValue>) {
        let span = spans[route]
        for index in span.start..<(span.start &+ span.count) { make(rows[index], fields) }
    }

    @inline(never)
    private func make(_ row: Row, _ fields: UnsafeMutablePointer<FieldValue>) {
        if row.isBin {
            let number = number(fields[row.source])
            let bin = UpperBounds.bucket(of: number, in: bounds.baseAddress! + row.firstBound, count: row.boundCount)
            fields[row.field] = number.isNaN ? .absent : texts[row.firstText + bin]
            return
        }
        let label = fields[row.source]
        if label.isPresent, label.length > 0 {
            fields[row.field] = DerivedTable.className(label)
        } else if row.score >= 0 {
            let score = number(fields[row.score])
            fields[row.field] = score.isNaN ? .absent : score > row.threshold ? DerivedTable.one : DerivedTable.zero
        } else {
            fields[row.field] = .absent
        }
    }

    @inline(__always)
    private func number(_ value: FieldValue) -> Double {
        guard value.isText, value.length > 0 else { return .nan }
        return Measure.parse(value.text).nearest(value.text) ?? .nan
    }

    /// A label as a class: see `ClassField`.
    static func className(_ label: FieldValue) -> FieldValue {
        guard label.isWritten else { return label }
        if let truth = FeatureText.truth(label.text) { return truth == 1 ? one : zero }
        switch Measure.parse(label.text) {
        case .micros(0): return zero
        case .micros(1_000_000): return one
        default: return .text(FeatureText.category(label.text))
        }
    }
}

extension FieldValue {
    /// A text of the program's own.
    static func constant(_ text: StaticString) -> FieldValue {
        .string(text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
