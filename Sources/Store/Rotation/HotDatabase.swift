// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization

/// The writable database of a store, which a rotation exchanges for a fresh one while it is in use.
///
/// Every write goes through `write`, so that a rotation under way misses none. Whoever reads takes `database` anew for
/// each read; a cursor keeps the one it was made of open, and its files on the disk, until it goes.
///
/// Thread safe.
final class HotDatabase: Sendable {
    /// The database there is, and its number.
    private struct Present: Sendable {
        var database: Database
        var epoch: Int
    }

    private struct Writing: ~Copyable {
        /// What has been written since a rotation began to copy.
        var recorded: RecordedBatches?
        /// Why nothing can be written: it is not known which database an opening would take.
        var failure: StoreError?
    }

    /// How it is opened. What reading needs of a series in years of sealed days is a few hundred bytes among those of its
    /// other years: small blocks, and a cache that holds those of 8,000 series.
    static var options: Options {
        var options = Options()
        options.blockSize = 4 << 10
        options.blockCacheBytes = 32 << 20
        return options
    }

    private let present: Mutex<Present>
    /// Held while writing.
    private let writing = Mutex(Writing())

    init(_ database: Database, epoch: Int) {
        present = Mutex(Present(database: database, epoch: epoch))
    }

    /// The database as it is now: for one read.
    var database: Database { present.withLock { $0.database } }

    /// Which one it is, counted from 1.
    var epoch: Int { present.withLock { $0.epoch } }

    /// Writes a batch, durable when it returns. An empty one does nothing.
    ///
    /// - Throws: as `Database.write`; and after a rotation that failed in its last step.
    func write(_ batch: WriteBatch) throws(StoreError) {
        if batch.isEmpty { return }
        try writing.withLock { writing throws(StoreError) in
            if let failure = writing.failure { throw failure }
            let database = database
            try storeErrors { () throws(LevelDBError) in try database.write(batch, sync: true) }
            writing.recorded?.append(batch)
        }
    }

    // MARK: - Rotation

    /// Everything as it is now; what is written from now on is recorded.
    func startRecording(atMost limit: Int) throws(StoreError) -> Cursor {
        try writing.withLock { writing throws(StoreError) in
            if let failure = writing.failure { throw failure }
            writing.recorded = RecordedBatches(limit: limit)
            return CursorOnLoan(cursor: database.makeCursor(fillCache: false))
        }.cursor
    }

    /// What was recorded since this was last asked.
    ///
    /// - Throws: `io` when it was more than the limit, or a write has failed: the rotation has to be given up.
    func takeRecorded() throws(StoreError) -> RecordedBatches {
        try writing.withLock { writing throws(StoreError) in try take(&writing) }
    }

    /// Throws when `takeRecorded` would.
    func checkRecorded() throws(StoreError) {
        try writing.withLock { writing throws(StoreError) in try check(writing) }
    }

    /// The rotation is given up.
    func stopRecording() {
        writing.withLock { $0.recorded = nil }
    }

    /// Goes on with another database, in which everything is but what was recorded last. Nothing is written meanwhile.
    ///
    /// - Parameters:
    ///   - finish: puts the rest in, durably.
    ///   - publish: has an opening find it from now on.
    /// - Returns: the database before.
    /// - Throws: what they throw. After `finish` all is as before. After `publish` nothing more can be written: the store
    ///   has to be closed and opened, and has everything that was acknowledged.
    func exchange(
        finish: (RecordedBatches) throws(StoreError) -> Void,
        publish: () throws(StoreError) -> Database
    ) throws(StoreError) -> Database {
        try writing.withLock { writing throws(StoreError) in
            try finish(try take(&writing))
            do throws(StoreError) {
                let fresh = try publish()
                writing.recorded = nil
                return present.withLock { present in
                    defer { present = Present(database: fresh, epoch: present.epoch + 1) }
                    return present.database
                }
            } catch {
                writing.failure = error
                throw error
            }
        }
    }

    private func check(_ writing: borrowing Writing) throws(StoreError) {
        if let failure = writing.failure { throw failure }
        if let failure = database.writeFailure { throw StoreError(failure) }
        if writing.recorded?.isTooMuch ?? false {
            throw StoreError(code: .interrupted, message: "\(database.path): too much was written while it was rotated")
        }
    }

    private func take(_ writing: inout Writing) throws(StoreError) -> RecordedBatches {
        try check(writing)
        guard let recorded = writing.recorded else { preconditionFailure("taken without recording") }
        writing.recorded = RecordedBatches(limit: recorded.limit - recorded.bytes)
        return recorded
    }

    /// A cursor on its way to its only user.
    private struct CursorOnLoan: @unchecked Sendable {
        let cursor: Cursor
    }
}

/// Batches in the order in which they were written.
struct RecordedBatches: @unchecked Sendable {  // With one thread at a time, and copies of its own.
    private(set) var batches: [WriteBatch] = []
    private(set) var bytes = 0
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether there was more than the limit; it keeps nothing then.
    var isTooMuch: Bool { bytes > limit }

    /// Keeps a copy.
    mutating func append(_ batch: WriteBatch) {
        bytes += batch.byteCount
        if isTooMuch {
            batches = []
        } else {
            let copy = WriteBatch()
            copy.append(batch)
            batches.append(copy)
        }
    }
}
