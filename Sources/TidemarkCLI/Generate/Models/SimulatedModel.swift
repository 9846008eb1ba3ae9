// SPDX-License-Identifier: Apache-2.0

/// One simulated model in production: what it predicts, from which features, and when the truth comes.
struct SimulatedModel {
    /// For example `churn`.
    let name: String
    /// Part of all predictions, 0 ... 1.
    let share: Double
    let target: Target
    let features: [SimulatedFeature]
    /// How long after a prediction its outcome happens.
    let labelDelay: LabelDelay
    /// Part of the predictions whose outcome never comes, 0 ... 1.
    let unlabelledShare: Double
    /// Names of the versions: the one that serves from the start, and the one that takes over a share.
    let versions = ["v1", "v2"]

    enum Target {
        /// Two classes. The label is drawn with the score as its probability, so every version is calibrated.
        ///
        /// - Parameters:
        ///   - scores: one for each version.
        ///   - labels: how outcomes spell the classes.
        case classes(scores: [ScoreShape], labels: Spelling)
        /// A number, in millionths. The truth is the prediction times a factor with a mean of 1.
        ///
        /// - Parameter deviations: standard deviation of the factor, one for each version, at most 0.28.
        case number(fromMicros: Int64, throughMicros: Int64, deviations: [Double])
    }

    /// How a class is written in an outcome. Readers have to take both.
    enum Spelling {
        /// `1` and `0`.
        case digits
        /// `true` and `false`.
        case words
    }

    /// Milliseconds, both inclusive; half of the delays are in the first eighth.
    struct LabelDelay {
        let shortest: Int64
        let longest: Int64
    }

    /// Part of the predictions that the newer version makes: none in the first quarter of the span, then 30 %.
    ///
    /// One step only. Were the share to grow, the newer version would have more of its day in an incident than the older
    /// one, and look worse than it is.
    ///
    /// - Parameter part: how much of the span has passed, 0 ..< 1.
    static func newerShare(atPart part: Double) -> Double {
        part < 0.25 ? 0 : 0.3
    }
}
