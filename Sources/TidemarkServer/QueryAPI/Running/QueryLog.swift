// SPDX-License-Identifier: Apache-2.0

import Logging
import PromQL
import Tidemark

/// One query as the log has it.
struct LoggedQuery: Sendable {
    var query: String
    var endpoint: String
    var start: Timestamp
    var end: Timestamp
    /// Milliseconds; nil of an instant query.
    var step: Int64?
    var client: String
    /// `success` or an error's kind.
    var result = "success"
    /// From its arrival, waiting included.
    var seconds = 0.0
    var samples = 0
    var peakSamples = 0

    /// How many steps it has.
    var steps: Int64 { step.map { (end.milliseconds - start.milliseconds) / $0 + 1 } ?? 1 }
}

/// Tells of queries that took long.
struct QueryLog: Sendable {
    let logger: Logger
    /// Queries of at least so many seconds are told; nil for none.
    let threshold: Double?

    /// Longer queries are cut, so that a line stays a line.
    private static let longestText = 4_096

    /// One line with everything that is known, when the query took long enough.
    func tell(_ query: LoggedQuery) {
        guard let threshold, query.seconds >= threshold else { return }
        var text = ""
        appendJSON(String(query.query.prefix(QueryLog.longestText)), to: &text)
        var metadata: Logger.Metadata = [
            "query": "\(text)", "endpoint": "\(query.endpoint)", "client": "\(query.client)",
            "result": "\(query.result)", "start": "\(query.start.seconds)", "end": "\(query.end.seconds)",
            "steps": "\(query.steps)", "seconds": "\(query.seconds)", "samples": "\(query.samples)",
            "peak_samples": "\(query.peakSamples)",
        ]
        if let step = query.step { metadata["step"] = "\(Double(step) / 1_000)" }
        logger.notice("query", metadata: metadata)
    }
}
