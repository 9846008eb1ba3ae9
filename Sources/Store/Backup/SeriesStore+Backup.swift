// SPDX-License-Identifier: Apache-2.0

import Glibc
import LevelDB
import Synchronization
import TimeSeries

/// What a backup came to.
public struct BackupReport: Sendable, Hashable {
    /// Its folder.
    public var path: String
    /// Bytes of its files, those that are linked included.
    public var bytes: Int
    /// Commits of the store in it.
    public var commits: UInt64

    /// What a backup came to.
    public init(path: String, bytes: Int, commits: UInt64) {
        self.path = path
        self.bytes = bytes
        self.commits = commits
    }
}

extension SeriesStore {
    /// Copies the store as it is after one commit into a folder of its own, while commits go on.
    ///
    /// The folder gets its name when everything in it is durable. Sealed days are linked, or copied where they cannot
    /// be. A backup is for `restore` and `verify`; a store in it is not opened.
    ///
    /// - Parameters:
    ///   - target: the folder to be made; nothing may have the name, nor the name with `.tmp` behind it. Its parent has to
    ///     be there.
    ///   - leaving: bytes that have to be free on the disk when it is done, or else it is not begun.
    ///   - isCancelled: asked now and then; the backup is given up when it says so.
    /// - Throws: `exists`, `diskFull`, `io`, `corrupt`, `interrupted`; what was made is removed then. The store is as it
    ///   was.
    /// - Complexity: O(entries of the hot database).
    public func backup(
        to target: String,
        leaving: Int = 64 << 20,
        isCancelled: () -> Bool = { false }
    ) throws(StoreError) -> BackupReport {
        let target = Folder(target).path
        let folder = Folder(target + ".tmp")
        for path in [target, folder.path] {
            var status = stat()
            if lstat(path, &status) == 0 { throw StoreError(code: .exists, message: "\(path) is there already") }
        }
        let parent = Folder.parent(of: target)
        // Where sealed days cannot be linked they are copied.
        let days = DiskSpace.isShared(path, parent.path) ? 0 : state.withLock { $0.days.registry.bytes }
        try parent.requireFree(hotBytes() + days + leaving)
        try folder.make()
        do throws(StoreError) {
            let report = try fill(folder, target, isCancelled)
            try folder.move(to: target)
            return report
        } catch {
            folder.remove()
            throw error
        }
    }

    private func fill(
        _ folder: Folder,
        _ target: String,
        _ isCancelled: () -> Bool
    ) throws(StoreError) -> BackupReport {
        let side = SideFiles(path: path)
        var manifest = BackupManifest(commits: 0)
        for name in try side.others() {
            let (bytes, crc) = try StoreFile(path + "/" + name).copy(to: folder.path + "/" + name)
            manifest.files.append(BackupManifest.File(path: name, bytes: bytes, crc: crc))
        }
        func checkCancelled() throws(StoreError) {
            if isCancelled() { throw StoreError(code: .interrupted, message: "\(target): the backup was stopped") }
        }
        // The files that the state of the cursor names; they stay as long as they are in this registry.
        let (registry, cursor) = pinned()
        defer { cursor.close() }
        for (_, entry) in registry.days.sorted(by: { $0.key < $1.key }) {
            try checkCancelled()
            try link(entry.file, to: folder, &manifest)
        }

        try Folder(folder.path + "/hot").make()
        let copy = DatabaseCopy(StoreDirectory.hot(folder.path, epoch: 1))
        defer { copy.close() }
        try copy.make()
        try copy.copy(cursor, onBatch: checkCancelled)
        manifest.commits = try SeriesStore.commits(cursor)
        cursor.close()
        // From its log into tables.
        try copy.reopen()
        copy.close()
        let hot = Folder(copy.path)
        for name in try hot.names() {
            if ["LOCK", "LOG", "LOG.old"].contains(name) {
                unlink(hot.path + "/" + name)
                continue
            }
            let (bytes, crc) = try StoreFile(hot.path + "/" + name).checksum()
            manifest.files.append(BackupManifest.File(path: "hot/00000001/" + name, bytes: bytes, crc: crc))
        }
        manifest.files.sort { $0.path < $1.path }
        try StoreFile(folder.path + "/" + BackupManifest.name).write(manifest.bytes)
        try folder.syncAll()
        return BackupReport(
            path: target,
            bytes: manifest.files.reduce(manifest.bytes.count) { $0 + $1.bytes },
            commits: manifest.commits
        )
    }

