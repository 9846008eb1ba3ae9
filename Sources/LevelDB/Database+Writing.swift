// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB
internal import Synchronization

extension Database {
    /// Applies all of `batch`, or nothing of it.
    ///
    /// - Parameter sync: `true` returns only after the bytes have reached the disk (`fsync`), so they survive a power
    ///   cut. `false` survives the death of the process but not of the machine; and since LevelDB does not sync a log
    ///   it has finished with (google/leveldb issue 193), writes that were not synced can be lost there even when a
    ///   later synced one is not. So data that must stay in step is either always synced or in the same batch.
    ///
    /// Writes from several threads wait for each other, and are not merged into one `fsync` as LevelDB alone would do:
    /// a caller with many writers gathers them into one batch.
    ///
    /// **After the first failure every write is refused** with that same error, until the database is closed and opened
    /// again; reads go on. Half a record may then be the end of the log, and LevelDB would put the next record behind
    /// it, where an opening does not find it. Whether the batch that failed is there afterwards is not known; it is
    /// whole or absent.
    ///
    /// - Complexity: O(n) in the bytes of the batch, and O(log m) for each operation, m keys being in memory. May wait
    ///   for a compaction when those lag behind.
    /// - Throws: ``LevelDBError/Code/diskFull``, ``LevelDBError/Code/ioError``, and ``LevelDBError/Code/corruption``
    ///   when a compaction met damage.
    public func write(_ batch: WriteBatch, sync: Bool) throws(LevelDBError) {
        let options = sync ? native.syncedWriteOptions : native.writeOptions
        try write { leveldb_write(native.database, options, batch.handle, $0) }
    }

    /// Sets the value of one key; as ``write(_:sync:)`` with a batch of one put.
    public func put(
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        sync: Bool
    ) throws(LevelDBError) {
        requireWritable(key: key, valueCount: value.count)
        let options = sync ? native.syncedWriteOptions : native.writeOptions
        try write {
            leveldb_put(native.database, options, key.cPointer, key.count, value.cPointer, value.count, $0)
        }
    }

    /// Sets the value of one key; the same as with raw buffers.
    public func put(_ key: [UInt8], _ value: [UInt8], sync: Bool) throws(LevelDBError) {
        try key.withRawBytes { key throws(LevelDBError) in
            try value.withRawBytes { value throws(LevelDBError) in try put(key, value, sync: sync) }
        }
    }

    /// Removes one key, whether it is there or not; as ``write(_:sync:)`` with a batch of one delete.
    public func delete(_ key: UnsafeRawBufferPointer, sync: Bool) throws(LevelDBError) {
        requireWritable(key: key)
        let options = sync ? native.syncedWriteOptions : native.writeOptions
        try write { leveldb_delete(native.database, options, key.cPointer, key.count, $0) }
    }

    /// Removes one key; the same as with a raw buffer.
    public func delete(_ key: [UInt8], sync: Bool) throws(LevelDBError) {
        try key.withRawBytes { key throws(LevelDBError) in try delete(key, sync: sync) }
    }

    /// The error of the first write that failed, or `nil` while writes are accepted. For a health page.
    public var writeFailure: LevelDBError? {
        writer.withLock { $0 }
    }

    /// Runs one write, alone, and remembers its failure.
    ///
    /// Alone, because LevelDB 1.23 stops by itself after a failed `fsync` but not after a failed append to the log
    /// (`DBImpl::Write`): a writer already waiting would append behind the torn record before we could say no.
    private func write(
        _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Void
    ) throws(LevelDBError) {
        uses.begin()
        defer { uses.end() }
        try writer.withLock { failure throws(LevelDBError) in
            if let failure { throw failure }
            do throws(LevelDBError) {
                try check(path: path, call)
            } catch {
                failure = error
                throw error
            }
        }
    }
}
