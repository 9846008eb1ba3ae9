// SPDX-License-Identifier: Apache-2.0

/// What the scenario `incident` does to the models: one feature drifts, and the labels of another model leave its scores.
///
/// Both are about the predictions made inside the window, whenever their outcomes come. Every other line is the same, byte
/// by byte, as in the quiet scenario. The labels keep their base rate: a part of them, `detachedPart`, is drawn with it in
/// place of the score.
struct PlantedModelIncident: Equatable {
    /// Inclusive.
    let fromMilliseconds: Int64
    /// Exclusive.
    let toMilliseconds: Int64

    /// Index in the catalog.
    let driftModelIndex: Int
    let driftModel: String
    /// Index among the model's features.
    let driftFeatureIndex: Int
    let driftFeature: String
    /// How far the feature moves up, in its standard deviations.
    let driftDeviations = 0.8

    /// Index in the catalog.
    let errorModelIndex: Int
    let errorModel: String
    /// Expected share of wrong predictions outside the incident, the mean of both versions.
    let errorRateBefore: Double
    /// Expected share of wrong predictions inside it.
    let errorRateAfter = 0.25
    private let detachedPart: Double
    private let baseRate: Double

    /// The incident of a configuration, or nil when its scenario has none.
    init?(configuration: GeneratorConfiguration) {
        guard configuration.scenario == .incident else { return nil }
        let models = ModelCatalog.models
        guard
            let drifting = models.firstIndex(where: { $0.features.contains { $0.deviation != nil } }),
            let feature = models[drifting].features.firstIndex(where: { $0.deviation != nil }),
            let failing = models.indices.last(where: { models[$0].expectations != nil }),
            let expectations = models[failing].expectations
        else { return nil }
        fromMilliseconds = configuration.incidentWindow.lowerBound
        toMilliseconds = configuration.incidentWindow.upperBound
        driftModelIndex = drifting
        driftModel = models[drifting].name
        driftFeatureIndex = feature
        driftFeature = models[drifting].features[feature].name
        errorModelIndex = failing
        errorModel = models[failing].name
        func mean(_ value: (ScoreShape.Expectation) -> Double) -> Double {
            expectations.reduce(0) { $0 + value($1) } / Double(expectations.count)
        }
        baseRate = mean(\.baseRate)
        errorRateBefore = mean(\.errorRate)
        // The mixture of a part p without the score has the error (1 - p) before + p unrelated.
        detachedPart = (errorRateAfter - errorRateBefore) / (mean(\.unrelatedErrorRate) - errorRateBefore)
    }

    /// How far a feature has moved at the time of a prediction, in standard deviations.
    func shift(model: Int, feature: Int, timeMilliseconds time: Int64) -> Double {
        let isHit = model == driftModelIndex && feature == driftFeatureIndex && isInside(time)
        return isHit ? driftDeviations : 0
    }

    /// The probability of class 1 for a prediction made at `time`.
    ///
    /// - Parameter word: the random word that decides whether the label follows the score.
    func probability(score: Double, model: Int, timeMilliseconds time: Int64, word: UInt64) -> Double {
        model == errorModelIndex && isInside(time) && unitInterval(word) < detachedPart ? baseRate : score
    }

    private func isInside(_ time: Int64) -> Bool {
        time >= fromMilliseconds && time < toMilliseconds
    }
}

extension SimulatedModel {
    /// What follows of the scores of each version; nil for numbers.
    var expectations: [ScoreShape.Expectation]? {
        if case .classes(let scores, _) = target { scores.map(\.expectation) } else { nil }
    }
}
