// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// The number before the vector at each step, and the vector, once the number is known to be one that the operator
    /// takes; nil when it takes no sample at any step, whatever else may be said of it.
    ///
    /// Source: Prometheus, `promql/engine.go`, `rangeEvalAgg`.
    func numberAndVector(_ node: Aggregation) throws(QueryError) -> (numbers: [Double], vector: VectorColumns)? {
        guard let expression = node.parameter else { preconditionFailure("checked to have a parameter") }
        let values = try scalar(expression)
        let vector = try vector(node.operand)
        let hasNaN = values.contains { $0.isNaN }
        let least = values.min() ?? 0
        let greatest = values.max() ?? 0
        switch node.operation {
        case .topk, .bottomk, .limitk:
            if hasNaN { throw QueryError(.execution, "Parameter value is NaN") }
            if greatest < 1 { return nil }
            if least <= -0x1p63 {
                throw QueryError(.execution, "Scalar value \(GoNumber.general(least)) underflows int64")
            }
            if greatest >= 0x1p63 {
                throw QueryError(.execution, "Scalar value \(GoNumber.general(greatest)) overflows int64")
            }
        case .limitRatio:
            if hasNaN { throw QueryError(.execution, "Ratio value is NaN") }
            if greatest == 0, least == 0 { return nil }
            if greatest > 1 { warnOfRatio(greatest, cappedTo: 1, at: expression.position) }
            if least < -1 { warnOfRatio(least, cappedTo: -1, at: expression.position) }
        case .quantile:
            let finite = values.lazy.filter { !$0.isNaN }
            if hasNaN { query.annotations.invalidQuantile(.nan, at: expression.position) }
            if let greatest = finite.max(), greatest > 1 {
                query.annotations.invalidQuantile(greatest, at: expression.position)
            }
            if let least = finite.min(), least < 0 {
                query.annotations.invalidQuantile(least, at: expression.position)
            }
        default: break
        }
        return (values, vector)
    }

    private func warnOfRatio(_ ratio: Double, cappedTo limit: Double, at position: SourceRange) {
        query.annotations.warn(
            "ratio value should be between -1 and 1, got \(GoNumber.general(ratio)), "
                + "capping to \(GoNumber.general(limit))",
            at: position
        )
    }
}
