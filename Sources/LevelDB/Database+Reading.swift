// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB

extension Database {
    /// The value of `key`, or `nil` if there is none. An empty value is not `nil`.
    ///
    /// - Complexity: O(log n) in the number of keys: up to one block read and verified for each level.
    /// - Throws: ``LevelDBError/Code/corruption``, ``LevelDBError/Code/ioError``.
    public func get(_ key: UnsafeRawBufferPointer) throws(LevelDBError) -> [UInt8]? {
        guard let value = try copyValue(for: key) else { return nil }
        defer { leveldb_free(value.baseAddress) }
        return [UInt8](UnsafeRawBufferPointer(value))
    }

    /// The value of `key`, or `nil` if there is none; the same as with a raw buffer.
    public func get(_ key: [UInt8]) throws(LevelDBError) -> [UInt8]? {
        guard let value = try key.withRawBytes({ key throws(LevelDBError) in try copyValue(for: key) }) else {
            return nil
        }
        defer { leveldb_free(value.baseAddress) }
        return [UInt8](UnsafeRawBufferPointer(value))
    }

    /// Calls `body` with the value of `key` and returns what it returns, or `nil`, without a call, if there is none.
    ///
    /// No array is made. The bytes are valid until `body` returns. `body` may use the database.
    ///
    /// - Complexity: as ``get(_:)-([UInt8])``.
    /// - Throws: a ``LevelDBError`` as ``get(_:)-([UInt8])``, or what `body` throws.
    public func withValue<Result>(
        for key: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        guard let value = try copyValue(for: key) else { return nil }
        defer { leveldb_free(value.baseAddress) }
        return try body(UnsafeRawBufferPointer(value))
    }

    /// Calls `body` with the value of `key`; the same as with a raw buffer.
    public func withValue<Result>(
        for key: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        try key.withUnsafeBytes { try withValue(for: $0, body) }
    }

    /// A new cursor over the database as it is now, at no entry yet.
    ///
    /// - Parameter fillCache: whether blocks read are kept in the cache. Pass `false` for a pass over everything, such
    ///   as a backup, that would only push out what others need.
    /// - Complexity: O(1), plus opening tables not opened before.
    public func makeCursor(fillCache: Bool = true) -> Cursor {
        Cursor(database: self, options: fillCache ? native.readOptions : native.scanOptions)
    }

    /// A new cursor that leaves LevelDB's checksums of data blocks alone, for values that carry checksums of their own
    /// which cover their keys too. LevelDB keeps no block in its cache that did not compress, and would compute the
    /// checksum of all its 16 KiB again at every move to it.
    public func makeUncheckedCursor() -> Cursor {
        Cursor(database: self, options: native.uncheckedOptions)
    }

    /// New cursors that see the same state of the database, whatever others write meanwhile: some whose blocks LevelDB
    /// checks, and one as ``makeUncheckedCursor()`` makes it.
    ///
    /// - Complexity: as ``makeCursor(fillCache:)``, for each.
    public func makeCursors(checked count: Int = 1) -> (checked: [Cursor], unchecked: Cursor) {
        uses.begin()
        defer { uses.end() }
        // It need not outlive the cursors' making: a cursor pins the memory and the files it was made over.
        let snapshot = leveldb_create_snapshot(native.database)
        defer { leveldb_release_snapshot(native.database, snapshot) }
        func cursor(verifiesChecksums: Bool) -> Cursor {
            let options = makeReadOptions(fillCache: true, verifiesChecksums: verifiesChecksums)
            defer { leveldb_readoptions_destroy(options) }
            leveldb_readoptions_set_snapshot(options, snapshot)
            return Cursor(database: self, options: options)
        }
        return ((0..<count).map { _ in cursor(verifiesChecksums: true) }, cursor(verifiesChecksums: false))
    }

    /// LevelDB's own copy of a value, for the caller to free.
    private func copyValue(for key: UnsafeRawBufferPointer) throws(LevelDBError) -> UnsafeMutableRawBufferPointer? {
        uses.begin()
        defer { uses.end() }
        var count = 0
        let value = try check(path: path) {
            leveldb_get(native.database, native.readOptions, key.cPointer, key.count, &count, $0)
        }
        return value.map { UnsafeMutableRawBufferPointer(start: $0, count: count) }
    }
}
