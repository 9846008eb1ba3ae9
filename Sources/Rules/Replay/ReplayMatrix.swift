// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// The answers to a rule's query at many steps, asked for at once.
///
/// A step at which the query fails must not take the others with it: a range that fails is asked for in halves, down to
/// single steps, which then are failures of their own.
struct ReplayMatrix {
    /// The series, labels as the query gives them.
    private(set) var labels: [Labels] = []
    /// Their samples, in the order of time.
    private(set) var columns: [RecordedSeries.Column] = []
    /// Query times at which there was no answer, and why, in the order of time.
    private(set) var failures: [(time: Int64, reason: String)] = []
    private var places: [Labels: Int] = [:]

    /// Asks for the query at `first`, `first + step`, … through `last`.
    init(_ query: String, first: Int64, last: Int64, step: Int64, on source: RecordedSeries, _ options: QueryOptions) {
        ask(query, first, last, step, source, QueryEngine(options: options))
    }

    private mutating func ask(
        _ query: String,
        _ first: Int64,
        _ last: Int64,
        _ step: Int64,
        _ source: RecordedSeries,
        _ engine: QueryEngine
    ) {
        do throws(QueryError) {
            let result = try engine.range(
                query,
                from: Timestamp(milliseconds: first),
                through: Timestamp(milliseconds: last),
                step: step,
                on: source
            )
            if case .matrix(let matrix) = result.value { append(matrix) }
        } catch {
            let count = (last - first) / step + 1
            guard count > 1 else {
                failures.append((first, error.message))
                return
            }
            let middle = first + (count / 2) * step
            ask(query, first, middle - step, step, source, engine)
            ask(query, middle, last, step, source, engine)
        }
    }

    private mutating func append(_ matrix: ResultColumns) {
        for index in 0..<matrix.count {
            let samples = matrix.samples(of: index)
            let place = place(of: matrix.labels[index])
            columns[place].times += matrix.timestamps[samples]
            columns[place].values += matrix.values[samples]
        }
    }

    private mutating func place(of labels: Labels) -> Int {
        if let known = places[labels] { return known }
        let place = columns.count
        places[labels] = place
        self.labels.append(labels)
        columns.append(RecordedSeries.Column())
        return place
    }
}
