// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// One LevelDB directory, open: an ordered map from bytes to bytes that survives crashes.
///
/// ```swift
/// var options = Options()
/// options.createIfMissing = true
/// let database = try Database.open(at: "hot", options: options)
/// let batch = WriteBatch()
/// batch.put([1], [10])
/// batch.put([2], [20])
/// try database.write(batch, sync: true)
/// ```
///
/// **Threads.** Any thread may call anything at any time. Reads run in parallel with each other and with a write.
/// Writes run one after the other, see ``write(_:sync:)``.
///
/// **Ownership.** A directory is open at most once in the world (``LevelDBError/Code/lockHeld``). It is closed by
/// ``close()``, or else when the last reference goes, and every ``Cursor`` is one. Files belong on a local disk: LevelDB
/// relies on `fsync`, `rename` and `fcntl` locks working as they do on ext4 and xfs.
///
/// **Damage.** What cannot be read as it was written is a ``LevelDBError/Code/corruption``, never a missing key. Three
/// limits are LevelDB's own. A damaged length in the last 32 KiB of its log looks like the torn end that a crash leaves,
/// and ends the log there. A table's 48-byte footer has no checksum, so openings check its bounds and no more. And a
/// table file that somebody deletes under an open database can make ``get(_:)-([UInt8])`` answer `nil`.
///
/// **Left out on purpose.** Repair: LevelDB's puts back deleted keys and halves of batches, so restore a backup
/// instead. Snapshots: a ``Cursor`` is as frozen a view, and with snapshots over overwritten keys LevelDB 1.23 may
/// bring old values back (google/leveldb issues 320, 339 and 887).
public final class Database: @unchecked Sendable {
    // Unchecked because of the C pointers in `native`. LevelDB's DB is safe to use from any thread (leveldb/db.h); our own
    // state is `uses`, which is atomic, and `writer`, which is a mutex; and `uses` keeps the pointers valid.

    /// The directory, as it was given to ``open(at:options:)``.
    public let path: String

    let native: NativeHandles
    let uses = UseCount()
    /// Held while writing. The failure of the first write that failed, after which there are no more.
    let writer = Mutex<LevelDBError?>(nil)
    /// Whether the files go when it is closed.
    let isDiscarded = Atomic<Bool>(false)

    private init(path: String, native: consuming NativeHandles) {
        self.path = path
        self.native = native
    }

    deinit {
        close()
    }

    /// Opens the database in the directory `path`, and replays what its log holds.
    ///
    /// The parent of `path` has to exist. When this throws, the files are as they were, apart from LevelDB's own notes
    /// (`LOG`, `LOCK`) and from work it had finished.
    ///
    /// - Complexity: O(n) in the log, at most about ``Options/writeBufferSize``, and in the number of tables.
    /// - Throws: ``LevelDBError/Code/notFound``, ``LevelDBError/Code/alreadyExists``, ``LevelDBError/Code/lockHeld``,
    ///   ``LevelDBError/Code/corruption``, ``LevelDBError/Code/diskFull``, ``LevelDBError/Code/ioError``, and
    ///   ``LevelDBError/Code/invalidArgument`` for a path with a zero byte in it.
    public static func open(at path: String, options: Options = Options()) throws(LevelDBError) -> Database {
        try checkDirectory(at: path, options: options)
        return Database(path: path, native: try NativeHandles(path: path, options: options))
    }

    /// Closes the files and gives up the lock before returning. Does nothing when closed already.
    ///
    /// What was written without `sync` stays in the log and is found by the next opening. Any other use after this is a
    /// programmer error, and so is closing while a cursor lives or a call runs: let those end first, or drop the
    /// reference instead and the database closes by itself after its last cursor.
    ///
    /// - Complexity: waits for a compaction that is writing a table.
    public func close() {
        guard uses.close() else { return }
        native.destroy()
        if isDiscarded.load(ordering: .acquiring) { removeFiles() }
    }

    /// Has the files deleted when the database is closed, by ``close()`` or behind its last cursor. It can be read, and
    /// written, until then. A file that cannot be deleted stays, and nobody is told: where that matters, whoever opens
    /// the directory's parent next looks for it.
    public func discard() {
        isDiscarded.store(true, ordering: .releasing)
    }
}
