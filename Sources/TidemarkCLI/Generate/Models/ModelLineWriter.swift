// SPDX-License-Identifier: Apache-2.0

/// The state of a run of the stream of models: writes one line for each slot.
///
/// A slot goes to the delayed line that is due, if there is one (an outcome, a retry, a training event), else to a new
/// prediction. All chances come from the words of the prediction's own slot.
struct ModelLineWriter: ~Copyable {
    var buffer = LineBuffer()
    private(set) var summary: ModelSummary

    private let streams: ModelStreams
    private let draws: ModelDraws
    private let renderer: ModelLineRenderer
    private let modelChoice = AliasTable(weights: ModelCatalog.models.map(\.share))
    private let disturbsDelivery: Bool
    private let startMilliseconds: Int64
    private let endMilliseconds: Int64
    private var clock: ArrivalClock
    private var delayed = DelayedLines<DelayedModelLine>()

    init(configuration: GeneratorConfiguration, planted: PlantedModelIncident?) {
        streams = ModelStreams(seed: configuration.seed, startMilliseconds: configuration.startMilliseconds)
        draws = ModelDraws(streams: streams, planted: planted)
        renderer = ModelLineRenderer(draws: draws)
        summary = ModelSummary(planted: planted)
        disturbsDelivery = configuration.disturbsDelivery
        startMilliseconds = configuration.startMilliseconds
        endMilliseconds = configuration.startMilliseconds + configuration.durationMilliseconds
        clock = ArrivalClock(
            startMilliseconds: configuration.startMilliseconds,
            durationMilliseconds: configuration.durationMilliseconds,
            slots: configuration.events,
            rates: DailyCurve.rates(clockOffsetMinutes: Campaign.Market.americas.clockOffsetMinutes)
        )
        if configuration.events >= TrainingRuns.leastEvents { planTraining() }
    }

    /// Writes exactly one line. Slots come in rising order, from 0.
    mutating func writeLine(inSlot slot: UInt64) {
        clock.advance(to: slot, jitter: streams.arrival[slot])
        if let line = delayed.removeNext(dueAt: clock.nowMilliseconds) {
            if line.isRetry {
                summary.countDuplicate()
                renderer.render(line.event, into: &buffer)
            } else {
                write(line.event, late: line.isLate)
            }
            return
        }
        writePrediction(inSlot: slot)
    }

    // MARK: - Predictions

    private mutating func writePrediction(inSlot slot: UInt64) {
        let model = modelChoice.index(for: streams.model[slot])
        var prediction = ModelEvent(
            kind: .prediction,
            timeMilliseconds: clock.nowMilliseconds,
            slot: slot,
            model: UInt8(model),
            version: 0
        )
        let fate = LabelFate(word: streams.fate[slot])
        if disturbsDelivery, fate.isEarly, writeEarlyOutcome(of: prediction) { return }
        let lateness = latenessOfPrediction(inSlot: slot)
        prediction.timeMilliseconds -= lateness
        prediction.version = version(inSlot: slot, timeMilliseconds: prediction.timeMilliseconds)
        if !fate.neverComes(share: ModelCatalog.models[model].unlabelledShare) { planOutcome(of: prediction) }
        write(prediction, late: lateness > 0)
    }

    private func version(inSlot slot: UInt64, timeMilliseconds time: Int64) -> UInt8 {
        let part = Double(time - startMilliseconds) / Double(endMilliseconds - startMilliseconds)
        return unitInterval(streams.version[slot]) < SimulatedModel.newerShare(atPart: part) ? 1 : 0
    }

    /// How long before now the prediction of this slot was made: 0 unless it is late. Never before the start.
    private func latenessOfPrediction(inSlot slot: UInt64) -> Int64 {
        let limit = min(Delays.greatestLateness, clock.nowMilliseconds - startMilliseconds)
        guard disturbsDelivery, Delivery.isLate(streams.delivery[slot]), limit >= Delays.leastLateness else { return 0 }
        return Delays.lateness(streams.lateness[slot], limit: limit)
    }

    // MARK: - Outcomes

