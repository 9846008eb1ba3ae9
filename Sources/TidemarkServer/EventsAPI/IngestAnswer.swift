// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// What became of one body's events, as the sender is told.
struct IngestAnswer: Equatable, Sendable {
    /// One rejected event.
    struct Rejected: Equatable, Sendable {
        /// Line in the body, from 1.
        var line: Int
        var reason: String
        var message: String
    }

    var accepted = 0
    var duplicates = 0
    var conflicts = 0
    var rejected = 0
    var late = 0
    var unmatched = 0
    /// The first 20.
    var errors: [Rejected] = []

    /// There were events, and not one of them could be read.
    var isAllRejected: Bool {
        rejected > 0 && accepted == 0 && duplicates == 0 && conflicts == 0 && late == 0 && unmatched == 0
    }

    /// The members of the answer's JSON object, in the contract's order, without the braces.
    var members: String {
        var json =
            #""accepted":\#(accepted),"duplicates":\#(duplicates),"conflicts":\#(conflicts),"#
            + #""rejected":\#(rejected),"late":\#(late),"unmatched":\#(unmatched),"errors":["#
        for (index, error) in errors.prefix(20).enumerated() {
            json += index == 0 ? #"{"line":\#(error.line),"reason":"# : #",{"line":\#(error.line),"reason":"#
            appendJSON(error.reason, to: &json)
            json += #","message":"#
            appendJSON(error.message, to: &json)
            json += "}"
        }
        return json + "]"
    }
}

extension IngestAnswer {
    /// The library's report.
    init(_ report: IngestReport) {
        self.init(
            accepted: report.accepted,
            duplicates: report.duplicates,
            conflicts: report.conflicts,
            rejected: report.rejected,
            late: report.late,
            unmatched: report.unmatched,
            errors: report.errors.map { Rejected(line: $0.line, reason: $0.reason.name, message: $0.message) }
        )
    }
}
