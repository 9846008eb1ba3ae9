// SPDX-License-Identifier: Apache-2.0

public import Ingest
public import Store
public import TimeSeries

/// What a store tells of itself.
public struct StoreStatistics: Sendable {
    /// Event counts since the store was created. Those of commits are durable; rejects and duplicates that came since
    /// the last commit are not yet.
    public var counts = EventCounts()
    /// Commits since the store was created.
    public var commits: UInt64 = 0
    /// What became of samples, since the store was opened.
    public var samples = SampleReport()
    /// How long commits took, since the store was opened.
    public var commitDurations = CommitDurations()
    /// Series, live or not.
    public var series = 0
    /// Memory of totals and of increments since the last checkpoint, in bytes.
    public var headBytes = 0
    /// Size of the data directory on the disk, in bytes.
    public var storeBytes = 0
    /// Which database is in use, counted from 1: one more with each rotation.
    public var epoch = 1
    /// Rotations since the store was opened.
    public var rotations: UInt64 = 0
    /// Rotations that failed.
    public var rotationFailures: UInt64 = 0
    /// Why the last one did.
    public var rotationFailure: String?
    /// What became of backups.
    public var backups = BackupStatistics()
    /// Identities in memory.
    public var identities = 0
    /// Memory of the identities, in bytes.
    public var identityBytes = 0
    /// Records of joins in memory: firsts that wait, and pairs that may still be corrected.
    public var joinRecords = 0
    /// Records of joins on the disk beside those; some of them are in memory, too, changed since or not.
    public var joinPagedRecords = 0
    /// Memory of the records and of what is known of those on the disk, in bytes.
    public var joinBytes = 0
    /// What waits in joins for its second, for each join that has a gauge of it.
    public var waiting: [WaitingCounts] = []
    /// The newest event time.
    public var watermark: Timestamp?
    /// Bytes that are free for this process where the data directory is; nil when the system does not say.
    public var freeBytes: Int?
    /// Sealed days, and what has been done to them since the store was opened.
    public var days = DayStatistics()

    /// Nothing yet.
    public init() {}

    /// Events rejected for a reason.
    public func rejected(_ reason: RejectReason) -> UInt64 {
        counts.rejected.indices.contains(reason.rawValue) ? counts.rejected[reason.rawValue] : 0
    }
}

/// A histogram of the time from closing a commit to its sync.
public struct CommitDurations: Sendable {
    /// Upper bounds in seconds, inclusive; the last bucket has none.
    public static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
    /// Commits in each bucket, not cumulative; one more than there are bounds.
    public private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    /// All durations together, in seconds.
    public private(set) var sum = 0.0

    /// Nothing yet.
    public init() {}

    /// Counts a commit.
    public mutating func add(_ seconds: Double) {
        counts[CommitDurations.bounds.firstIndex { seconds <= $0 } ?? CommitDurations.bounds.count] += 1
        sum += seconds
    }
}

extension MetricsStore {
    /// What the store tells of itself now.
    public func statistics() -> StoreStatistics {
        var statistics = StoreStatistics()
        let store = monitor.withLock { state in
            statistics.counts = state.filling.counts
            statistics.commitDurations = state.durations
            statistics.samples = state.samples
            statistics.backups = state.backups
            statistics.rotationFailure = state.rotationFailure
            statistics.identities = state.engine.deduplicator.count
            statistics.identityBytes = state.engine.deduplicator.bytes
            statistics.joinRecords = state.engine.joins.count
            statistics.joinPagedRecords = state.engine.joins.pagedCount
            statistics.joinBytes = state.engine.joins.bytes
            statistics.waiting = state.engine.joins.waiting(watermark: state.filling.watermark)
            return state.engine.store
        }
        statistics.commits = store.commits
        statistics.series = store.seriesCount
        statistics.headBytes = store.headBytes
        statistics.storeBytes = store.storeBytes()
        statistics.epoch = store.epoch
        (statistics.rotations, statistics.rotationFailures) = store.rotations
        statistics.watermark = store.watermark
        statistics.days = store.dayStatistics
        statistics.freeBytes = store.freeBytes
        return statistics
    }
}
