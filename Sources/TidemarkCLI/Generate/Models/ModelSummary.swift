// SPDX-License-Identifier: Apache-2.0

/// What a run of the stream of models wrote.
struct ModelSummary: Equatable {
    /// Lines written, duplicates included.
    private(set) var lines = 0
    /// Lines that repeat an earlier one.
    private(set) var duplicates = 0
    /// Distinct events whose line comes a minute or more later than their `time`.
    private(set) var late = 0
    /// Distinct events of each type, in the order of `ModelEventType`.
    private(set) var eventsByType = Array(repeating: 0, count: ModelEventType.allCases.count)
    /// Outcomes that correct or repeat an earlier one.
    private(set) var amendments = 0
    /// Outcomes whose line comes before that of their prediction.
    private(set) var early = 0
    /// What is unusual in the events, for whoever checks that it was found.
    let planted: PlantedModelIncident?

    /// Lines that repeat nothing.
    var distinctEvents: Int { lines - duplicates }

    init(planted: PlantedModelIncident?) {
        self.planted = planted
    }

    func events(of type: ModelEventType) -> Int {
        eventsByType[type.rawValue]
    }

    mutating func countEvent(_ event: ModelEvent, late isLate: Bool) {
        lines += 1
        eventsByType[event.type.rawValue] += 1
        if event.kind == .amendment { amendments += 1 }
        if isLate { late += 1 }
    }

    mutating func countEarlyOutcome() {
        early += 1
    }

    mutating func countDuplicate() {
        lines += 1
        duplicates += 1
    }
}

extension ModelSummary: CustomStringConvertible {
    /// Lines for stderr, without a newline at the end.
    var description: String {
        let types = ModelEventType.allCases.map { "\($0) \(events(of: $0))" }.joined(separator: ", ")
        return """
            \(lines) lines: \(distinctEvents) distinct events, \(duplicates) duplicates; \(late) events late
            \(types); \(amendments) outcomes correct or repeat another, \(early) come before their prediction
            \(plantedDescription)
            """
    }

    private var plantedDescription: String {
        guard let planted else { return "planted: nothing" }
        let from = rfc3339(milliseconds: planted.fromMilliseconds)
        let to = rfc3339(milliseconds: planted.toMilliseconds)
        return """
            planted: feature \(planted.driftFeature) of model \(planted.driftModel) up by \(planted.driftDeviations) \
            standard deviations, \(from) to \(to)
            planted: error rate of model \(planted.errorModel) from \(percentText(planted.errorRateBefore)) to \
            \(percentText(planted.errorRateAfter)), \(from) to \(to)
            """
    }
}
