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
    /// What of the joins has left memory.
    let pages: JoinPages
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
            store.rotationSettings = options.rotation
            store.daySettings = options.days
            store.retention = options.retention
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
                let pages = try JoinPages(store)
                let archive = StoredJoins(pages)
                let joins = JoinState(schema, archive: archive, memoryLimit: options.joinMemory)
                try Engine.read(store, pages, into: joins)
                for (join, day) in joins.expire(watermark: store.watermark, now: options.clock.now) {
                    try pages.forget(join, day: day)
                }
                return Engine(
                    store: store,
                    schema: schema,
                    deduplicator: deduplicator,
                    joins: joins,
                    pages: pages,
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
        pages: JoinPages,
        sampleRules: SampleRules
    ) {
        self.store = store
        self.schema = schema
        self.key = HashKey(first: store.secret.first, second: store.secret.second)
        self.deduplicator = deduplicator
        self.joins = joins
        self.pages = pages
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
        store.retention.metrics = Dictionary(
            schema.definitions.compactMap { definition in
                definition.retention.map { (definition.family.name, Int(clamping: $0.components.seconds)) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        if !schema.baselines.isEmpty { for family in BaselineSeries.families { try store.declare(family) } }
    }

    /// Reads what waits in the joins of a state: of days that have pages what has changed since.
    private static func read(_ store: SeriesStore, _ pages: JoinPages, into joins: JoinState) throws(StoreError) {
        try pages.forEachDay { join, day, records, details throws(ByteReader.Malformed) in
            try joins.restore(join: join, day: day, records: records, details: details)
        }
        var fault: JoinBlockFault?
        try store.forEachJoinBlock { block in
            guard fault == nil else { return }
            do throws(JoinBlockFault) {
                try joins.restore(block)
            } catch {
                fault = error
            }
        }
        if let fault {
            let code: StoreError.Code = fault.isOfOtherVersion ? .incompatible : .corrupt
            throw StoreError(code: code, message: "\(store.path): \(fault)")
        }
    }

    /// The same store under other definitions, or with other baselines.
    func redefined(
        _ definitions: [MetricDefinition],
        baselines: [Baseline]? = nil
    ) throws(MetricsStoreError) -> Engine {
        let schema = EventSchema(definitions, baselines: baselines ?? self.schema.baselines)
        let (store, pages) = (store, pages)
        do throws(StoreError) {
            try Engine.declare(schema, in: store)
            let adapted =
                if joins.fits(schema) { joins } else {
                    try joins.adapted(to: schema) { made throws(StoreError) in
                        try Engine.read(store, pages, into: made)
                    }
                }
            return Engine(
                store: store,
                schema: schema,
                deduplicator: deduplicator,
                joins: adapted,
                pages: pages,
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

/// The seam through which the joins reach the disk.
private final class StoredJoins: JoinArchive {
    private let pages: JoinPages

    init(_ pages: JoinPages) {
        self.pages = pages
    }

    var bytes: Int { pages.bytes }

    func forEachPage(
        of join: String,
        thatMayHave key: UInt64,
        _ body: (_ day: UInt32, _ page: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try pages.forEachPage(of: join, thatMayHave: key, body)
    }

    func forEachPage(of join: String, day: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try pages.forEachPage(of: join, day: day, body)
    }

    func replace(
        _ join: String,
        day: UInt32,
        atMost records: Int,
        _ fill: (_ put: (_ page: [UInt8], _ keys: [UInt64]) throws -> Void) throws -> [UInt8]
    ) throws {
        try pages.replace(join, day: day, atMost: records, fill)
    }
}
