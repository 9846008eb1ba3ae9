// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A function of a range vector, ready to be applied to one series after the other. Shared by all threads.
struct RangeKernel: Sendable {
    let function: Function
    /// The scalar arguments at each step, in the order of the call.
    var parameters: [[Double]]
    var ends: RangeEnds
    let range: Int64
    let extent: RangeExtent
    /// Where the range vector stands in the query: what annotations are about.
    let position: SourceRange
    /// Where the whole argument list stands: what annotations of `irate` and `idelta` are about.
    let arguments: SourceRange
    /// The times at which the expression is evaluated; only `predict_linear` looks at them.
    var times: Steps

    /// How many values it has for each series.
    var stepCount: Int { ends.count }

    init(
        _ function: Function,
        _ parameters: [[Double]],
        _ input: RangeInput,
        times: Steps,
        of node: FunctionCall
    ) {
        self.function = function
        self.parameters = parameters
        ends = RangeEnds(input, stepCount: parameters.isEmpty ? nil : times.count)
        range = input.range
        extent = input.extent
        position = input.position
        let first = node.arguments.first?.position ?? node.position
        let last = node.arguments.last?.position ?? node.position
        arguments = SourceRange(start: first.start, end: last.end)
        self.times = times
    }

    /// Looks at the factors of `double_exponential_smoothing` at the steps where there is something to be smoothed.
    ///
    /// - Throws: when one is not between 0 and 1, both exclusive.
    func checkFactors(_ windows: borrowing RangeWindows) throws(QueryError) {
        guard function == .doubleExponentialSmoothing else { return }
        for step in 0..<stepCount where windows.low[step] < windows.high[step] {
            for (factor, (name, letter)) in zip(parameters, [("smoothing", "s"), ("trend", "t")]) {
                if factor[step] > 0 && factor[step] < 1 { continue }
                let got = GoNumber.fixed(factor[step])
                throw QueryError(.execution, "invalid \(name) factor. Expected: 0 < \(letter)f < 1, got: \(got)")
            }
        }
    }

    /// Of `absent_over_time`: 1 where there is a sample.
    init(presentIn input: RangeInput) {
        function = .presentOverTime
        parameters = []
        ends = RangeEnds(input)
        range = input.range
        extent = input.extent
        position = input.position
        arguments = input.position
        times = input.ends
    }

    /// Whether its work grows with the samples in all windows together, not only with the samples of the series.
    var looksIntoWindows: Bool {
        switch function {
        case .stddevOverTime, .stdvarOverTime, .quantileOverTime, .madOverTime, .deriv, .predictLinear,
            .doubleExponentialSmoothing, .sumOverTime, .avgOverTime, .rate, .increase, .delta:
            true
        default: false
        }
    }

    /// Sets the values of a series whose samples are all numbers, at the steps of the block; kernels that do not look into
    /// windows, and those that find a way not to, set all of them and end the block at the last step.
    func numbers(
        _ windows: inout RangeWindows,
        _ values: UnsafeMutablePointer<Double>,
        _ labels: Labels,
        _ annotations: inout Annotations
    ) {
        switch function {
        case .rate, .increase, .delta:
            rates(&windows, values, labels, &annotations)
        case .irate, .idelta: RateKernel(self).instant(windows, values)
        case .changes, .resets: CountKernel(self).run(&windows, values)
        case .sumOverTime: SumKernel.sums(&windows, values)
        case .avgOverTime: SumKernel.averages(&windows, values)
        case .countOverTime, .presentOverTime, .firstOverTime, .lastOverTime, .tsOfFirstOverTime, .tsOfLastOverTime:
            EdgeKernel.run(function, windows, values)
        case .minOverTime, .maxOverTime, .tsOfMinOverTime, .tsOfMaxOverTime:
            ExtremeKernel(function).run(&windows, values)
        case .stddevOverTime, .stdvarOverTime:
            SpreadKernel.run(windows, values, isDeviation: function == .stddevOverTime)
        case .quantileOverTime:
            noteQuantiles(windows, &annotations)
            SpreadKernel.quantiles(parameters[0], &windows, values)
        case .madOverTime: SpreadKernel.medianDeviations(&windows, values)
        case .deriv: RegressionKernel.slopes(windows, values)
        case .predictLinear: RegressionKernel.predictions(parameters[0], times, windows, values)
        case .doubleExponentialSmoothing: RegressionKernel.smoothed(parameters[0], parameters[1], windows, values)
        default: preconditionFailure("\(function) has no range vector")
        }
    }

    private func rates(
        _ windows: inout RangeWindows,
        _ values: UnsafeMutablePointer<Double>,
        _ labels: Labels,
        _ annotations: inout Annotations
    ) {
        let kernel = RateKernel(self)
        let first = windows.block.lowerBound
        if extent != .plain {
            kernel.extended(windows, values)
        } else if windows.columns.starts.isEmpty {
            kernel.extrapolated(windows, values)
            windows.block = first..<stepCount
        } else {
            kernel.extrapolatedWithStarts(windows, values, labels, &annotations)
        }
        if function == .delta { return }
        guard let name = labels["__name__"], !RangeKernel.isCounterName(name) else { return }
        // A series that is not named as counters are is told of when there is a result.
        if windows.block.contains(where: { !VectorColumns.isAbsent(values[$0]) }) {
            annotations.notCounter(name, at: position)
        }
    }

    private static func isCounterName(_ name: String) -> Bool {
        ["_total", "_sum", "_count", "_bucket"].contains { name.hasSuffix($0) }
    }

    /// Tells of quantiles outside of 0...1 where there are samples, one after the other of the same only once.
    private func noteQuantiles(_ windows: borrowing RangeWindows, _ annotations: inout Annotations) {
        var noted: Double?
        for step in windows.block where windows.low[step] < windows.high[step] {
            let quantile = parameters[0][step]
            if quantile >= 0 && quantile <= 1 || quantile == noted || quantile.isNaN && noted?.isNaN == true {
                continue
            }
            noted = quantile
            // Prometheus: the position of the first argument, which is the quantile.
            annotations.invalidQuantile(quantile, at: SourceRange(start: arguments.start, end: arguments.start))
        }
    }
}
