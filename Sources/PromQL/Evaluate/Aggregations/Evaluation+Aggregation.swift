// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// The value of an aggregation at all steps.
    ///
    /// Groups are found once; kernels then run over rows × steps. Source of the meaning of each operator: Prometheus,
    /// `promql/engine.go`, `rangeEvalAgg`.
    func aggregation(_ node: Aggregation) throws(QueryError) -> VectorColumns {
        switch node.operation {
        case .topk, .bottomk, .limitk, .limitRatio, .quantile:
            guard let (numbers, vector) = try numberAndVector(node) else {
                return VectorColumns(stepCount: steps.count)
            }
            switch node.operation {
            case .topk, .bottomk: return try extremes(node, vector, numbers)
            case .limitk: return try firstSamples(node, vector, numbers)
            case .limitRatio: return try ratioSamples(vector, numbers)
            default: return try folded(node, vector, GroupQuantile(quantiles: numbers))
            }
        case .countValues:
            return try valueCounts(node, try vector(node.operand))
        case .sum, .avg:
            return try folded(node, try vector(node.operand), GroupSum(isAverage: node.operation == .avg))
        case .min, .max:
            return try folded(node, try vector(node.operand), GroupExtreme(isMaximum: node.operation == .max))
        case .count, .group:
            return try folded(node, try vector(node.operand), GroupCount(isGroup: node.operation == .group))
        case .stddev, .stdvar:
            return try folded(node, try vector(node.operand), GroupDeviation(isDeviation: node.operation == .stddev))
        }
    }

    /// One series for each group.
    private func folded(
        _ node: Aggregation,
        _ vector: VectorColumns,
        _ kernel: some GroupKernel
    ) throws(QueryError) -> VectorColumns {
        let groups = try SeriesGroups(vector, by: node.grouping, isWithout: node.isWithout, query)
        let values = try fold(kernel, vector, groups)
        var result = VectorColumns(
            stepCount: vector.stepCount,
            labels: groups.labels,
            dropsName: groups.dropsName,
            values: values
        )
        switch node.operation {
        case .sum, .avg:
            if vector.hasHistograms { try combineHistograms(node, vector, groups, into: &result) }
        case .count, .group: break
        default: informOfIgnoredHistograms(node, vector, at: node.operand.position)
        }
        return result
    }
}
