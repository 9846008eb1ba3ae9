// SPDX-License-Identifier: Apache-2.0

public import Store
public import TimeSeries

/// Appends the batches of one writer, whose table of series only grows: each series is looked up once.
///
/// One thread at a time; several writers may work at the same time.
public final class SampleWriter {
    private let store: MetricsStore
    /// The places of the table's entries, and for which store they are valid.
    private var places: [Place] = []
    private weak var engineStore: SeriesStore?
    private var pending = PendingCommits()

    /// Why the name of a metric was refused, by name.
    public private(set) var refusals: [String: String] = [:]

    init(_ store: MetricsStore) {
        self.store = store
    }

    /// Adds samples to the open commit; `finish` says when they are durable. Blocks while the disk is behind.
    ///
    /// - Throws: `poisoned`, `closed`; none of the batch counts then.
    public func add(_ batch: SampleBatch) throws(MetricsStoreError) -> SampleReport {
        guard batch.count > 0 else { return SampleReport() }
        store.waitForRoom()
        let limit = store.options.clock.now.milliseconds + SampleRules.mostAhead
        let report = try store.monitor.withLock { state throws(MetricsStoreError) -> SampleReport in
            try MetricsStore.checkAccepting(state)
            let engine = state.engine
            if engineStore !== engine.store {
                places.removeAll(keepingCapacity: true)
                engineStore = engine.store
            }
            if places.count < batch.table.count {
                places += Array(repeating: .unknown, count: batch.table.count - places.count)
            }
            if !state.hasWaiters { state.filling.arrival = store.options.clock.now }
            let report = take(batch, engine, limit: limit, into: &state.filling.samples)
            state.samples.add(report)
            state.fillingBytes += batch.count * MemoryLayout<SeriesSample>.stride
            state.hasWaiters = true
            pending.add(state.group)
            return report
        }
        store.monitor.wake()
        return report
    }

    /// Returns once all that was added is durable.
    ///
    /// - Throws: `poisoned` when the write failed: what was added since the last `finish` may be there or not.
    public func finish() throws(MetricsStoreError) {
        store.commitNow()
        try pending.wait()
    }

    /// Where the samples of an entry of the table go.
    private enum Place {
        /// The entry has had no sample yet: a series is made with its first.
        case unknown
        /// Its name belongs to something else.
        case refused
        case series(SeriesID)
    }

    private func resolve(_ entry: SampleBatch.Series, _ store: SeriesStore) -> Place {
        if let reason = store.refusal(of: entry.family) {
            refusals[entry.family.name] = reason
            return .refused
        }
        if let known = store.find(family: entry.family, labels: entry.labels) { return .series(known) }
        return .series(store.create(family: entry.family, labels: entry.labels))
    }

    private func take(
        _ batch: SampleBatch,
        _ engine: Engine,
        limit: Int64,
        into samples: inout [SeriesSample]
    ) -> SampleReport {
        precondition(
            batch.milliseconds.count == batch.count && batch.bits.count == batch.count,
            "each sample has a series, a time and a value"
        )
        var report = SampleReport()
        samples.reserveCapacity(samples.count + batch.count)
        batch.series.withUnsafeBufferPointer { series in
            batch.milliseconds.withUnsafeBufferPointer { times in
                batch.bits.withUnsafeBufferPointer { bits in
                    places.withUnsafeMutableBufferPointer { places in
                        for index in 0..<series.count {
                            let entry = Int(series[index])
                            precondition(entry < places.count, "a sample's series is in the table")
                            guard (0...limit).contains(times[index]) else {
                                report.outOfBounds += 1
                                continue
                            }
                            if case .unknown = places[entry] {
                                places[entry] = resolve(batch.table[entry], engine.store)
                            }
                            guard case .series(let id) = places[entry] else {
                                report.wrongKind += 1
                                continue
                            }
                            let sample = SeriesSample(series: id, milliseconds: times[index], bits: bits[index])
                            switch engine.sampleRules.judge(sample, latest: limit) {
                            case .accepted:
                                samples.append(sample)
                                report.accepted += 1
                            case .duplicate: report.duplicates += 1
                            case .conflict: report.conflicts += 1
                            case .outOfOrder: report.outOfOrder += 1
                            case .outOfBounds: report.outOfBounds += 1
                            }
                        }
                    }
                }
            }
        }
        return report
    }
}

extension MetricsStore: SampleSink {
    /// A writer of many batches with one table.
    public func sampleWriter() -> SampleWriter {
        SampleWriter(self)
    }

    /// Appends the samples of a batch; returns once those accepted are durable.
    public func append(_ batch: SampleBatch) throws -> SampleReport {
        let writer = sampleWriter()
        let report = try writer.add(batch)
        try writer.finish()
        return report
    }
}
