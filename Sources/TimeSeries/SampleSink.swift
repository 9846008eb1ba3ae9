// SPDX-License-Identifier: Apache-2.0

/// Samples on their way into a store: flat columns, and a table of the series that they name.
///
/// The table outlives the samples: a writer of many batches keeps it, so that a series is looked up once.
public struct SampleBatch: Sendable {
    /// One series of the table.
    public struct Series: Sendable {
        /// The family of the metric name.
        public let family: MetricFamily
        /// Its labels, without the name.
        public let labels: Labels

        /// A series.
        public init(family: MetricFamily, labels: Labels) {
            self.family = family
            self.labels = labels
        }
    }

    /// The series that samples name by their index in here; only ever grows.
    public var table: [Series] = []
    /// For each sample the index of its series.
    public var series: [UInt32] = []
    /// For each sample its time, in milliseconds since the Unix epoch.
    public var milliseconds: [Int64] = []
    /// For each sample the bits of its value.
    public var bits: [UInt64] = []

    /// An empty batch.
    public init() {}

    /// How many samples there are.
    public var count: Int { series.count }

    /// Adds a sample of a series of the table.
    @inline(__always)
    public mutating func append(series index: UInt32, milliseconds: Int64, bits: UInt64) {
        series.append(index)
        self.milliseconds.append(milliseconds)
        self.bits.append(bits)
    }

    /// Forgets the samples; the table and the memory stay.
    public mutating func removeSamples() {
        series.removeAll(keepingCapacity: true)
        milliseconds.removeAll(keepingCapacity: true)
        bits.removeAll(keepingCapacity: true)
    }
}

/// What became of samples. The rules are Prometheus's (`tsdb/head_append.go`).
public struct SampleReport: Hashable, Sendable {
    /// Samples that were added.
    public var accepted = 0
    /// Samples that were there already, with the same time and value.
    public var duplicates = 0
    /// Samples of the time of the newest one, with another value: refused.
    public var conflicts = 0
    /// Samples older than the newest of their series: refused.
    public var outOfOrder = 0
    /// Samples too far in the future, or before 1970: refused.
    public var outOfBounds = 0
    /// Samples for the name of an event metric: refused.
    public var wrongKind = 0

    /// Nothing yet.
    public init() {}

    /// Adds what became of other samples.
    public mutating func add(_ other: SampleReport) {
        accepted += other.accepted
        duplicates += other.duplicates
        conflicts += other.conflicts
        outOfOrder += other.outOfOrder
        outOfBounds += other.outOfBounds
        wrongKind += other.wrongKind
    }

    /// Samples that were refused.
    public var refused: Int { conflicts + outOfOrder + outOfBounds + wrongKind }
}

/// Where samples are written: by recording rules, remote write, an import.
public protocol SampleSink: Sendable {
    /// Appends samples. What is accepted is durable when it returns; what is refused is counted.
    ///
    /// - Throws: when nothing can be written; none or all of the accepted samples are then there.
    func append(_ batch: SampleBatch) throws -> SampleReport
}
