// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
public import TimeSeries

/// The series of one data directory: commits in, totals out.
///
/// Threads: `commit`, `checkpoint` and `close` are each called by one thread at a time, `commit` and `checkpoint` (or
/// `rotate`) also at the same time as each other; `close` when neither they nor a `backup` run; everything else from
/// any thread. A commit is seen by readers whole or not at all.
public final class SeriesStore: Sendable {
    /// The directory.
    public let path: String
    /// How long a slot is.
    public let resolution: SlotResolution
    /// The secret of this store, 16 bytes, made when it was created.
    public let secret: (first: UInt64, second: UInt64)

    let directory: StoreDirectoryReference
    let hot: HotDatabase
    let index: SeriesIndex
    let spans: ChunkSpans
    let clock: any WallClock
    /// Day files that are open.
    let openDays = OpenDays(limit: DaySettings().openFiles, pinLimit: DaySettings().pinnedFiles)
    /// Of day files that are dropped and not deleted yet.
    let droppedBytes = DroppedBytes()
    /// Held while the hot database is told which day files there are and the registry follows, and by whoever looks at
    /// both.
    let registryLock = Mutex(())

    /// What commits and readers share.
    struct State: ~Copyable {
        var head = Head(after: 0)
        var progress = Progress()
        /// The sequence of the last commit.
        var sequence: UInt64 = 0
        /// Bytes of the journal since the last checkpoint.
        var journalBytes = 0
        var checkpoint = CheckpointRecord()
        var limits = CheckpointLimits()
        var rotation = Rotation()
        var rotationSettings = RotationSettings()
        var isRotating = false
        /// A day is being sealed or folded, or late events are looked through.
        var isMaintaining = false
        var days = DayState()
        /// What views read through.
        var pools: [WeakPool] = []
        var isClosed = false
    }

    let state: Mutex<State>
    let archive: IdentityPages

    init(
        directory: StoreDirectory,
        hot: HotDatabase,
        index: SeriesIndex,
        settings: StoreSettings,
        clock: any WallClock,
        state: consuming State,
        archive: IdentityPages
    ) {
        self.path = directory.path
        self.directory = StoreDirectoryReference(directory)
        self.hot = hot
        self.index = index
        self.resolution = settings.resolution
        self.secret = settings.secret
        self.spans = ChunkSpans(settings.resolution)
        self.clock = clock
        self.state = Mutex(state)
        self.archive = archive
    }

    /// The hot database as it is now: for one read.
    var database: Database { hot.database }

    /// Which hot database is in use, counted from 1.
    public var epoch: Int { hot.epoch }

    /// Whether the directory takes what opening a store writes: a megabyte, synced, is tried. After a failed write
    /// that tells whether it is worth while to close the store and open it again; it may be closed already.
    public func canWrite() -> Bool {
        StoreDirectory.canWrite(path, bytes: 1 << 20)
    }

    /// Closes the database, and with it all views. Idempotent; nothing else may be called afterwards but `snapshot`.
    public func close() {
        let (wasClosed, pools) = state.withLock { state in
            defer {
                state.isClosed = true
                state.pools = []
            }
            return (state.isClosed, state.pools)
        }
        if !wasClosed {
            for pool in pools { pool.pool?.close() }
            openDays.removeAll()
            hot.database.close()
            directory.release()
        }
    }

    // MARK: - Reading

    /// Slots below it are checkpointed.
    public var checkpointedSlot: Slot { state.withLock { $0.checkpoint.slot } }

    /// The newest event time of all commits.
    public var watermark: Timestamp? { state.withLock { $0.progress.watermark } }

    /// The event counts of all commits.
    public var counts: EventCounts { state.withLock { $0.progress.counts } }

    /// Commits since the store was created.
    public var commits: UInt64 { state.withLock { $0.progress.commits } }

    /// Committed series.
    public var seriesCount: Int { state.withLock { $0.head.totals.count } }

    /// Memory of totals and increments, in bytes.
    public var headBytes: Int { state.withLock { $0.head.bytes } }

