// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// What the server needs of a store: the seam where the tests put their own.
protocol EventStore: Sendable {
    /// Takes the events of one body; the bytes may go after it returns.
    func submit(
        _ bytes: UnsafeRawBufferPointer,
        format: EventFormat,
        mapping: EventMapping?
    ) throws(StoreRefusal) -> PendingAnswer
    /// A writer of samples, for one thread at a time.
    func sampleWriter() -> any SampleAppending
    /// One commit's totals.
    func totals() -> any TotalsSource
    /// The store's counts about itself.
    func statistics() -> StoreStatistics
    /// The series as they are now, whatever is committed later.
    func series() throws(StoreRefusal) -> any SeriesSource
    /// Goes on with other definitions; nothing has changed when it throws.
    func reload(definitions: [MetricDefinition]) throws
    /// The baselines of all models, also those that newer ones have replaced.
    var baselines: [Baseline] { get }
    /// Makes a baseline the one of its model or version; returns once that is durable. Blocks.
    func setBaseline(_ baseline: Baseline) throws(StoreRefusal) -> Baseline
    /// Makes a baseline of what predictions between two times brought, and sets it. Blocks.
    func setBaseline(
        model: String,
        version: String?,
        from start: Timestamp,
        to end: Timestamp,
        bins: Int,
        topValues: Int
    ) throws(StoreRefusal) -> Baseline
    /// Copies it as it is after one commit. Blocks until that is durable.
    func backup(to path: String) throws(MetricsStoreError) -> BackupReport
    /// Whether it still accepts events.
    var health: MetricsStore.Health { get }
    /// Commits what is pending, then closes.
    func close() throws(StoreRefusal)
}

/// Adds samples to a store; the table of series of its batches only grows.
protocol SampleAppending: AnyObject {
    /// Adds samples to the open commit.
    func add(_ batch: SampleBatch) throws(StoreRefusal) -> SampleReport
    /// Returns once all that was added is durable.
    func finish() throws(StoreRefusal)
    /// Why the name of a metric was refused, by name.
    var refusals: [String: String] { get }
}

/// Waits for the commit of one submitted body.
typealias PendingAnswer = @Sendable () async throws(StoreRefusal) -> IngestAnswer

/// Why the store did not take, or could not keep, the events of a request.
struct StoreRefusal: Error, Equatable {
    enum Kind: Sendable {
        case queueFull, unavailable, tooLarge, badRequest, other
    }

    var kind: Kind
    /// One clear line.
    var message: String
}

// MARK: - The real one

/// A `MetricsStore` behind the seam.
struct OpenStore: EventStore {
    let store: MetricsStore

    func submit(
        _ bytes: UnsafeRawBufferPointer,
        format: EventFormat,
        mapping: EventMapping?
    ) throws(StoreRefusal) -> PendingAnswer {
        let pending = try refusing { () throws(MetricsStoreError) in
            try store.submit(bytes, format: format, mapping: mapping)
        }
        return { () async throws(StoreRefusal) -> IngestAnswer in
            do throws(MetricsStoreError) {
                return IngestAnswer(try await pending.committed())
            } catch {
                throw StoreRefusal(error)
            }
        }
    }

    func sampleWriter() -> any SampleAppending { OpenSampleWriter(store.sampleWriter()) }
    func totals() -> any TotalsSource { SnapshotTotals(snapshot: store.snapshot()) }
    func statistics() -> StoreStatistics { store.statistics() }
    func reload(definitions: [MetricDefinition]) throws { try store.reload(definitions: definitions) }
    func backup(to path: String) throws(MetricsStoreError) -> BackupReport { try store.backup(to: path) }
    var health: MetricsStore.Health { store.health }
    var baselines: [Baseline] { store.baselines }

    func setBaseline(_ baseline: Baseline) throws(StoreRefusal) -> Baseline {
        try refusing { () throws(MetricsStoreError) in try store.setBaseline(baseline) }
    }

    func setBaseline(
        model: String,
        version: String?,
        from start: Timestamp,
        to end: Timestamp,
        bins: Int,
        topValues: Int
    ) throws(StoreRefusal) -> Baseline {
        try refusing { () throws(MetricsStoreError) in
            try store.setBaseline(
                model: model,
                version: version,
                from: start,
                to: end,
                bins: bins,
                topValues: topValues
            )
        }
    }

    func series() throws(StoreRefusal) -> any SeriesSource {
        try refusing { () throws(MetricsStoreError) in try store.view() }
    }

    func close() throws(StoreRefusal) {
        try refusing { () throws(MetricsStoreError) in try store.close() }
    }
}

/// A `SampleWriter` behind the seam.
private final class OpenSampleWriter: SampleAppending {
    private let writer: SampleWriter

    init(_ writer: SampleWriter) {
        self.writer = writer
    }

    var refusals: [String: String] { writer.refusals }

    func add(_ batch: SampleBatch) throws(StoreRefusal) -> SampleReport {
        try refusing { () throws(MetricsStoreError) in try writer.add(batch) }
    }

    func finish() throws(StoreRefusal) {
        try refusing { () throws(MetricsStoreError) in try writer.finish() }
    }
}

/// Does what the library does, and sorts what it throws.
private func refusing<Answer>(
    _ body: () throws(MetricsStoreError) -> Answer
) throws(StoreRefusal) -> Answer {
    do {
        return try body()
    } catch {
        throw StoreRefusal(error)
    }
}

extension StoreRefusal {
    /// Sorts the library's codes by the answer they get.
    init(_ error: MetricsStoreError) {
        let kind: Kind =
            switch error.code {
            case .queueFull: .queueFull
            case .poisoned, .closed, .io, .diskFull: .unavailable
            case .invalidMapping, .invalidOptions: .badRequest
            default: .other
            }
        self.init(kind: kind, message: error.description)
    }
}
