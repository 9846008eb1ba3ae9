// SPDX-License-Identifier: Apache-2.0

/// What a model says about the prediction of a slot, and what turns out: functions of slot, version and time alone.
struct ModelDraws {
    let streams: ModelStreams
    let planted: PlantedModelIncident?

    /// Quantile of the score or of the predicted number, 0 ..< 1.
    func quantile(_ slot: UInt64) -> Double {
        unitInterval(streams.score[slot])
    }

    /// The score, or the predicted number, in millionths; a score has five decimals, a number two.
    func predictionMicros(_ event: ModelEvent) -> Int64 {
        let quantile = quantile(event.slot)
        switch ModelCatalog.models[Int(event.model)].target {
        case .classes(let scores, _):
            let score = scores[Int(event.version)].score(quantile: quantile)
            return Int64(score * 100_000 + 0.5) * 10
        case .number(let from, let through, _):
            let cents = Double(through - from) / 10_000 * quantile * quantile * quantile
            return from + Int64(cents) * 10_000
        }
    }

    /// What turns out: the class, 0 or 1, or a number in millionths with two decimals.
    func truth(_ prediction: ModelEvent) -> Int64 {
        let micros = predictionMicros(prediction)
        let unit = unitInterval(streams.truth[prediction.slot])
        switch ModelCatalog.models[Int(prediction.model)].target {
        case .classes:
            let score = Double(micros) / 1e6
            let probability =
                planted?.probability(
                    score: score,
                    model: Int(prediction.model),
                    timeMilliseconds: prediction.timeMilliseconds,
                    word: streams.incident[prediction.slot]
                ) ?? score
            return unit < probability ? 1 : 0
        case .number(_, _, let deviations):
            let factor = 1 + deviations[Int(prediction.version)] * bellNumber(streams.truth[prediction.slot])
            return Int64(Double(micros) / 10_000 * factor + 0.5) * 10_000
        }
    }

    /// What a wrong outcome says in place of `truth`: the other class, or a tenth more.
    func mistake(for truth: Int64, model: UInt8) -> Int64 {
        switch ModelCatalog.models[Int(model)].target {
        case .classes: 1 - truth
        case .number: truth + truth / 100_000 * 10_000
        }
    }

    /// Seconds in millionths: 0.8 to 60 ms, half of them below 8.2 ms.
    func latencyMicros(_ slot: UInt64) -> Int64 {
        let unit = unitInterval(streams.latency[slot])
        return 800 + Int64(59_200 * unit * unit * unit)
    }
}
