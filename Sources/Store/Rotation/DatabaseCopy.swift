// SPDX-License-Identifier: Apache-2.0

import Glibc
import LevelDB

/// A new database that is filled with the entries of another one. One thread.
final class DatabaseCopy {
    let path: String
    private var database: Database?

    /// Entries are written in batches of about so many bytes.
    private static let batchBytes = 1 << 20
    /// And synced after so many: what lies unwritten in the system's memory would be added to the syncs of commits.
    private static let syncBytes = 4 << 20

    init(_ path: String) {
        self.path = path
    }

    /// Makes it, in place of what a broken-off one has left.
    ///
    /// - Parameter isMarked: whether it is a store's next one: until `removeMark` no opening takes it.
    func make(isMarked: Bool = false) throws(StoreError) {
        Folder(path).discard()
        if isMarked {
            // The folder has the mark when it gets its name.
            let beside = Folder(path + ".tmp")
            beside.remove()
            try beside.make()
            try StoreFile(beside.path + "/" + StoreDirectory.unfinished).write([])
            try beside.sync()
            try beside.move(to: path)
        }
        try open(isNew: true)
    }

    /// It is whole and durable: from now on an opening takes it.
    func removeMark() throws(StoreError) {
        guard unlink(path + "/" + StoreDirectory.unfinished) == 0 else {
            throw StoreDirectory.fault("cannot remove \(path)/\(StoreDirectory.unfinished)")
        }
        try Folder(path).sync()
    }

    /// Hands the open database over.
    func take() -> Database? {
        defer { database = nil }
        return database
    }

    /// Size of its files.
    var bytes: Int { Folder(path).bytes { _ in true } }

    /// Puts in everything that a cursor sees.
    ///
    /// - Parameter onBatch: called behind each batch.
    func copy(_ cursor: Cursor, onBatch: () throws(StoreError) -> Void) throws(StoreError) {
        let batch = WriteBatch()
        var unsynced = 0
        try storeErrors { () throws(LevelDBError) in try cursor.seekToFirst() }
        while cursor.isValid {
            batch.put(cursor.key, cursor.value)
            if batch.byteCount >= DatabaseCopy.batchBytes {
                unsynced += batch.byteCount
                try write(batch, sync: unsynced >= DatabaseCopy.syncBytes)
                if unsynced >= DatabaseCopy.syncBytes { unsynced = 0 }
                batch.clear()
                try onBatch()
            }
            try storeErrors { () throws(LevelDBError) in try cursor.next() }
        }
        if !batch.isEmpty { try write(batch, sync: true) }
        try onBatch()
    }

    /// Writes batches in their order, some at a time, each time synced.
    func apply(_ recorded: RecordedBatches) throws(StoreError) {
        let joined = WriteBatch()
        for batch in recorded.batches {
            joined.append(batch)
            if joined.byteCount >= DatabaseCopy.syncBytes {
                try write(joined, sync: true)
                joined.clear()
            }
        }
        if !joined.isEmpty { try write(joined, sync: true) }
    }

    func put(_ key: [UInt8], _ value: [UInt8]) throws(StoreError) {
        let batch = WriteBatch()
        batch.put(key, value)
        try write(batch, sync: true)
    }

    /// Closes it and opens it again, so that everything is in tables, which LevelDB syncs.
    func reopen() throws(StoreError) {
        close()
        try open(isNew: false)
    }

    /// Closes it, if it is open.
    func close() {
        database?.close()
        database = nil
    }

    /// Closes it, if it is open, and removes its files.
    func remove() {
        close()
        Folder(path).discard()
    }

    private func open(isNew: Bool) throws(StoreError) {
        var options = HotDatabase.options
        options.createIfMissing = isNew
        options.errorIfExists = isNew
        database = try storeErrors { () throws(LevelDBError) in try Database.open(at: path, options: options) }
    }

    private func write(_ batch: WriteBatch, sync: Bool) throws(StoreError) {
        guard let database else { preconditionFailure("it is written to while it is open") }
        try storeErrors { () throws(LevelDBError) in try database.write(batch, sync: sync) }
    }
}
