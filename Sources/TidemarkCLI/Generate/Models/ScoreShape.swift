// SPDX-License-Identifier: Apache-2.0

/// How the scores of a model are spread, as their quantile function: a uniform number in 0 ..< 1 becomes a score.
///
/// Pieces of powers, because only +, -, x and / give the same bits under every C library.
enum ScoreShape {
    /// For something rare: all scores low, few high. The mean is `least` + `slope` / 3 + `top` / 32.
    case rare(least: Double, slope: Double, top: Double)
    /// For classes that a model tells apart: `low` of the scores near 0, `high` of them near 1, the others evenly between.
    ///
    /// - Parameter reach: how far from 0 and 1 the sure scores go, below 0.5.
    case parted(low: Double, high: Double, reach: Double)

    /// - Parameter quantile: 0 ..< 1. The score rises with it.
    func score(quantile: Double) -> Double {
        switch self {
        case .rare(let least, let slope, let top):
            let square = quantile * quantile
            let fourth = square * square
            let eighth = fourth * fourth
            return least + slope * square + top * (eighth * eighth * eighth * fourth * square * quantile)
        case .parted(let low, let high, let reach):
            if quantile < low { return Self.sure(quantile / low, reach: reach) }
            if quantile >= 1 - high { return 1 - Self.sure((1 - quantile) / high, reach: reach) }
            return reach + (1 - 2 * reach) * (quantile - low) / (1 - low - high)
        }
    }

    /// What follows when every label is 1 with its score's probability.
    var expectation: Expectation {
        let steps = 65_536
        var sum = Expectation(baseRate: 0, errorRate: 0, positiveShare: 0)
        for step in 0..<steps {
            let score = score(quantile: (Double(step) + 0.5) / Double(steps))
            sum.baseRate += score
            sum.errorRate += min(score, 1 - score)
            sum.positiveShare += score > 0.5 ? 1 : 0
        }
        let count = Double(steps)
        return Expectation(
            baseRate: sum.baseRate / count,
            errorRate: sum.errorRate / count,
            positiveShare: sum.positiveShare / count
        )
    }

    struct Expectation {
        /// Share of labels that are 1; the mean score.
        var baseRate: Double
        /// Share of predictions that are wrong, where a score above 0.5 says 1.
        var errorRate: Double
        /// Share of predictions that say 1.
        var positiveShare: Double

        /// The error rate of labels with the same base rate that have nothing to do with the scores.
        var unrelatedErrorRate: Double { positiveShare * (1 - baseRate) + (1 - positiveShare) * baseRate }
    }

    private static func sure(_ part: Double, reach: Double) -> Double {
        let least = 0.004
        return least + (reach - least) * part * part
    }
}
