// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a metric adds up of a pair: a number that both sides make.
///
/// Arguments are names of two numbers of the pair, predicted and actual. Where one is absent, or cannot be an argument, the pair does not count.
public struct PairMeasure: Hashable, Sendable {
    /// How it is computed.
    public enum Function: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
        /// −ln of the probability that the score gave to what was: (score, actual), actual 0 or 1, the probability at
        /// least 1e-15 (scikit-learn, `log_loss`).
        case logLoss = "log_loss"
        /// (score − actual)², actual 0 or 1 (Brier 1950, for two classes).
        case brier
        /// |predicted − actual|.
        case absoluteError = "absolute_error"
        /// (predicted − actual)².
        case squaredError = "squared_error"
        /// predicted − actual where that is positive.
        case overestimate
        /// actual − predicted where that is positive.
        case underestimate
        /// Actual, where it is positive and there is a prediction.
        case positive
        /// Actual without its sign, where it is negative and there is a prediction.
        case negative
        /// Actual, squared, where there is a prediction.
        case square
        /// One, where both are there.
        case count
    }

    /// How many numbers a function takes.
    public static let arity = 2

    /// How it is computed.
    public var function: Function
    /// Of which numbers.
    public var arguments: [String]

    /// A measure.
    public init(_ function: Function, _ arguments: [String]) {
        precondition(arguments.count == PairMeasure.arity, "as many arguments as a function has")
        self.function = function
        self.arguments = arguments
    }
}

extension PairMeasure.Function {
    /// The least probability that a score is taken for.
    static let leastProbability = 1e-15

    /// The value, or NaN where there is none.
    @inline(__always)
    func value(_ first: Double, _ second: Double) -> Double {
        switch self {
        case .logLoss:
            guard isProbability(first), second == 0 || second == 1 else { return .nan }
            return -log(max(second == 1 ? first : 1 - first, Self.leastProbability))
        case .brier:
            guard isProbability(first), second == 0 || second == 1 else { return .nan }
            return (first - second) * (first - second)
        case .absoluteError: return abs(first - second)
        case .squaredError: return (first - second) * (first - second)
        case .overestimate: return first > second ? first - second : .nan
        case .underestimate: return second > first ? second - first : .nan
        case .positive: return !first.isNaN && second > 0 ? second : .nan
        case .negative: return !first.isNaN && second < 0 ? -second : .nan
        case .square: return first.isNaN ? .nan : second * second
        case .count: return first.isNaN || second.isNaN ? .nan : 1
        }
    }

    @inline(__always)
    private func isProbability(_ score: Double) -> Bool { score >= 0 && score <= 1 }
}
