// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// The functions whose names begin with `histogram_`. Numbers among the samples are left out by those that look at
    /// one histogram; the others read them as the buckets of classic histograms.
    ///
    /// Source: Prometheus, `promql/functions.go`, `funcHistogramCount` and those behind it.
    func histogramFunction(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        switch node.function {
        case .histogramCount: return try eachHistogram(node) { histogram, _ in histogram.count }
        case .histogramSum: return try eachHistogram(node) { histogram, _ in histogram.sum }
        case .histogramAvg: return try eachHistogram(node) { histogram, _ in histogram.sum / histogram.count }
        case .histogramStdvar: return try eachHistogram(node, histogramVariance)
        case .histogramStddev:
            return try eachHistogram(node) { histogramVariance(of: $0, &$1).squareRoot() }
        case .histogramQuantile: return try histogramQuantile(node)
        case .histogramQuantiles: return try histogramQuantiles(node)
        case .histogramFraction: return try histogramFraction(node)
        default: preconditionFailure("\(node.function) is no function of histograms")
        }
    }

    /// One number for each histogram; series without any are left out. The array is room for buckets.
    private func eachHistogram(
        _ node: FunctionCall,
        _ value: (NativeHistogram, inout [NativeHistogram.Bucket]) -> Double
    ) throws(QueryError) -> VectorColumns {
        let vector = try vector(node.arguments[0])
        var result = VectorColumns(stepCount: vector.stepCount)
        guard vector.hasHistograms else { return result }
        var room: [NativeHistogram.Bucket] = []
        for row in 0..<vector.count {
            try query.checkpoint()
            var target: Int?
            for step in 0..<vector.stepCount {
                let index = row * vector.stepCount + step
                guard VectorColumns.isHistogram(vector.values[index]), let histogram = vector.histograms[index] else {
                    continue
                }
                let start = target ?? result.values.count
                if target == nil {
                    target = start
                    result.appendAbsent(vector.labels[row], dropsName: true)
                }
                result.values[start + step] = value(histogram, &room)
            }
        }
        return result
    }

    private func histogramQuantile(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let quantiles = try scalar(node.arguments[0])
        let input = try histogramInput(node.arguments[1])
        warnOfQuantiles(quantiles, node.arguments[0])
        var fixes = MonotonicityFixes()
        let result = try self.quantiles(quantiles, of: input, at: node.arguments[1].position, &fixes)
        fixes.report(to: &query.annotations, at: node.arguments[1].position)
        return result
    }

    /// `histogram_quantiles(vector, "label", q₀, q₁…)`: each series once for each quantile, which stands in the label.
    private func histogramQuantiles(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let input = try histogramInput(node.arguments[0])
        let label = try string(node.arguments[1])
        try checkLabel(label, "", node)
        let position = node.arguments[0].position
        var fixes = MonotonicityFixes()
        var result = VectorColumns(stepCount: steps.count)
        for argument in node.arguments.dropFirst(2) {
            let quantiles = try scalar(argument)
            warnOfQuantiles(quantiles, argument)
            let rows = try self.quantiles(quantiles, of: input, at: position, &fixes)
            for row in 0..<rows.count {
                try append(rows, row, quantiles, label, to: &result)
            }
        }
        fixes.report(to: &query.annotations, at: position)
        return result
    }

    /// Appends one row with the quantile's label: as many rows as the quantile has values over the steps.
    private func append(
        _ rows: VectorColumns,
        _ row: Int,
        _ quantiles: [Double],
        _ label: String,
        to result: inout VectorColumns
    ) throws(QueryError) {
        var targets: [UInt64: Int] = [:]
        for step in 0..<rows.stepCount {
            let value = rows.values[row * rows.stepCount + step]
            guard VectorColumns.isNumber(value) else { continue }
            let start: Int
            if let known = targets[quantiles[step].bitPattern] {
                start = known
            } else {
                try query.expectRoom(result.count + 1, stepCount: rows.stepCount)
                start = result.values.count
                targets[quantiles[step].bitPattern] = start
                let labels = rows.labels[row].setting(label, to: openMetricsText(quantiles[step]))
                result.appendAbsent(labels, dropsName: true)
            }
            result.values[start + step] = value
        }
    }

    /// One quantile, which may be another at each step, of all histograms.
    private func quantiles(
        _ quantiles: [Double],
        of input: HistogramInput,
        at position: SourceRange,
        _ fixes: inout MonotonicityFixes
    ) throws(QueryError) -> VectorColumns {
        var room: [NativeHistogram.Bucket] = []
        // Metrics of which something is to be said, so that its text is made once.
        var metricsOfNaN: Set<ByteText> = []
        var metricsOfSkew: Set<ByteText> = []
        let rows = try input.map(query) { step, histogram, metric in
            let result = nativeQuantile(quantiles[step], of: histogram, &room)
            switch result.note {
            case .none: break
            case .resultIsNaN: metricsOfNaN.insert(ByteText(metric))
            case .resultIsSkewed: metricsOfSkew.insert(ByteText(metric))
            }
            return result.value
        } classic: { step, buckets, metric in
            let result = buckets.quantile(quantiles[step])
            if let fix = result.fix { fixes.add(fix, metric: metric, time: steps[step]) }
            return result.value
        }
        for metric in metricsOfNaN.map(\.text).sorted() {
            query.annotations.informOfNaNResult(metric: metric, at: position)
        }
        for metric in metricsOfSkew.map(\.text).sorted() {
            query.annotations.informOfNaNSkew(metric: metric, at: position)
        }
        return rows
    }

    private func histogramFraction(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let lower = try scalar(node.arguments[0])
        let upper = try scalar(node.arguments[1])
        let input = try histogramInput(node.arguments[2])
        var room: [NativeHistogram.Bucket] = []
        var metricsOfNaN: Set<ByteText> = []
        let rows = try input.map(query) { step, histogram, metric in
            let result = nativeFraction(from: lower[step], to: upper[step], of: histogram, &room)
            if result.excludesNaN { metricsOfNaN.insert(ByteText(metric)) }
            return result.value
        } classic: { step, buckets, _ in
            buckets.fraction(from: lower[step], to: upper[step])
        }
        for metric in metricsOfNaN.map(\.text).sorted() {
            query.annotations.informOfNaNFraction(metric: metric, at: node.arguments[2].position)
        }
        return rows
    }

    /// The histograms of an expression, with what is to be said of it.
    private func histogramInput(_ expression: Expression) throws(QueryError) -> HistogramInput {
        let vector = try vector(expression)
        return HistogramInput(vector, at: expression.position, &query.annotations)
    }

    /// Warns of quantiles outside of 0...1, of each once, and of no more than 20: each step may have another.
    private func warnOfQuantiles(_ quantiles: [Double], _ argument: Expression) {
        var warned: Set<UInt64> = []
        for quantile in quantiles where !(quantile >= 0 && quantile <= 1) {
            let bits = quantile.isNaN ? Double.nan.bitPattern : quantile.bitPattern
            guard warned.insert(bits).inserted else { continue }
            query.annotations.invalidQuantile(quantile, at: argument.position)
            if warned.count == 20 { return }
        }
    }
}