    /// Bytes on the disk.
    public func storeBytes() -> Int {
        hotBytes() + state.withLock { $0.days.registry.bytes }
    }

    /// Bytes that are free for this process on the file system of the directory; nil when the system does not say.
    public var freeBytes: Int? { state.withLock { $0.days.settings }.freeBytes(path) }

    /// Bytes of the hot database on the disk.
    func hotBytes() -> Int { directory.bytes(epoch: epoch) }

    /// Whether commits go on so much faster than what is under way beside them (a checkpoint, a rotation, a day that is
    /// sealed) that they have to wait for it: memory and the time to open the store would grow without bound.
    public var isBehind: Bool {
        state.withLock { state in
            (state.head.frozen != nil || state.isRotating || state.isMaintaining)
                && (state.journalBytes >= state.limits.mostJournalBytes
                    || state.head.active.count >= state.limits.mostIncrements)
        }
    }

    /// Whether enough has gathered in the journal for a checkpoint.
    public var wantsCheckpoint: Bool {
        state.withLock { state in
            state.head.frozen == nil
                && (state.journalBytes >= state.limits.journalBytes
                    || state.head.active.count >= state.limits.increments)
        }
    }
}

/// When a checkpoint is due, and how it is cut. Tests make these small.
struct CheckpointLimits {
    /// A checkpoint is due when the journal has so many bytes. It bounds the time to open the store: about 100 MB/s.
    var journalBytes = 64 << 20
    /// And when the head holds so many points: 21 bytes each, up to 128 where a series has but one.
    var increments = 6_000_000
    /// Commits wait for a checkpoint under way when the journal has so many bytes, or the head so many points.
    var mostJournalBytes = 256 << 20
    var mostIncrements = 12_000_000
    /// Chunks and totals are written in batches of about so many bytes.
    var batchBytes = 1 << 20
    /// Series have their slots in common from so many bytes on: a reference takes 5, the entry 20 more than the column.
    var leastSharedBytes = 32
}

extension SeriesStore: SeriesDirectory {
    /// The series of that family and those labels, committed or in the commit being filled.
    public func find(family: MetricFamily, labels: Labels) -> SeriesID? {
        index.find(family: family.name, labels: labels)
    }

    /// How many series the family has.
    public func count(of family: MetricFamily) -> Int {
        index.count(ofFamily: family.name)
    }

    /// Gives a new series its number; `takeNewSeries` hands it to the commit.
    public func create(family: MetricFamily, labels: Labels) -> SeriesID {
        index.add(family: family, labels: labels, created: clock.now)
    }

    /// The series made since this was last asked; they belong into the commit that is closed now.
    public func takeNewSeries() -> [NewSeries] {
        index.takeUnstored()
    }

    /// Why series of a family cannot be made, or nil when they can: a metric name belongs to one kind.
    public func refusal(of family: MetricFamily) -> String? {
        index.refusal(of: family)
    }

    /// Makes a family known before its first series, so that a page can name it.
    ///
    /// - Throws: `incompatible` when the store has series of that name of another kind, unit or bounds, or series that
    ///   are read by one of its names.
    public func declare(_ family: MetricFamily) throws(StoreError) {
        if let reason = index.refusal(of: family) {
            throw StoreError(code: .incompatible, message: "\(path): \(reason)")
        }
        index.add(family)
    }
}

/// The lock of the directory, given back at `release` or with the last reference.
final class StoreDirectoryReference: Sendable {
    private let directory: Mutex<StoreDirectory?>
    private let path: String

    init(_ directory: StoreDirectory) {
        path = directory.path
        self.directory = Mutex(directory)
    }

    func bytes(epoch: Int) -> Int {
        directory.withLock { $0?.bytes(epoch: epoch) ?? 0 }
    }

    func hot(epoch: Int) -> String { StoreDirectory.hot(path, epoch: epoch) }

    func release() {
        directory.withLock { $0 = nil }
    }
}
