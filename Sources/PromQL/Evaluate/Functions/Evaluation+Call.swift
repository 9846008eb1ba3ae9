// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// The value of a function at all steps.
    ///
    /// Source: Prometheus, `promql/functions.go`.
    func call(_ node: FunctionCall) throws(QueryError) -> ExpressionValue {
        if node.arguments.contains(where: { $0.type == .matrix }) { return .vector(try rangeFunction(node)) }
        switch node.function {
        case .time: return .scalar(stepSeconds)
        case .pi: return .scalar(constant(.pi))
        case .start: return .scalar(constant(Double(query.steps.start) / 1_000))
        case .end: return .scalar(constant(Double(query.end) / 1_000))
        case .range: return .scalar(constant(Double(query.end - query.steps.start) / 1_000))
        case .step: return .scalar(constant(query.isRange ? Double(query.steps.interval) / 1_000 : 0))
        case .minOf: return .scalar(try scalars(node, GoMath.least))
        case .maxOf: return .scalar(try scalars(node, GoMath.greatest))
        case .scalar: return .scalar(onlyNumbers(of: try vector(node.arguments[0])))
        case .vector:
            let values = try scalar(node.arguments[0])
            return .vector(
                VectorColumns(stepCount: steps.count, labels: [[:]], dropsName: [false], values: values)
            )
        case .absent: return .vector(try absent(node.arguments[0]))
        case .timestamp: return .vector(try timestamps(node.arguments[0]))
        case .startTimestamp:
            guard case .selector(let selector) = node.arguments[0].unwrapped else {
                _ = try vector(node.arguments[0])
                return .vector(VectorColumns(stepCount: steps.count))
            }
            return .vector(try selectorStartTimestamps(selector))
        case .sort, .sortDescending: return .vector(try sorted(node))
        case .sortByLabel, .sortByLabelDescending: return .vector(try sortedByLabels(node))
        case .labelReplace: return .vector(try labelReplace(node))
        case .labelJoin: return .vector(try labelJoin(node))
        case .info: return .vector(try info(node))
        case .clamp, .clampMin, .clampMax: return .vector(try clamp(node))
        case .round: return .vector(try round(node))
        case .minute, .hour, .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .month, .year:
            return .vector(try calendar(node))
        case .histogramAvg, .histogramCount, .histogramFraction, .histogramQuantile, .histogramQuantiles,
            .histogramStddev, .histogramStdvar, .histogramSum:
            // Source: Prometheus, `promql/engine.go`, `detectHistogramStatsDecoding`.
            let asksCounts = [.histogramAvg, .histogramCount, .histogramSum].contains(node.function)
            return .vector(try Evaluation(query, steps: steps, detectsResets: asksCounts).histogramFunction(node))
        default: return .vector(try mathematics(node))
        }
    }

    /// The instant of each step in seconds.
    private var stepSeconds: [Double] { (0..<steps.count).map { Double(steps[$0]) / 1_000 } }

    private func constant(_ value: Double) -> [Double] { Array(repeating: value, count: steps.count) }

    private func scalars(_ node: FunctionCall, _ function: (Double, Double) -> Double) throws(QueryError) -> [Double] {
        zip(try scalar(node.arguments[0]), try scalar(node.arguments[1])).map(function)
    }

    /// The number of a vector with one, at each step, else NaN; histograms do not count.
    private func onlyNumbers(of columns: VectorColumns) -> [Double] {
        var numbers = constant(.nan)
        var counts = Array(repeating: 0, count: steps.count)
        for row in 0..<columns.count {
            for step in 0..<steps.count {
                let value = columns.values[row * steps.count + step]
                guard VectorColumns.isNumber(value) else { continue }
                counts[step] += 1
                numbers[step] = counts[step] == 1 ? value : .nan
            }
        }
        return numbers
    }

    /// Of a selector the times of its samples, of any other vector the times of the steps.
    private func timestamps(_ argument: Expression) throws(QueryError) -> VectorColumns {
        if case .selector(let selector) = argument.unwrapped { return try selectorTimestamps(selector) }
        var columns = try vector(argument)
        columns.histograms = []
        let seconds = stepSeconds
        for index in columns.values.indices where !VectorColumns.isAbsent(columns.values[index]) {
            columns.values[index] = seconds[index % steps.count]
        }
        columns.dropAllNames()
        return columns
    }
}
