// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// What became of all events of one command, and its last line on stdout.
struct IngestTotals: Equatable, Sendable {
    var accepted = 0
    var duplicates = 0
    var conflicts = 0
    var rejected = 0
    var late = 0
    var unmatched = 0

    static func += (left: inout IngestTotals, right: IngestTotals) {
        left.accepted += right.accepted
        left.duplicates += right.duplicates
        left.conflicts += right.conflicts
        left.rejected += right.rejected
        left.late += right.late
        left.unmatched += right.unmatched
    }

    /// Every event that was read, whatever became of it.
    var events: Int { accepted + duplicates + conflicts + rejected + unmatched }

    /// The JSON line that scripts read; keys and their order are fixed.
    ///
    /// - Parameter seconds: printed with milliseconds.
    func summary(seconds: Double) -> String {
        let milliseconds = Int((max(0, seconds) * 1000).rounded())
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        return
            #"{"accepted":\#(accepted),"duplicates":\#(duplicates),"conflicts":\#(conflicts),"rejected":\#(rejected),"#
            + #""late":\#(late),"unmatched":\#(unmatched),"seconds":\#(milliseconds / 1000).\#(fraction)}"#
    }
}

extension IngestTotals {
    /// The library's report.
    init(_ report: IngestReport) {
        self.init(
            accepted: report.accepted,
            duplicates: report.duplicates,
            conflicts: report.conflicts,
            rejected: report.rejected,
            late: report.late,
            unmatched: report.unmatched
        )
    }
}
