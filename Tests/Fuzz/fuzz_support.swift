// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Ingest

/// What every target reads events by.
let schema = EventSchema([
    MetricDefinition(name: "clicks_total", help: "Clicks.", events: ["click"], labels: ["campaign", "device"]),
    MetricDefinition(
        name: "spend_total",
        help: "Money.",
        events: ["click", "spend"],
        value: ["cost", "amount"],
        labels: ["campaign", "currency"]
    ),
    MetricDefinition(name: "level", help: "Level.", kind: .gauge, events: ["spend"], value: ["level"]),
    MetricDefinition(
        name: "delay",
        help: "Delay.",
        kind: .histogram,
        events: ["click"],
        value: ["delay"],
        buckets: [0, 0.5]
    ),
    MetricDefinition(name: "reach", help: "Reach.", kind: .distinct, events: ["click"], value: ["customer"]),
])

let key = HashKey(first: 1, second: 2)
let arrival = Timestamp(seconds: 1_750_000_000)

/// Everything a batch says, so that two of them can be compared; lines count from `lines` on.
struct Reading: Equatable {
    var fingerprints: [UInt64] = []
    var digests: [UInt32] = []
    var times: [Int64] = []
    var rejects: [Reject] = []
    var unmatched = 0
    var lines = 0

    mutating func add(_ batch: EventBatch) {
        for entry in batch.storage.pointee.entries.elements {
            fingerprints.append(entry.fingerprint)
            digests.append(entry.digest)
            times.append(entry.time)
        }
        for reject in batch.rejects {
            rejects.append(Reject(line: reject.line + lines, reason: reject.reason, message: reject.message))
        }
        unmatched += batch.unmatched
        lines += batch.lines
    }

    var all: Int { fingerprints.count + rejects.count + unmatched }
}

/// A mapping that is known to be right.
func mapping(_ text: String) -> EventMapping {
    do {
        return try EventMapping(text, file: "fuzz.yml")
    } catch {
        fatalError("\(error)")
    }
}
