// SPDX-License-Identifier: Apache-2.0

/// What a run wrote.
struct GeneratorSummary: Equatable {
    /// Lines written, duplicates included.
    private(set) var lines = 0
    /// Lines that repeat an earlier one.
    private(set) var duplicates = 0
    /// Distinct events held back on purpose: their line comes a minute to two hours later than their `time`.
    private(set) var late = 0
    /// Distinct events of each type, in the order of `EventType`.
    private(set) var eventsByType = Array(repeating: 0, count: EventType.allCases.count)
    /// What is unusual in the events, for whoever checks that it was found.
    let planted: PlantedIncident?

    /// Lines that repeat nothing.
    var distinctEvents: Int { lines - duplicates }

    init(planted: PlantedIncident?) {
        self.planted = planted
    }

    func events(of type: EventType) -> Int {
        eventsByType[type.rawValue]
    }

    mutating func countEvent(_ type: EventType, late isLate: Bool) {
        lines += 1
        eventsByType[type.rawValue] += 1
        if isLate { late += 1 }
    }

    mutating func countDuplicate() {
        lines += 1
        duplicates += 1
    }
}

extension GeneratorSummary: CustomStringConvertible {
    /// Three lines for stderr, without a newline at the end.
    var description: String {
        let types = EventType.allCases.map { "\($0) \(events(of: $0))" }.joined(separator: ", ")
        return """
            \(lines) lines: \(distinctEvents) distinct events, \(duplicates) duplicates; \(late) events late
            \(types)
            \(plantedDescription)
            """
    }

    private var plantedDescription: String {
        guard let planted else { return "planted: nothing" }
        let from = rfc3339(milliseconds: planted.fromMilliseconds)
        let to = rfc3339(milliseconds: planted.toMilliseconds)
        return "planted: CTR of campaign \(planted.campaign) from \(percentText(planted.rateBefore)) to "
            + "\(percentText(planted.rateAfter)), \(from) to \(to)"
    }
}