/// The variance that a histogram's observations have when each is in the middle of its bucket: the arithmetic one of
/// custom buckets, 0 of the zero bucket, else the geometric one.
func histogramVariance(of histogram: NativeHistogram, _ room: inout [NativeHistogram.Bucket]) -> Double {
    let mean = histogram.sum / histogram.count
    var variance: Double = 0
    var compensation: Double = 0
    room.removeAll(keepingCapacity: true)
    histogram.appendBuckets(to: &room)
    for bucket in room where bucket.count != 0 {
        let value: Double
        if histogram.usesCustomBuckets {
            value = (bucket.upper + bucket.lower) / 2
        } else if bucket.lower <= 0, bucket.upper >= 0 {
            value = 0
        } else {
            let middle = (bucket.upper * bucket.lower).squareRoot()
            value = bucket.upper < 0 ? -middle : middle
        }
        let distance = value - mean
        accumulate(bucket.count * distance * distance, &variance, &compensation)
    }
    return (variance + compensation) / histogram.count
}

/// A number as OpenMetrics writes a quantile: `0.5`, `1.0`, `1e-05`, `NaN`.
///
/// Source: Prometheus, `model/labels`, `FormatOpenMetricsFloat`.
func openMetricsText(_ value: Double) -> String {
    if value == 0 { return "0.0" }
    let text = GoNumber.general(value)
    return value.isFinite && !text.utf8.contains { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: ".") }
        ? text + ".0" : text
}
