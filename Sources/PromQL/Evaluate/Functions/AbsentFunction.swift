// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `absent(vector)`: 1 at the steps at which no series has a sample.
    func absent(_ argument: Expression) throws(QueryError) -> VectorColumns {
        let columns = try vector(argument)
        var values = Array(repeating: 1.0, count: steps.count)
        for row in 0..<columns.count {
            for step in values.indices where !VectorColumns.isAbsent(columns.values[row * steps.count + step]) {
                values[step] = VectorColumns.absent
            }
        }
        return VectorColumns(
            stepCount: steps.count,
            labels: [absentLabels(argument)],
            dropsName: [false],
            values: values
        )
    }

    /// The labels of what is not there: those that a selector asks to be equal to one text, and says nothing else of.
    /// Of anything but a selector none.
    ///
    /// Source: Prometheus, `promql/functions.go`, createLabelsForAbsentFunction.
    func absentLabels(_ expression: Expression) -> Labels {
        let matchers: [LabelMatcher]
        switch expression.unwrapped {
        case .selector(let selector): matchers = selector.matchers
        case .range(let range): matchers = range.selector.matchers
        default: return [:]
        }
        var labels: Labels = [:]
        var known: Set<ByteText> = []
        for matcher in matchers where matcher.name != "__name__" {
            // A name that comes again is taken away, even with the same text.
            let isFirst = matcher.operation == .equal && known.insert(ByteText(matcher.name)).inserted
            labels = labels.setting(matcher.name, to: isFirst ? matcher.value : "")
        }
        return labels
    }
}
