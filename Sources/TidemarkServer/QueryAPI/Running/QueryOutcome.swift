// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Tidemark

/// What becomes known of a query while it runs on another thread.
final class QueryOutcome: Sendable {
    private let box: Mutex<LoggedQuery>

    init(_ query: LoggedQuery) { box = Mutex(query) }

    /// All that is known.
    var query: LoggedQuery { box.withLock { $0 } }

    /// It was answered.
    func note(_ statistics: QueryStatistics) {
        box.withLock { query in
            query.samples = statistics.totalQueryableSamples
            query.peakSamples = statistics.peakSamples
        }
    }

    /// It was not.
    func note(_ error: APIError) {
        box.withLock { $0.result = QueryCounters.results.contains(error.errorType) ? error.errorType : "internal" }
    }
}
