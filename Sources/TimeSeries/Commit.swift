// SPDX-License-Identifier: Apache-2.0

/// The number of a series in its store: dense from 0, given once, never reused.
public struct SeriesID: Hashable, Comparable, Sendable {
    /// The number.
    public var number: UInt32

    /// The series of that number.
    @inlinable
    public init(_ number: UInt32) {
        self.number = number
    }

    /// The older series is less.
    @inlinable
    public static func < (left: SeriesID, right: SeriesID) -> Bool {
        left.number < right.number
    }
}

/// What events add to one series in one slot, as an exact integer in the unit of the series' family.
public struct Increment: Hashable, Sendable {
    /// The series that grows.
    public var series: SeriesID
    /// The slot of the events' time.
    public var slot: Slot
    /// How much it grows: not negative.
    public var units: Int64

    /// An increment.
    @inlinable
    public init(series: SeriesID, slot: Slot, units: Int64) {
        self.series = series
        self.slot = slot
        self.units = units
    }
}

/// A series that a commit brings into being.
public struct NewSeries: Sendable {
    /// Its number.
    public let id: SeriesID
    /// The metric name of its family.
    public let family: MetricFamily
    /// Its labels.
    public let labels: Labels

    /// A series to be.
    public init(id: SeriesID, family: MetricFamily, labels: Labels) {
        self.id = id
        self.family = family
        self.labels = labels
    }
}

/// How many events had which result, since the store was created.
public struct EventCounts: Equatable, Sendable {
    /// Events that count.
    public var accepted: UInt64 = 0
    /// Events whose identity had been seen, with the same content.
    public var duplicates: UInt64 = 0
    /// Events whose identity had been seen, with another content.
    public var conflicts: UInt64 = 0
    /// Accepted events whose slot was already checkpointed.
    public var late: UInt64 = 0
    /// Events that no definition uses.
    public var unmatched: UInt64 = 0
    /// Accepted events that counted in an overflow series.
    public var overflow: UInt64 = 0
    /// Values that fell back to Float64.
    public var inexact: UInt64 = 0
    /// Rejected events by the number of their reason; the numbers are written to disk.
    public var rejected: [UInt64] = []

    /// No events yet.
    public init() {}

    /// Counts `events` rejects of the reason with that number.
    public mutating func addRejected(reason: Int, events: UInt64) {
        while rejected.count <= reason { rejected.append(0) }
        rejected[reason] += events
    }
}

/// What has changed in the state of one join, of the records that are kept under one day; bytes that the store keeps and
/// does not look into.
public struct JoinBlock: Sendable {
    /// The join, by its name on the disk.
    public var join: String
    /// UTC days since 1970.
    public var day: UInt32
    /// The records.
    public var bytes: [UInt8]

    /// A block.
    public init(join: String, day: UInt32, bytes: [UInt8]) {
        self.join = join
        self.day = day
        self.bytes = bytes
    }
}

/// A baseline of a model, as bytes that the store keeps and does not look into.
public struct BaselineBlock: Sendable {
    /// The model.
    public var model: String
    /// Given once for each model.
    public var number: UInt32
    /// What it is.
    public var bytes: [UInt8]

    /// A baseline.
    public init(model: String, number: UInt32, bytes: [UInt8]) {
        self.model = model
        self.number = number
        self.bytes = bytes
    }
}

/// A group of events that becomes durable by one atomic, synced write, or not at all.
public struct Commit: Sendable {
    /// When the first of its events arrived.
    public var arrival: Timestamp
    /// Series that are not in the store yet, in the order of their numbers, without gaps.
    public var newSeries: [NewSeries] = []
    /// Increments in order of arrival; one series and slot may occur more than once.
    public var increments: [Increment] = []
    /// What events do otherwise, in order of arrival; one series, slot and detail may occur more than once.
    public var points: [SeriesPoint] = []
    /// Samples, for each series in order of time; accepted already (`SampleRules`).
    public var samples: [SeriesSample] = []
    /// Keyed fingerprints of the identities of the accepted events.
    public var fingerprints: [UInt64] = []
    /// For each fingerprint a digest of the event's content, which tells a conflict from a duplicate.
    public var digests: [UInt32] = []
    /// What has changed in the joins. Of one join and day there may be a block for each of several definitions, the older
    /// first.
    public var joinBlocks: [JoinBlock] = []
    /// Baselines that count from this commit on.
    public var baselines: [BaselineBlock] = []
    /// The newest event time in this commit and all before it.
    public var watermark: Timestamp?
    /// The event counts after this commit.
    public var counts = EventCounts()

    /// An empty commit.
    public init(arrival: Timestamp) {
        self.arrival = arrival
    }

    /// Whether there is nothing to make durable.
    public var isEmpty: Bool {
        newSeries.isEmpty && increments.isEmpty && points.isEmpty && samples.isEmpty && fingerprints.isEmpty
            && joinBlocks.isEmpty && baselines.isEmpty
    }
}
