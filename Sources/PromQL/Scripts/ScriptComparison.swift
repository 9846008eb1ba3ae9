// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// In what a result differs from what was expected.
struct ScriptMismatch: Error {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}

extension ScriptEvaluation {
    /// One sample of a result.
    struct Point {
        var time: Int64
        var value: Double
        var histogram: NativeHistogram?
    }

    /// Compares the value of a query that was asked at these times.
    func compare(_ result: QueryValue, at times: Times) throws(ScriptMismatch) {
        switch (value, result) {
        case (.scalar(let expected), .scalar(let time, let actual)):
            try compare(expected, Point(time: time.milliseconds, value: actual), "the scalar")
        case (.string(let expected), .string(_, let actual)):
            guard expected.utf8.elementsEqual(actual.utf8) else {
                throw ScriptMismatch("expected the string \"\(expected)\", got \"\(actual)\"")
            }
        case (.series(let rows), .vector(let time, let columns)):
            try compare(rows, columns) { _ in time.milliseconds }
            if isOrdered, let place = columns.labels.indices.first(where: { columns.labels[$0] != rows[$0].labels }) {
                throw ScriptMismatch(
                    "expected \(rows[place].labels) at place \(place + 1), got \(columns.labels[place])"
                )
            }
        case (.series(let rows), .matrix(let columns)):
            guard !isOrdered else { throw ScriptMismatch("expected series in an order, got a matrix") }
            for index in columns.labels.indices.dropFirst() where columns.labels[index] < columns.labels[index - 1] {
                throw ScriptMismatch("series of a matrix are not in the order of labels: \(columns.labels[index])")
            }
            let (start, end, step) = rangeVector ?? times.asRange
            for row in rows where Int64(row.values.count) > (end - start) / step + 1 {
                throw ScriptMismatch("expected \(row.values.count) values for \(row.labels), more than there are steps")
            }
            try compare(rows, columns) { index in start + Int64(index) * step }
        default:
            throw ScriptMismatch("expected \(value.kind), got \(result.kind)")
        }
    }

    /// Compares one step of a range query's answer with what an instant query gives at its time.
    func compareStep(_ result: QueryValue, at time: Int64) throws(ScriptMismatch) {
        guard case .matrix(let columns) = result else { throw ScriptMismatch("a range query gives no matrix") }
        for index in columns.labels.indices.dropFirst() where columns.labels[index] < columns.labels[index - 1] {
            throw ScriptMismatch("series of a matrix are not in the order of labels: \(columns.labels[index])")
        }
        var step = ResultColumns()
        for series in 0..<columns.count {
            guard let sample = columns.samples(of: series).first(where: { columns.timestamps[$0] == time }) else {
                continue
            }
            step.labels.append(columns.labels[series])
            step.timestamps.append(time)
            step.values.append(columns.values[sample])
            if !columns.histograms.isEmpty { step.histograms.append(columns.histograms[sample]) }
            step.offsets.append(step.timestamps.count)
        }
        let instant = Timestamp(milliseconds: time)
        if case .scalar = value {
            guard let number = step.values.first else { throw ScriptMismatch("expected a scalar, got nothing") }
            try compare(.scalar(time: instant, value: number), at: .instant(time))
        } else {
            try compare(.vector(time: instant, step), at: .instant(time))
        }
    }

    private func compare(
        _ rows: [Row],
        _ columns: ResultColumns,
        time: (Int) -> Int64
    ) throws(ScriptMismatch) {
        // Of two rows with the same labels the later counts.
        let expected = Dictionary(rows.map { ($0.labels, $0.values) }) { $1 }
        var seen: Set<Labels> = []
        for series in 0..<columns.count {
            let labels = columns.labels[series]
            let points = columns.samples(of: series).map { sample in
                Point(
                    time: columns.timestamps[sample],
                    value: columns.values[sample],
                    histogram: columns.histograms.isEmpty ? nil : columns.histograms[sample]
                )
            }
            guard let values = expected[labels] else {
                throw ScriptMismatch("unexpected series \(labels): \(points.map(\.text).joined(separator: " "))")
            }
            guard seen.insert(labels).inserted else { throw ScriptMismatch("the series \(labels) comes twice") }
            let present = values.enumerated().filter { if case .omitted = $0.element { false } else { true } }
            guard present.count == points.count else {
                let text = points.map(\.text).joined(separator: " ")
                throw ScriptMismatch("expected \(present.count) samples of \(labels), got \(points.count): \(text)")
            }
            for ((index, value), point) in zip(present, points) {
                guard point.time == time(index) else {
                    throw ScriptMismatch(
                        "expected a sample of \(labels) at \(time(index)) ms, got one at \(point.time) ms"
                    )
                }
                try compare(value, point, "\(labels) at \(point.time) ms")
            }
        }
        if let missing = rows.first(where: { !seen.contains($0.labels) }) {
            throw ScriptMismatch("expected series \(missing.labels) is missing")
        }
    }

    private func compare(_ expected: SeriesNotation.Value, _ actual: Point, _ what: String) throws(ScriptMismatch) {
        let isEqual =
            switch (expected, actual.histogram) {
            case (.number(let number), nil): ApproximateEquality.holds(number, actual.value)
            case (.histogram(let histogram, let namesHint), let other?):
                ApproximateEquality.holds(histogram, other) && (!namesHint || histogram.resetHint == other.resetHint)
            default: false
            }
        guard isEqual else { throw ScriptMismatch("expected \(expected.text) for \(what), got \(actual.text)") }
    }
}

extension ScriptEvaluation.Times {
    /// An instant as a range of one step.
    var asRange: (start: Int64, end: Int64, step: Int64) {
        switch self {
        case .instant(let time): (time, time, 1)
        case .range(let start, let end, let step): (start, end, step)
        }
    }
}

extension ScriptEvaluation.Value {
    fileprivate var kind: String {
        switch self {
        case .scalar: "a scalar"
        case .string: "a string"
        case .series: "series"
        }
    }
}

extension QueryValue {
    fileprivate var kind: String {
        switch self {
        case .scalar(_, let value): "the scalar \(value)"
        case .string(_, let value): "the string \"\(value)\""
        case .vector(_, let columns): "\(columns.count) series of a vector"
        case .matrix(let columns): "\(columns.count) series of a matrix"
        }
    }
}

extension ScriptEvaluation.Point {
    fileprivate var text: String { histogram.map(\.testExpression) ?? "\(value)" }
}

extension SeriesNotation.Value {
    fileprivate var text: String {
        switch self {
        case .omitted: "_"
        case .number(let number): "\(number)"
        case .histogram(let histogram, _): histogram.testExpression
        }
    }
}
