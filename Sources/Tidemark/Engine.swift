// SPDX-License-Identifier: Apache-2.0

import Ingest
import Store
import TimeSeries

/// An open series store and the event path into it. Made anew when definitions are reloaded, and from the disk after a
/// failed write.
///
/// Used under the lock of `MetricsStore`, except for the store's own thread-safe parts.
final class Engine: @unchecked Sendable {  // `MetricsStore`'s lock guards the pipeline.
    let store: SeriesStore
    let schema: EventSchema
    let key: HashKey
    let pipeline: IngestPipeline
    let deduplicator: Deduplicator
    let joins: JoinState
    let sampleRules: SampleRules

    /// Opens the store of a directory and reads its identities.
    static func open(
        at directory: String,
        definitions: [MetricDefinition],
        options: StoreOptions
    ) throws(MetricsStoreError) -> Engine {
        let resolution = options.resolution.flatMap { SlotResolution(seconds: $0) }
        if let asked = options.resolution, resolution == nil {
            throw MetricsStoreError(
                .invalidOptions,
                "a resolution is 1 to 3600 seconds and divides a day, not \(asked)"
            )
        }
        do throws(StoreError) {
            let store = try SeriesStore.open(at: directory, resolution: resolution, clock: options.clock)
            do throws(StoreError) {
                let deduplicator = Deduplicator(
                    windowSeconds: options.dedupeWindow,
                    memoryLimit: options.identityMemory,
                    archive: StoredIdentities(store),
                    archivedBefore: store.identitiesArchivedBefore
                )
                let first = deduplicator.firstHour(at: options.clock.now)
                try store.forEachIdentity { hour, fingerprint, digest in
                    if hour >= first { deduplicator.restore(fingerprint: fingerprint, digest: digest, hour: hour) }
                }
                let schema = EventSchema(definitions, baselines: try store.baselines())
                try Engine.declare(schema, in: store)
                return try Engine(
                    store: store,
                    schema: schema,
                    deduplicator: deduplicator,
                    joins: Engine.readJoins(store, schema, now: options.clock.now),
                    sampleRules: SampleRules(store)
                )
            } catch {
                store.close()
                throw error
            }
        } catch {
            throw MetricsStoreError(error)
        }
    }

    private init(
        store: SeriesStore,
        schema: EventSchema,
        deduplicator: Deduplicator,
        joins: JoinState,
        sampleRules: SampleRules
    ) {
        self.store = store
        self.schema = schema
        self.key = HashKey(first: store.secret.first, second: store.secret.second)
        self.deduplicator = deduplicator
        self.joins = joins
        self.sampleRules = sampleRules
        self.pipeline = IngestPipeline(
            schema: schema,
            resolution: store.resolution,
            deduplicator: deduplicator,
            joins: joins,
            directory: store
        )
    }

    private static func declare(_ schema: EventSchema, in store: SeriesStore) throws(StoreError) {
        for definition in schema.definitions { try store.declare(definition.family) }
        if !schema.baselines.isEmpty { for family in BaselineSeries.families { try store.declare(family) } }
    }

    /// What waits in the joins.
    private static func readJoins(
        _ store: SeriesStore,
        _ schema: EventSchema,
        now: Timestamp
    ) throws(StoreError) -> JoinState {
        let joins = JoinState(schema)
        try readBlocks(store) { block throws(JoinBlockFault) in try joins.restore(block) }
        for (join, day) in joins.expire(watermark: store.watermark, now: now) { try store.forgetJoin(join, day: day) }
        return joins
    }

    private static func readBlocks(
        _ store: SeriesStore,
        _ body: (JoinBlock) throws(JoinBlockFault) -> Void
    ) throws(StoreError) {
        var fault: JoinBlockFault?
        try store.forEachJoinBlock { block in
            guard fault == nil else { return }
            do throws(JoinBlockFault) {
                try body(block)
            } catch {
                fault = error
            }
        }
        if let fault { throw StoreError(code: .corrupt, message: "\(store.path): \(fault)") }
    }

    /// The same store under other definitions, or with other baselines.
    func redefined(
        _ definitions: [MetricDefinition],
        baselines: [Baseline]? = nil
    ) throws(MetricsStoreError) -> Engine {
        let schema = EventSchema(definitions, baselines: baselines ?? self.schema.baselines)
        let store = store
        do throws(StoreError) {
            try Engine.declare(schema, in: store)
            let adapted =
                if joins.fits(schema) { joins } else {
                    try joins.adapted(to: schema) { body throws(StoreError) in
                        try Engine.readBlocks(store, body)
                    }
                }
            return Engine(
                store: store,
                schema: schema,
                deduplicator: deduplicator,
                joins: adapted,
                sampleRules: sampleRules
            )
        } catch {
            throw MetricsStoreError(error)
        }
    }
}

/// The seam through which the deduplicator reaches the disk.
private final class StoredIdentities: IdentityArchive {
    private let store: SeriesStore

    init(_ store: SeriesStore) {
        self.store = store
    }

    func digest(of fingerprint: UInt64, since firstHour: UInt32) throws -> UInt32? {
        try store.archivedDigest(of: fingerprint, since: firstHour)
    }

    func archive(hour: UInt32, identities: [(fingerprint: UInt64, digest: UInt32)]) throws {
        try store.archiveIdentities(hour: hour, identities)
    }
}