    private func labelDelay(of prediction: ModelEvent) -> Int64 {
        let delay = ModelCatalog.models[Int(prediction.model)].labelDelay
        return Delays.label(streams.labelDelay[prediction.slot], from: delay.shortest, through: delay.longest)
    }

    /// Plans the outcome of a prediction, and a second one where the first is amended. What would arrive after the end is
    /// left out.
    private mutating func planOutcome(of prediction: ModelEvent) {
        let slot = prediction.slot
        let truth = draws.truth(prediction)
        var outcome = prediction
        outcome.kind = .outcome
        outcome.timeMilliseconds += labelDelay(of: prediction)
        outcome.truth = truth
        if let amendment = LabelFate(word: streams.fate[slot]).amendment {
            var second = outcome
            second.kind = .amendment
            second.timeMilliseconds += Delays.amendment(streams.amendmentDelay[slot])
            // What is never corrected is not wrong either.
            if plan(second, lateness: 0), amendment == .correction {
                outcome.truth = draws.mistake(for: truth, model: prediction.model)
            }
        }
        let isLate = disturbsDelivery && Delivery.successorIsLate(streams.delivery[slot])
        let lateness = isLate ? Delays.lateness(streams.successorLateness[slot], limit: Delays.greatestLateness) : 0
        plan(outcome, lateness: lateness)
    }

    /// Writes the outcome of a prediction that was made a label's delay ago and whose own line is still to come.
    ///
    /// - Parameter unsent: the prediction as of now.
    /// - Returns: false when there is no room for it in the span; then nothing was written.
    private mutating func writeEarlyOutcome(of unsent: ModelEvent) -> Bool {
        var prediction = unsent
        prediction.timeMilliseconds -= labelDelay(of: unsent)
        guard prediction.timeMilliseconds >= startMilliseconds else { return false }
        prediction.version = version(inSlot: unsent.slot, timeMilliseconds: prediction.timeMilliseconds)
        let wait = Delays.lateness(streams.lateness[unsent.slot], limit: Delays.greatestLateness)
        let due = clock.nowMilliseconds + wait
        guard plan(prediction, lateness: due - prediction.timeMilliseconds) else { return false }
        var outcome = prediction
        outcome.kind = .outcome
        outcome.timeMilliseconds = clock.nowMilliseconds
        outcome.truth = draws.truth(prediction)
        summary.countEarlyOutcome()
        write(outcome, late: false)
        return true
    }

    // MARK: - Delayed lines

    private mutating func planTraining() {
        let span = endMilliseconds - startMilliseconds
        for place in 0..<TrainingRuns.count {
            let time = startMilliseconds + TrainingRuns.offset(of: place, span: span)
            let run = TrainingRuns.run(of: place)
            let event = ModelEvent(
                kind: .training,
                timeMilliseconds: time,
                slot: UInt64(place),
                model: UInt8(run.model),
                version: UInt8(run.version)
            )
            plan(event, lateness: 0)
        }
    }

    /// Plans the line of an event for `lateness` milliseconds after it, but not before now.
    ///
    /// - Returns: whether it arrives inside the span; otherwise it is left out.
    @discardableResult
    private mutating func plan(_ event: ModelEvent, lateness: Int64) -> Bool {
        let due = max(event.timeMilliseconds + lateness, clock.nowMilliseconds)
        guard due < endMilliseconds else { return false }
        let isLate = due - event.timeMilliseconds >= Delays.leastLateness
        delayed.insert(DelayedModelLine(dueMilliseconds: due, event: event, isLate: isLate))
        return true
    }

    // MARK: - Writing

    /// Writes an event for the first time, and plans its retry if it has one.
    private mutating func write(_ event: ModelEvent, late isLate: Bool) {
        summary.countEvent(event, late: isLate)
        renderer.render(event, into: &buffer)
        // The same word for the prediction and its outcome would send both again, or neither.
        let word = streams.delivery[event.kind == .prediction ? event.slot : ~event.slot]
        guard disturbsDelivery, event.kind != .training, Delivery.isRetried(word) else { return }
        let due = clock.nowMilliseconds + Delays.retry(streams.retryDelay[event.slot])
        if due < endMilliseconds {
            delayed.insert(DelayedModelLine(dueMilliseconds: due, event: event, isRetry: true))
        }
    }
}
