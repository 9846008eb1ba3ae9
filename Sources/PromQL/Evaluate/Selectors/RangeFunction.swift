// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// The value of a function of a range vector, `absent_over_time` among them: of each series at each step.
    ///
    /// Series are read and looked at one by one, on all threads; a series whose samples are numbers only goes through
    /// a kernel for all steps at once, one with histograms from window to window.
    func rangeFunction(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        guard let argument = node.arguments.first(where: { $0.type == .matrix }) else {
            preconditionFailure("checked to have a range vector")
        }
        var parameters: [[Double]] = []
        for argument in node.arguments where argument.type == .scalar { parameters.append(try scalar(argument)) }
        try RangeFunctions.check(node.function, argument)
        let input = try rangeInput(argument, for: node.function)
        if node.function == .absentOverTime { return try absentOverTime(input, argument) }
        let kernel = RangeKernel(node.function, parameters, input, times: steps, of: node)
        // With parameters that differ from step to step a fixed window has as many values as there are steps.
        let columns = try rangeColumns(input, kernel)
        return columns.stepCount == steps.count ? columns : try repeated(columns)
    }

    private func rangeColumns(_ input: RangeInput, _ kernel: RangeKernel) throws(QueryError) -> VectorColumns {
        let stepCount = kernel.stepCount
        var columns = try query.matrix(input.count, stepCount: stepCount)
        columns.labels = (0..<input.count).map { input.labels($0) }
        let keepsName = kernel.function == .lastOverTime || kernel.function == .firstOverTime
        columns.dropsName = (0..<input.count).map { !keepsName || input.dropsName($0) }
        let labels = columns.labels
        let workers = try columns.fill { values throws(QueryError) in
            let values = UnsafeRows(values)
            let makeWorker = { RangeWorker(input, kernel, query.output(stepCount)) }
            return try query.forEachRow(input.count, makeWorker: makeWorker) {
                (worker: inout RangeWorker, row) throws(QueryError) in
                try worker.run(query, row, labels[row], values.start + row * stepCount)
            }
        }
        query.take(workers.map(\.output), into: &columns, at: steps)
        return columns
    }

    /// 1 at the steps at which no series has a sample in the window.
    private func absentOverTime(_ input: RangeInput, _ argument: Expression) throws(QueryError) -> VectorColumns {
        let kernel = RangeKernel(presentIn: input)
        let present = try rangeColumns(input, kernel)
        var columns = VectorColumns(
            stepCount: input.ends.count,
            labels: [absentLabels(argument)],
            dropsName: [true],
            values: Array(repeating: 1, count: input.ends.count)
        )
        for row in 0..<present.count {
            for step in 0..<present.stepCount
            where !VectorColumns.isAbsent(present.values[row * present.stepCount + step]) {
                columns.values[step] = VectorColumns.absent
            }
        }
        return columns.stepCount == steps.count ? columns : try repeated(columns)
    }
}

/// What functions of range vectors take.
private enum RangeFunctions {
    /// - Throws: when the range vector is `anchored` or `smoothed` and the function knows nothing of that.
    static func check(_ function: Function, _ argument: Expression) throws(QueryError) {
        guard case .range(let node) = argument.unwrapped else { return }
        let able: [Function]
        switch node.selector.extent {
        case .plain: return
        case .anchored: able = [.changes, .delta, .increase, .rate, .resets]
        case .smoothed: able = [.delta, .increase, .rate]
        }
        if able.contains(function) { return }
        let names = able.map(\.rawValue).joined(separator: ", ")
        throw QueryError(
            .execution,
            "\(node.selector.extent.rawValue) modifier can only be used with: \(names) - not with \(function.rawValue)",
            at: node.position
        )
    }
}

/// One thread's work on the series of a range vector.
final class RangeWorker {
    private let input: RangeInput
    private let kernel: RangeKernel
    private var windows: RangeWindows
    private(set) var output: RowOutput

    init(_ input: RangeInput, _ kernel: RangeKernel, _ output: RowOutput) {
        self.input = input
        self.kernel = kernel
        windows = RangeWindows(input, ends: kernel.ends)
        self.output = output
    }

    /// Sets the values of one series at all steps.
    func run(
        _ query: RunningQuery,
        _ row: Int,
        _ labels: Labels,
        _ values: UnsafeMutablePointer<Double>
    ) throws(QueryError) {
        try input.read(row, query, into: windows.columns)
        output.samples += windows.place()
        try kernel.checkFactors(windows)
        for step in output.samplesPerStep.indices {
            output.samplesPerStep[step] += windows.held(step)
        }
        if windows.columns.count == 0 {
            for step in 0..<kernel.stepCount { values[step] = VectorColumns.absent }
            return
        }
        if windows.columns.histograms.isEmpty {
            windows.block = 0..<kernel.stepCount
            guard kernel.looksIntoWindows else {
                kernel.numbers(&windows, values, labels, &output.annotations)
                return
            }
            windows.block = 0..<0
            while windows.block.upperBound < kernel.stepCount {
                windows.nextBlock()
                kernel.numbers(&windows, values, labels, &output.annotations)
                try query.checkpoint()
            }
        } else {
            for step in 0..<kernel.stepCount {
                if step % 256 == 255 { try query.checkpoint() }
                values[step] = VectorColumns.absent
                if windows.low[step] == windows.high[step] { continue }
                switch kernel.mixed(windows, step, labels, &output.annotations) {
                case .number(let value): values[step] = value
                case .histogram(let histogram): output.set(histogram, row, step, values)
                case nil: break
                }
            }
        }
    }
}
