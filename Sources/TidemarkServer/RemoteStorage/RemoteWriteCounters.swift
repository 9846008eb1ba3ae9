// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

/// What remote write requests have come to since the start.
final class RemoteWriteCounters: Sendable {
    private struct Counts {
        var written = 0
        var refused = 0
        var invalid = 0
        var histograms = 0
    }

    private let counts = Mutex(Counts())

    /// Counts one request.
    func add(_ outcome: RemoteWriter.Outcome) {
        counts.withLock { counts in
            counts.written += outcome.written
            counts.refused += outcome.report.refused
            counts.invalid += outcome.invalid
            counts.histograms += outcome.histograms
        }
    }

    /// Appends the family. Every result is always there, from 0 on.
    func append(to page: inout PageText) {
        let counts = counts.withLock { $0 }
        let name = "tidemark_remote_write_received_samples_total"
        page.beginFamily(
            name,
            help: "Samples of remote write requests by what became of them, since the start.",
            kind: .counter
        )
        let results: KeyValuePairs<String, Int> = [
            "histogram": counts.histograms, "invalid": counts.invalid, "refused": counts.refused,
            "written": counts.written,
        ]
        for (result, count) in results { page.sample(name, labels: ["result": result], String(count)) }
    }
}