    /// The hot database at one moment, and the sealed days that it names.
    private func pinned() -> (DayRegistry, Cursor) {
        var registry = DayRegistry()
        var cursor: Cursor?
        registryLock.withLock { _ in
            registry = state.withLock { $0.days.registry }
            cursor = database.makeCursor(fillCache: false)
        }
        guard let cursor else { preconditionFailure("it was made under the lock") }
        return (registry, cursor)
    }

    private func link(_ file: DayFile, to folder: Folder, _ manifest: inout BackupManifest) throws(StoreError) {
        try Folder.parent(of: folder.path + "/" + file.name).makeIfMissing()
        try StoreFile(file.path).link(to: folder.path + "/" + file.name)
        let bytes = folder.status(of: file.name)?.bytes ?? 0
        manifest.files.append(BackupManifest.File(path: file.name, bytes: bytes, crc: nil))
    }

    /// Commits of the store as a cursor sees it.
    private static func commits(_ cursor: Cursor) throws(StoreError) -> UInt64 {
        func progress(_ before: [UInt8], _ prefix: [UInt8], _ decode: (UnsafeRawBufferPointer) throws -> UInt64)
            throws(StoreError) -> UInt64?
        {
            try storeErrors { () throws(LevelDBError) in try cursor.seek(before: before) }
            guard cursor.isValid, cursor.key.starts(with: prefix) else { return nil }
            do {
                return try decode(cursor.value)
            } catch {
                throw StoreError(code: .corrupt, message: "the newest entry \(prefix) is malformed")
            }
        }
        let last = try progress([KeySpace.journal.rawValue + 1], KeySpace.journal.prefix) { value in
            var reader = ByteReader(value)
            guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0) }
            return try Progress(&reader).commits
        }
        if let last { return last }
        let checkpoint = KeySpace.meta(CheckpointRecord.name)
        return try progress(checkpoint + [0], checkpoint) { try CheckpointRecord.decode($0).progress.commits } ?? 0
    }
}

extension SeriesStore {
    /// Makes a data directory of a backup. The backup is verified first, and copied: it stays what it is.
    ///
    /// - Parameters:
    ///   - backup: the folder of a backup.
    ///   - path: of the data directory to be made: nothing, or an empty folder. It gets its name when everything in it is
    ///     durable.
    ///   - verify: what finds the faults of a backup.
    /// - Throws: `incompatible` when the folder is no backup, `corrupt` with the first fault, `exists` when the directory
    ///   is not empty, `diskFull`, `io`.
    public static func restore(
        _ backup: String,
        to path: String,
        verify: (String) throws(StoreError) -> StoreVerification = { path throws(StoreError) in try verify(path) }
    ) throws(StoreError) -> BackupReport {
        guard let manifest = try BackupManifest.read(backup) else {
            throw StoreError(code: .incompatible, message: "\(backup) is not a backup: it has no file BACKUP")
        }
        guard try Folder(path).names().isEmpty else {
            throw StoreError(code: .exists, message: "\(path) is not empty; restore makes a directory of its own")
        }
        let found = try verify(backup)
        if let fault = found.faults.first {
            let more = found.faults.count > 1 ? " (and \(found.faults.count - 1) more)" : ""
            throw StoreError(code: .corrupt, message: fault + more)
        }
        let folder = Folder(Folder(path).path + ".tmp")
        try folder.make()
        do throws(StoreError) {
            for file in manifest.files {
                try Folder.parent(of: folder.path + "/" + file.path).makeWithParents()
                let (_, crc) = try StoreFile(backup + "/" + file.path).copy(to: folder.path + "/" + file.path)
                guard file.crc == nil || file.crc == crc else {
                    throw StoreError(code: .corrupt, message: "\(backup)/\(file.path) changed behind its verification")
                }
            }
            try folder.syncAll()
            try folder.move(to: path)
        } catch {
            folder.remove()
            throw error
        }
        return BackupReport(
            path: path,
            bytes: manifest.files.reduce(0) { $0 + $1.bytes },
            commits: manifest.commits
        )
    }
}
