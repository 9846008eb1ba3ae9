// SPDX-License-Identifier: Apache-2.0

/// Writes events of models as lines of JSON, from prepared pieces.
///
///     {"type":"prediction","id":"…","source":"serving","time":"…",        opening, id, source, time
///     "prediction":"…","model":"churn","version":"v1",                    the id once more
///     "score":0.8123,"latency":0.0042,"features":{"age":41,"plan":null}}  "value" in place of "score" for numbers
///
///     {"type":"outcome","id":"…","source":"labels","time":"…","prediction":"…","label":0}
///     {"type":"training","id":"…","source":"training","time":"…",
///     "model":"churn","version":"v1","run":"churn-v1","epoch":3,"metrics":{"loss":0.46,"auc":0.6}}
///
/// A value is a number in predictions and a decimal string in outcomes; classes are digits of one model and words of
/// another: all are forms that readers of events have to take.
struct ModelLineRenderer: ~Copyable {
    private let draws: ModelDraws
    private let features: FeatureRenderer
    /// One for each event type, up to the value of `id`.
    private let openings: FragmentTable
    /// One for each event type, from the end of `id` to the value of `time`.
    private let sources: FragmentTable
    /// From the end of `time` to the value of `prediction`.
    private let keyOpening: FragmentTable
    /// Two for each model, from the end of `prediction` to the score or value.
    private let versions: FragmentTable
    /// One for each training event, from the end of `time`, with the newline.
    private let trainings: FragmentTable

    init(draws: ModelDraws) {
        self.draws = draws
        features = FeatureRenderer(draws: draws)
        openings = FragmentTable(ModelEventType.allCases.map { #"{"type":"\#($0)","id":""# })
        sources = FragmentTable(ModelEventType.allCases.map { #"","source":"\#($0.source)","time":""# })
        keyOpening = FragmentTable([#"","prediction":""#])
        versions = FragmentTable(
            ModelCatalog.models.flatMap { model in
                let field = model.target.predictionField
                return model.versions.map { #"","model":"\#(model.name)","version":"\#($0)","\#(field)":"# }
            }
        )
        trainings = FragmentTable((0..<TrainingRuns.count).map(Self.training))
    }

    /// Appends the line of `event`, with its newline.
    func render(_ event: ModelEvent, into buffer: inout LineBuffer) {
        let type = event.type.rawValue
        openings.append(type, to: &buffer)
        buffer.append(base32: identity(of: event))
        sources.append(type, to: &buffer)
        buffer.append(time: event.timeMilliseconds)
        if event.kind == .training {
            trainings.append(Int(event.slot), to: &buffer)
            return
        }
        keyOpening.append(0, to: &buffer)
        buffer.append(base32: draws.streams.prediction[event.slot])
        if event.kind == .prediction {
            renderPrediction(event, into: &buffer)
        } else {
            renderTruth(event, into: &buffer)
        }
    }

    private func identity(of event: ModelEvent) -> UInt64 {
        switch event.kind {
        case .prediction: draws.streams.prediction[event.slot]
        case .outcome: draws.streams.outcome[event.slot]
        case .amendment: draws.streams.amendment[event.slot]
        case .training: draws.streams.training[event.slot]
        }
    }

    private func renderPrediction(_ event: ModelEvent, into buffer: inout LineBuffer) {
        versions.append(Int(event.model) * 2 + Int(event.version), to: &buffer)
        buffer.append(decimalMicros: draws.predictionMicros(event))
        buffer.append(#","latency":"#)
        buffer.append(decimalMicros: draws.latencyMicros(event.slot))
        buffer.append(#","features":{"#)
        features.render(event, into: &buffer)
        buffer.append("}}\n")
    }

    private func renderTruth(_ event: ModelEvent, into buffer: inout LineBuffer) {
        switch ModelCatalog.models[Int(event.model)].target {
        case .classes(_, .digits):
            buffer.append(event.truth == 1 ? "\",\"label\":1}\n" : "\",\"label\":0}\n")
        case .classes(_, .words):
            buffer.append(event.truth == 1 ? "\",\"label\":true}\n" : "\",\"label\":false}\n")
        case .number:
            buffer.append(#"","value":""#)
            buffer.append(decimalMicros: event.truth, leastDecimals: 2)
            buffer.append("\"}\n")
        }
    }

    // MARK: - Pieces

    private static func training(_ place: Int) -> String {
        let run = TrainingRuns.run(of: place)
        let model = ModelCatalog.models[run.model]
        let version = model.versions[run.version]
        return #"","model":"\#(model.name)","version":"\#(version)","run":"\#(model.name)-\#(version)","#
            + #""epoch":\#(run.epoch),"metrics":{\#(TrainingRuns.metrics(of: place))}}"# + "\n"
    }
}

extension ModelEventType {
    /// Who sends events of this type.
    fileprivate var source: String {
        switch self {
        case .prediction: "serving"
        case .outcome: "labels"
        case .training: "training"
        }
    }
}

extension SimulatedModel.Target {
    fileprivate var predictionField: String {
        switch self {
        case .classes: "score"
        case .number: "value"
        }
    }
}
