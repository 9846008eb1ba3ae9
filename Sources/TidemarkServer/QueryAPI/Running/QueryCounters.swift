// SPDX-License-Identifier: Apache-2.0

import PromQL
import Synchronization

/// What queries came to, for the self metrics.
final class QueryCounters: Sendable {
    /// A copy of all counts.
    struct Counts: Sendable {
        /// By result: `success` or an error's kind. Every result is there from the start.
        var results: [String: UInt64] = Dictionary(uniqueKeysWithValues: QueryCounters.results.map { ($0, 0) })
        /// Queries by duration, not cumulative; one more than there are bounds.
        var durations = [UInt64](repeating: 0, count: QueryCounters.bounds.count + 1)
        /// All durations together, in seconds.
        var seconds = 0.0
        /// Samples that were read.
        var samples: UInt64 = 0
        /// Now.
        var running = 0
        var waiting = 0
    }

    /// Upper bounds of durations in seconds, inclusive.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
    /// The values of the label `result`, ordered.
    static let results = ["bad_data", "canceled", "execution", "internal", "success", "timeout"]

    private let counts = Mutex(Counts())

    /// Counts one query.
    func add(result: String, seconds: Double, samples: Int) {
        counts.withLock { counts in
            counts.results[result, default: 0] += 1
            counts.durations[QueryCounters.bounds.firstIndex { seconds <= $0 } ?? QueryCounters.bounds.count] += 1
            counts.seconds += seconds
            counts.samples += UInt64(samples)
        }
    }

    /// All counts.
    func read() -> Counts { counts.withLock { $0 } }
}
