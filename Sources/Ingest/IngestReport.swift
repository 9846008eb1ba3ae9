// SPDX-License-Identifier: Apache-2.0

/// What became of the events of one body or file.
public struct IngestReport: Equatable, Sendable {
    /// Events that count, the late and overflowing ones among them.
    public var accepted = 0
    /// Events whose identity had been seen, with the same content.
    public var duplicates = 0
    /// Events whose identity had been seen, with another content; the first one counts.
    public var conflicts = 0
    /// Events that were not accepted.
    public var rejected = 0
    /// Of the accepted, those whose slot was already checkpointed.
    public var late = 0
    /// Events that no definition uses.
    public var unmatched = 0
    /// Of the accepted, those that counted in an overflow series.
    public var overflow = 0
    /// The first rejects, at most `IngestReport.mostErrors`.
    public var errors: [Reject] = []
    /// How many events were rejected for each reason.
    public var rejectedByReason: [RejectReason: Int] = [:]

    /// How many rejects a report tells one by one.
    public static let mostErrors = 20

    /// Nothing yet.
    public init() {}

    /// Adds a reject.
    public mutating func add(_ reject: Reject) {
        rejected += 1
        rejectedByReason[reject.reason, default: 0] += 1
        if errors.count < IngestReport.mostErrors { errors.append(reject) }
    }

    /// Adds the report of what came behind.
    public mutating func add(_ other: IngestReport) {
        accepted += other.accepted
        duplicates += other.duplicates
        conflicts += other.conflicts
        rejected += other.rejected
        late += other.late
        unmatched += other.unmatched
        overflow += other.overflow
        errors += other.errors.prefix(IngestReport.mostErrors - errors.count)
        rejectedByReason.merge(other.rejectedByReason, uniquingKeysWith: +)
    }
}
