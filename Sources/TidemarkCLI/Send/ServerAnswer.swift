// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOCore

/// The body of an answer of `POST /api/v1/events`: counts, or an error, or both when every event was rejected.
struct ServerAnswer: Decodable, Equatable {
    /// One rejected event.
    struct Rejected: Decodable, Equatable {
        var line: Int
        var reason: String
        var message: String
    }

    var accepted: Int?
    var duplicates: Int?
    var conflicts: Int?
    var rejected: Int?
    var late: Int?
    var unmatched: Int?
    var errors: [Rejected]?
    var error: String?

    /// - Returns: nil for anything that is not such JSON, such as a proxy's error page.
    init?(_ body: ByteBuffer) {
        guard let answer = try? JSONDecoder().decode(Self.self, from: Data(body.readableBytesView)) else { return nil }
        self = answer
    }

    /// The counts; nil when there are none.
    var totals: IngestTotals? {
        guard let accepted, let rejected else { return nil }
        return IngestTotals(
            accepted: accepted,
            duplicates: duplicates ?? 0,
            conflicts: conflicts ?? 0,
            rejected: rejected,
            late: late ?? 0,
            unmatched: unmatched ?? 0
        )
    }
}
