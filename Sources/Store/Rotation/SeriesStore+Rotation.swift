// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
public import TimeSeries

extension SeriesStore {
    /// Whether the hot database is to be rotated. Looks at its files: for once a minute.
    public func wantsRotation(at time: Timestamp) -> Bool {
        let (settings, rotation) = state.withLock { state in
            // Of a store without a rotation time begins when it is first looked at.
            if state.rotation.last.time.milliseconds == 0 { state.rotation.last.time = time }
            return (state.rotationSettings, state.rotation)
        }
        let now = time.milliseconds
        if let failed = rotation.failed,
            (0..<RotationSettings.retryInterval * 1_000).contains(now - failed.milliseconds)
        {
            return false
        }
        guard commits > rotation.commits else { return false }
        let intervals = Int64(max(1, rotation.last.bytes / settings.bytesPerInterval))
        if now - rotation.last.time.milliseconds >= intervals * Int64(settings.interval) * 1_000 { return true }
        let folder = Folder(directory.hot(epoch: epoch))
        if folder.bytes(where: { $0.hasPrefix("MANIFEST-") }) >= settings.manifestBytes { return true }
        return folder.bytes { _ in true } >= max(settings.leastBytes, 2 * rotation.last.bytes)
    }

    /// Rotations since the store was opened, and those that failed.
    public var rotations: (done: UInt64, failed: UInt64) {
        state.withLock { ($0.rotation.count, $0.rotation.failures) }
    }

    /// When rotations are due.
    public var rotationSettings: RotationSettings {
        get { state.withLock { $0.rotationSettings } }
        set { state.withLock { $0.rotationSettings = newValue } }
    }

    /// Exchanges the hot database for a fresh one with the same entries.
    ///
    /// Commits go on, and wait only for the last step: the rest of what they wrote meanwhile, and three syncs. Views
    /// keep the database they were made of until they go. After a crash at any moment one of the two is whole and has
    /// everything that was acknowledged.
    ///
    /// One thread at a time, and not beside `checkpoint` or `compact`. A day may be sealed meanwhile: its entries are written
    /// as all are, and its file is there before they name it.
    ///
    /// - Parameter isCancelled: asked now and then; the rotation is given up when it says so.
    /// - Throws: `interrupted` when cancelled; `diskFull`, `io`, `corrupt`. Then all is as before, or, when it failed
    ///   in the last step, the next commit throws too and the store has to be closed and opened again.
    /// - Complexity: O(entries); memory: what is written meanwhile.
    public func rotate(isCancelled: () -> Bool = { false }) throws(StoreError) {
        try rotate(isCancelled: isCancelled) { _ in }
    }

    /// The same; tests look at every step, and let it fail by throwing.
    func rotate(
        isCancelled: () -> Bool,
        _ onStep: (RotationStep) throws(StoreError) -> Void
    ) throws(StoreError) {
        let (settings, commits) = state.withLock { state in
            state.isRotating = true
            return (state.rotationSettings, state.progress.commits)
        }
        defer { state.withLock { $0.isRotating = false } }
        do throws(StoreError) {
            let record = try rotate(settings, isCancelled: isCancelled, onStep)
            state.withLock { state in
                state.rotation.last = record
                state.rotation.commits = commits
                state.rotation.failed = nil
                state.rotation.count += 1
            }
        } catch {
            state.withLock { state in
                state.rotation.failed = clock.now
                if !isCancelled() { state.rotation.failures += 1 }
            }
            throw error
        }
    }

    private func rotate(
        _ settings: RotationSettings,
        isCancelled: () -> Bool,
        _ onStep: (RotationStep) throws(StoreError) -> Void
    ) throws(StoreError) -> RotationRecord {
        let path = directory.hot(epoch: epoch + 1)
        let fresh = DatabaseCopy(path)
        var isPublished = false
        let record: RotationRecord
        var old: Database?
        do throws(StoreError) {
            try Folder(self.path).requireFree(hotBytes() + settings.leastFreeBytes)
            let cursor = try hot.startRecording(atMost: settings.mostRecordedBytes)
            defer { cursor.close() }
            try onStep(.recording)
            try fresh.make(isMarked: true)
            try fresh.copy(cursor) { () throws(StoreError) in
                if isCancelled() { throw StoreError(code: .interrupted, message: "\(path): the rotation was stopped") }
                try hot.checkRecorded()
                try onStep(.copying)
            }
            cursor.close()
            try fresh.apply(try hot.takeRecorded())
            record = RotationRecord(time: clock.now, bytes: fresh.bytes)
            try fresh.put(KeySpace.meta(RotationRecord.name), record.encode())
            // What is in its logs goes into tables, which are synced.
            try fresh.reopen()
            try fresh.apply(try hot.takeRecorded())
            try onStep(.copied)
            old = try hot.exchange(
                finish: { rest throws(StoreError) in
                    try fresh.apply(rest)
                    try Folder(path).sync()
                    try onStep(.finished)
                },
                publish: { () throws(StoreError) in
                    isPublished = true
                    try fresh.removeMark()
                    try onStep(.published)
                    guard let database = fresh.take() else { preconditionFailure("it is open until it is handed over") }
                    return database
                }
            )
        } catch {
            hot.stopRecording()
            // One that an opening may take is not touched: half of it would be gone after a crash.
            if isPublished { fresh.close() } else { fresh.remove() }
            throw error
        }
        old?.discard()
        try onStep(.exchanged)
        old = nil
        try onStep(.discarded)
        return record
    }
}

/// What a store knows of its last rotation.
struct Rotation {
    /// The last one.
    var last = RotationRecord(time: Timestamp(milliseconds: 0), bytes: 0)
    /// Commits when it was begun.
    var commits: UInt64 = 0
    /// When one failed last, since then.
    var failed: Timestamp?
    /// How many there were since the store was opened, and how many failed.
    var count: UInt64 = 0
    var failures: UInt64 = 0
}
