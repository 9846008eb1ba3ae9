// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB

/// A place among the entries of a ``Database``, in key order, which can move both ways.
///
/// A cursor sees the database as it was when the cursor was made, whatever is written later. It keeps the database open
/// and the tables it looks at on disk, so it should not be kept for long. One thread at a time; it may be sent to
/// another owner, not shared.
///
/// Every move checks for errors, because LevelDB steps over a block it cannot read and goes on: an entry that a cursor
/// shows is the true next one. The check costs as much as the step (measured: 0.1 µs each, more with many tables).
/// ``forEach(prefix:_:)`` and ``forEach(from:to:_:)`` check once, at the end, and are the faster way to read.
///
/// ```swift
/// let cursor = database.makeCursor()
/// try cursor.seek(to: [7])
/// while cursor.isValid {
///     use(cursor.key, cursor.value)
///     try cursor.next()
/// }
/// ```
public final class Cursor {
    /// Whether the cursor is at an entry. False at first, past either end, and after an error.
    public private(set) var isValid = false

    private let database: Database
    private let handle: OpaquePointer

    private var isClosed = false

    init(database: Database, options: OpaquePointer) {
        database.uses.begin()
        self.database = database
        handle = leveldb_create_iterator(database.native.database, options)
    }

    deinit {
        close()
    }

    /// Ends the cursor before its last reference goes: the database may be closed then. Idempotent; nothing else may be
    /// called afterwards.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        isValid = false
        leveldb_iter_destroy(handle)
        database.uses.end()
    }

    // MARK: - Entry

    /// The key here. The bytes are valid until the next move, or the end of the cursor. Only at an entry.
    public var key: UnsafeRawBufferPointer {
        requireEntry()
        var count = 0
        let start = leveldb_iter_key(handle, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// The value here. The bytes are valid until the next move, or the end of the cursor. Only at an entry.
    public var value: UnsafeRawBufferPointer {
        requireEntry()
        var count = 0
        let start = leveldb_iter_value(handle, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    // MARK: - Moves

    /// Moves to the first entry, or to no entry in an empty database.
    ///
    /// - Complexity: O(log n), plus one step for each deleted key before the first that is not.
    /// - Throws: as ``checkError()``.
    public func seekToFirst() throws(LevelDBError) {
        leveldb_iter_seek_to_first(handle)
        try moved()
    }

    /// Moves to the last entry, or to no entry in an empty database.
    ///
    /// - Complexity: O(log n), plus one step for each deleted key after the last that is not.
    /// - Throws: as ``checkError()``.
    public func seekToLast() throws(LevelDBError) {
        leveldb_iter_seek_to_last(handle)
        try moved()
    }

    /// Moves to the first entry whose key is `key` or comes after it, or to no entry if there is none.
    ///
    /// - Complexity: O(log n), plus one step for each deleted key passed.
    /// - Throws: as ``checkError()``.
    public func seek(to key: UnsafeRawBufferPointer) throws(LevelDBError) {
        leveldb_iter_seek(handle, key.cPointer, key.count)
        try moved()
    }

    /// Moves to the first entry whose key is `key` or comes after it; the same as with a raw buffer.
    public func seek(to key: [UInt8]) throws(LevelDBError) {
        try key.withRawBytes { key throws(LevelDBError) in try seek(to: key) }
    }

    /// Moves to the last entry whose key comes before `key`, which it excludes, or to no entry if there is none.
    ///
    /// - Complexity: as ``seek(to:)-(UnsafeRawBufferPointer)``.
    /// - Throws: as ``checkError()``.
    public func seek(before key: UnsafeRawBufferPointer) throws(LevelDBError) {
        try seek(to: key)
        if isValid {
            try previous()
        } else {
            try seekToLast()
        }
    }

    /// Moves to the last entry whose key comes before `key`; the same as with a raw buffer.
    public func seek(before key: [UInt8]) throws(LevelDBError) {
        try key.withRawBytes { key throws(LevelDBError) in try seek(before: key) }
    }

    /// Moves to the next entry, or from the last one to no entry. Only at an entry.
    ///
    /// - Complexity: O(1) amortised, plus one step for each deleted key passed.
    /// - Throws: as ``checkError()``.
    public func next() throws(LevelDBError) {
        requireEntry()
        leveldb_iter_next(handle)
        try moved()
    }

    /// Moves to the entry before, or from the first one to no entry. Only at an entry. Slower than ``next()``, which is
    /// the direction tables are written for.
    ///
    /// - Complexity: O(k) for k keys between restart points (16), plus one step for each deleted key passed.
    /// - Throws: as ``checkError()``.
    public func previous() throws(LevelDBError) {
        requireEntry()
        leveldb_iter_prev(handle)
        try moved()
    }

    /// Throws what has gone wrong on any move so far. The moves do this themselves; an error stays for good, and the
    /// cursor shows no entry from then on.
    ///
    /// - Throws: ``LevelDBError/Code/corruption``, ``LevelDBError/Code/ioError``, or ``LevelDBError/Code/notFound`` when
    ///   a table file has been deleted.
    public func checkError() throws(LevelDBError) {
        try check(path: database.path) { leveldb_iter_get_error(handle, $0) }
    }

    // MARK: - Steps shared by the moves

    /// Moves to the next entry without looking for errors. Whoever calls this ends with ``moved()``.
    func advanceUnchecked() {
        leveldb_iter_next(handle)
        isValid = leveldb_iter_valid(handle) != 0
    }

    /// Decides, after LevelDB has moved, whether there is an entry that may be shown.
    func moved() throws(LevelDBError) {
        isValid = false
        try checkError()
        isValid = leveldb_iter_valid(handle) != 0
    }

    private func requireEntry() {
        precondition(isValid, "LevelDB cursor is at no entry")
    }
}

@available(*, unavailable)
extension Cursor: Sendable {}
