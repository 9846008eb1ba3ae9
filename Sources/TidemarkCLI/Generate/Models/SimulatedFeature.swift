// SPDX-License-Identifier: Apache-2.0

/// One input of a simulated model. Its distribution is the same at every hour, so that quiet data does not drift.
struct SimulatedFeature {
    let name: String
    let shape: Shape
    /// Part of the predictions in which it is null, 0 ... 1.
    var missing = 0.0
    var relation = Relation.none

    enum Shape {
        /// Near a normal distribution: a sum of four uniform numbers, at most 3.47 standard deviations from the mean.
        case bell(mean: Double, deviation: Double, decimals: Int)
        /// Most values small, few large: the range times a power of a uniform number.
        case skewed(from: Double, through: Double, power: Int, decimals: Int)
        /// Text, with weights that need not sum to 1.
        case category([(value: String, weight: Double)])
        /// true in this part of the predictions.
        case flag(share: Double)
    }

    /// How a number goes with the score. Its own distribution is the same in all three.
    enum Relation {
        case none, rises, falls
    }

    /// Standard deviation of a bell; nil for the others.
    var deviation: Double? {
        if case .bell(_, let deviation, _) = shape { deviation } else { nil }
    }
}

/// A number of a feature, as a draw from random words.
struct FeatureNumber {
    let word: UInt64
    /// Quantile of the score, 0 ..< 1.
    let scoreQuantile: Double
    let relation: SimulatedFeature.Relation

    /// Mean 0, standard deviation 1. In a relation it has a correlation of 0.5 with the quantile of the score.
    var bell: Double { bellNumber(word, first: related) }

    /// Even in 0 ..< 1. In a relation every other value is the score's quantile.
    var uniform: Double {
        guard word & 1 == 0, let related else { return unitInterval(word) }
        return related
    }

    private var related: Double? {
        switch relation {
        case .none: nil
        case .rises: scoreQuantile
        case .falls: 1 - scoreQuantile
        }
    }
}

/// Near a standard normal distribution: the sum of four uniform numbers of 16 bits each, with mean 0 and standard
/// deviation 1, between -3.47 and 3.47.
///
/// - Parameter first: a uniform number, 0 ... 1, in place of the first of the four.
func bellNumber(_ word: UInt64, first: Double? = nil) -> Double {
    func uniform(_ place: Int) -> Double { (Double(word >> UInt64(16 * place) & 0xFFFF) + 0.5) / 65_536 }
    let sum = (first ?? uniform(0)) + uniform(1) + uniform(2) + uniform(3)
    /// The sum has a variance of 4/12.
    let perDeviation = 1.732_050_807_568_877_2
    return (sum - 2) * perDeviation
}
