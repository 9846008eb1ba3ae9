// SPDX-License-Identifier: Apache-2.0

/// What to generate. Equal configurations give equal bytes.
struct GeneratorConfiguration: Equatable {
    /// 2026-01-05T00:00:00Z, a Monday. Fixed, not the clock, so that the same arguments give the same bytes.
    static let defaultStartMilliseconds: Int64 = 1_767_571_200_000
    /// 24 hours.
    static let defaultDurationMilliseconds: Int64 = 86_400_000

    var seed: UInt64
    /// Number of lines written, retried duplicates included. At least 1.
    var events: Int
    var scenario = Scenario.quiet
    /// First instant of the span, Unix milliseconds. Inclusive, not before 1970.
    var startMilliseconds = Self.defaultStartMilliseconds
    /// Length of the span. Every `time` lies in `startMilliseconds ..< startMilliseconds + durationMilliseconds`.
    var durationMilliseconds = Self.defaultDurationMilliseconds
    var profile = Profile.full
    /// Whether some events are sent again and some arrive late. The lean profile has neither in any case.
    var retries = true

    enum Scenario: String, CaseIterable {
        /// Nothing unusual happens.
        case quiet
        /// The CTR of the campaign with the second most traffic is halved for a while; see `PlantedIncident`. In the
        /// stream of models a feature drifts and errors surge; see `PlantedModelIncident`.
        case incident
    }

    enum Profile: String, CaseIterable {
        /// Every field that the event type has.
        case full
        /// For benchmarks: lines of about 175 bytes with `type`, `id`, `source`, `time`, `campaign`, `channel`, `device`,
        /// `region`, and `cost` where it applies. No retries, no late events, no `spend`.
        case lean
    }

    /// Whether retried duplicates and late events are written.
    var disturbsDelivery: Bool { retries && profile == .full }

    /// When an incident lasts, Unix milliseconds: the last quarter of the span, but at most its first six hours.
    var incidentWindow: Range<Int64> {
        let quarter = durationMilliseconds / 4
        let from = startMilliseconds + durationMilliseconds - quarter
        return from..<from + min(quarter, 6 * 3_600_000)
    }

    /// - Throws: what is wrong with it, in words for the user of the command line.
    func validate() throws(InvalidGeneratorConfiguration) {
        // 9000-01-01T00:00:00Z: the span may not leave the four-digit years.
        let latestStart: Int64 = 221_845_392_000_000
        let longest: Int64 = 3_660 * DailyCurve.millisecondsPerDay
        guard events >= 1 else {
            throw InvalidGeneratorConfiguration(message: "events must be at least 1, not \(events)")
        }
        guard (1...longest).contains(durationMilliseconds) else {
            throw InvalidGeneratorConfiguration(
                message: "duration must be from 1 ms to 3660 days, not \(durationMilliseconds) ms"
            )
        }
        guard (0...latestStart).contains(startMilliseconds) else {
            throw InvalidGeneratorConfiguration(message: "start must lie in the years 1970 to 8999")
        }
    }
}

/// A configuration that cannot be generated.
struct InvalidGeneratorConfiguration: Error, Equatable, CustomStringConvertible {
    let message: String

    var description: String { message }
}
