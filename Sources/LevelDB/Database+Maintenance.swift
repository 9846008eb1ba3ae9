// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB

/// The keys from ``start``, inclusive, to ``end``, exclusive, in bytewise order.
public struct KeyRange: Sendable, Hashable {
    /// The first key that belongs to the range, if it exists.
    public var start: [UInt8]

    /// The first key after the range.
    public var end: [UInt8]

    /// A range; empty when `end` does not come after `start`.
    public init(from start: [UInt8], to end: [UInt8]) {
        self.start = start
        self.end = end
    }
}

extension Database {
    /// Bytes of table files that each range takes, compressed, in the order of `ranges`.
    ///
    /// To the nearest block, and without what is still in memory and in the log, so a range written lately may give 0.
    ///
    /// - Complexity: O(r log n) for r ranges, with an index read for each table not opened before.
    public func approximateSizes(of ranges: [KeyRange]) -> [UInt64] {
        uses.begin()
        defer { uses.end() }
        // All keys in one array, so that one pointer serves them all: start, end, start, end, …
        let keys = ranges.flatMap { [$0.start, $0.end] }
        let bytes = keys.flatMap { $0 }
        return bytes.withUnsafeBytes { bytes in
            var pointers: [UnsafePointer<CChar>?] = []
            var offset = 0
            for key in keys {
                pointers.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + key.count]).cPointer)
                offset += key.count
            }
            let starts = stride(from: 0, to: keys.count, by: 2).map { pointers[$0] }
            let ends = stride(from: 1, to: keys.count, by: 2).map { pointers[$0] }
            var sizes = [UInt64](repeating: 0, count: ranges.count)
            leveldb_approximate_sizes(
                native.database,
                CInt(ranges.count),
                starts,
                ranges.map(\.start.count),
                ends,
                ranges.map(\.end.count),
                &sizes
            )
            return sizes
        }
    }

    /// Flushes memory, then rewrites the tables with keys from `first` through `last`, both inclusive, so that deleted
    /// and overwritten values give their space back. `nil` is the end of the key space.
    ///
    /// Blocks until done. LevelDB reports no error from here; one that happens is thrown by the next write. Space of
    /// tables that a cursor still reads is given back when the cursor goes.
    ///
    /// - Complexity: O(n) in the bytes of the tables concerned, read and written once for each level.
    public func compact(from first: [UInt8]? = nil, through last: [UInt8]? = nil) {
        uses.begin()
        defer { uses.end() }
        withOptionalBytes(first) { first in
            withOptionalBytes(last) { last in
                leveldb_compact_range(
                    native.database,
                    first?.cPointer,
                    first?.count ?? 0,
                    last?.cPointer,
                    last?.count ?? 0
                )
            }
        }
    }

    /// What LevelDB tells about itself under `name`, or `nil` if it does not know the name.
    ///
    /// Names are `leveldb.num-files-at-level<N>`, `leveldb.stats`, `leveldb.sstables` and
    /// `leveldb.approximate-memory-usage`.
    public func property(_ name: String) -> String? {
        uses.begin()
        defer { uses.end() }
        guard let value = leveldb_property_value(native.database, name) else { return nil }
        defer { leveldb_free(value) }
        return String(cString: value)
    }

    /// Deletes the database in the directory `path`, and the directory if nothing else is in it. A path where nothing
    /// is, is fine.
    ///
    /// Files go one by one in no order, so a crash can leave some: rename the directory first where that matters, and
    /// destroy again. Any file named as LevelDB names its own is deleted, other files stay.
    ///
    /// - Throws: ``LevelDBError/Code/lockHeld`` if the database is open, ``LevelDBError/Code/ioError``.
    public static func destroy(at path: String) throws(LevelDBError) {
        try requireValid(path: path)
        let options = leveldb_options_create()
        defer { leveldb_options_destroy(options) }
        try check(path: path) { leveldb_destroy_db(options, path, $0) }
    }

    /// ``destroy(at:)`` of itself, when closed.
    func removeFiles() {
        do throws(LevelDBError) {
            try Database.destroy(at: path)
        } catch {
            // As ``discard()`` says.
        }
    }
}

private func withOptionalBytes<Result>(
    _ bytes: [UInt8]?,
    _ body: (UnsafeRawBufferPointer?) -> Result
) -> Result {
    guard let bytes else { return body(nil) }
    return bytes.withUnsafeBytes { body($0) }
}
