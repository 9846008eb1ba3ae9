// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import TidemarkCLI

/// The bytes of one run of the stream of models, cut into lines.
struct ModelOutput {
    let summary: ModelSummary
    let bytes: Data
    /// Without their newlines.
    let lines: [String]

    init(_ configuration: GeneratorConfiguration) throws {
        var bytes = Data()
        summary = try ModelGenerator(configuration: configuration).run { bytes.append(contentsOf: $0) }
        self.bytes = bytes
        lines = Output.lines(of: bytes)
    }

    /// FNV-1a, 64 bits.
    var checksum: UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// In order of arrival, each event once.
    var distinct: [Event] {
        var seen: Set<String> = []
        return lines.map(Event.init(line:)).filter { seen.insert($0.id).inserted }
    }
}

/// A day of 100,000 lines, made once for the tests that only look at it.
enum SharedModelDay {
    static let seed: UInt64 = 20_260_106
    static let lines = 100_000
    static let quiet = Result { try ModelOutput(GeneratorConfiguration(seed: seed, events: lines)) }
    static let incident = Result {
        try ModelOutput(GeneratorConfiguration(seed: seed, events: lines, scenario: .incident))
    }
    static let events = Result { try quiet.get().distinct }
    static let predictions = Result { try events.get().filter { $0.type == "prediction" } }
    /// In order of arrival.
    static let outcomes = Result {
        Dictionary(grouping: try events.get().filter { $0.type == "outcome" }) { $0["prediction"] }
    }
}

/// Whether a prediction was wrong, by an outcome: class 1 is a score above 0.5.
func isWrong(_ prediction: Event, _ outcome: Event) -> Bool {
    (Double(prediction["score"]) ?? 0 > 0.5) != isPositive(outcome)
}

/// Whether an outcome says class 1.
func isPositive(_ outcome: Event) -> Bool {
    ["1", "true"].contains(outcome["label"])
}
