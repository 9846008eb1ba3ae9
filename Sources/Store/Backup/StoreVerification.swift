// SPDX-License-Identifier: Apache-2.0

import Glibc
import LevelDB
public import TimeSeries

/// What looking through all of a store found.
public struct StoreVerification: Sendable {
    /// What is wrong, one line each, with the file or the entry; empty when nothing is.
    public internal(set) var faults: [String] = []
    /// How many of what was looked at: files, entries by kind, chunks, points and samples.
    public internal(set) var checked: [(what: String, count: Int)] = []
    /// Commits of the store.
    public internal(set) var commits: UInt64 = 0
    /// Whether it is a backup.
    public internal(set) var isBackup = false

    /// More are not told.
    static let mostFaults = 1_000

    /// Adds a fault, unless it was told a moment ago: LevelDB says the same of a block at every look.
    mutating func add(_ fault: String) {
        if faults.last == fault { return }
        if faults.count < StoreVerification.mostFaults {
            faults.append(fault)
        } else if faults.count == StoreVerification.mostFaults {
            faults.append("and more")
        }
    }

    mutating func count(_ what: String, _ count: Int) {
        if count > 0 { checked.append((what, count)) }
    }
}

/// Decoders of what a store keeps as bytes and does not look into; nil is a whole one, else what is wrong.
public struct OpaqueEntryChecks: Sendable {
    /// Of a block of a join's records.
    public var joinBlock: @Sendable (JoinBlock) -> String?
    /// Of what is kept with the pages of a join's day.
    public var joinDetails: @Sendable (UnsafeRawBufferPointer) -> String?
    /// Of a baseline.
    public var baseline: @Sendable (UnsafeRawBufferPointer) -> String?

    /// Checks; those that are not given find everything whole.
    public init(
        joinBlock: @escaping @Sendable (JoinBlock) -> String? = { _ in nil },
        joinDetails: @escaping @Sendable (UnsafeRawBufferPointer) -> String? = { _ in nil },
        baseline: @escaping @Sendable (UnsafeRawBufferPointer) -> String? = { _ in nil }
    ) {
        self.joinBlock = joinBlock
        self.joinDetails = joinDetails
        self.baseline = baseline
    }
}

extension SeriesStore {
    /// Looks through all of a data directory that nobody has open, or of a backup: every block of every file, every entry,
    /// and whether entries fit each other. Nothing is written there; a folder in `TMPDIR` holds links to the files
    /// meanwhile, and tables that LevelDB makes of its log.
    ///
    /// - Throws: `inUse`; `io` and `diskFull` when it could not be done. What is wrong with the store is in the result.
    /// - Complexity: O(everything).
    public static func verify(
        _ path: String,
        checks: OpaqueEntryChecks = OpaqueEntryChecks()
    ) throws(StoreError) -> StoreVerification {
        guard Folder(path).status(of: "hot")?.isFolder ?? false else {
            throw StoreError(code: .io, message: "\(path) is not a data directory: it has no folder hot")
        }
        let lock = try VerificationLock(path)
        defer { lock.release() }
        var found = StoreVerification()
        let damaged = try verifyFiles(path, &found)
        guard let epoch = try StoreDirectory.epochs(path).last else {
            found.add("\(path)/hot has no database")
            return found
        }
        let shadow = try ShadowStore(of: path, epoch: epoch)
        defer { shadow.remove() }
        let fits = try shadow.faults(into: &found) { found throws(StoreError) in
            var check = EntryCheck(shadow.hot, checks)
            try check.run(&found)
        }
        // LevelDB removes what no manifest names when it opens: a table that it was writing when it was closed is cut short,
        // and nobody needs it.
        for (name, fault) in damaged where !fits || Folder(shadow.hot).status(of: name) != nil { found.add(fault) }
        guard fits else { return found }
        _ = try shadow.faults(into: &found) { found throws(StoreError) in
            let store = try SeriesStore.open(at: shadow.path)
            defer { store.close() }
            found.commits = store.commits
            var check = ChunkCheck(store)
            try check.run(&found)
        }
        if let manifest = try? BackupManifest.read(path), manifest.commits != found.commits, found.faults.isEmpty {
            found.add("\(path) has \(found.commits) commits, and its file BACKUP says \(manifest.commits)")
        }
        return found
    }

    /// Every file by itself.
    ///
    /// - Returns: tables that are damaged, by name, and their faults; they are not in `found` yet.
    private static func verifyFiles(
        _ path: String,
        _ found: inout StoreVerification
    ) throws(StoreError) -> [(name: String, fault: String)] {
        let folder = Folder(path)
        do throws(StoreError) {
            if let manifest = try BackupManifest.read(path) {
                found.isBackup = true
                try verify(manifest, of: folder, &found)
            }
        } catch {
            found.isBackup = true
            found.add(error.message)
        }
        let format = try? StoreFile(path + "/FORMAT").bytes()
        if format != Array(StoreDirectory.format.utf8) { found.add("\(path)/FORMAT is not 'tidemark 1'") }
        var files = 2
        var damaged: [(name: String, fault: String)] = []
        // An older one that a kill has left is removed by the next opening, whatever is left of it.
        for epoch in try StoreDirectory.epochs(path).suffix(1) {
            let hot = Folder(StoreDirectory.hot(path, epoch: epoch))
            let current = (try? StoreFile(hot.path + "/CURRENT").bytes()).map { String(decoding: $0, as: UTF8.self) }
            let names = try hot.names()
            if !names.contains(where: { $0.hasPrefix("MANIFEST-") && $0 + "\n" == current }) {
                found.add("\(hot.path)/CURRENT does not name a manifest that is there")
            }
            for name in names {
                let file = hot.path + "/" + name
                if name.hasSuffix(".ldb") {
                    var table = StoreVerification()
                    try TableCheck(file).run(&table)
                    damaged += table.faults.map { (name, $0) }
                } else if name.hasSuffix(".log") || name + "\n" == current {
                    try LogCheck(file).run(&found)
                } else {
                    continue
                }
                files += 1
            }
        }
        found.count("files", files)
        return damaged
    }

    private static func verify(
        _ manifest: BackupManifest,
        of folder: Folder,
        _ found: inout StoreVerification
    ) throws(StoreError) {
        for file in manifest.files {
            let path = folder.path + "/" + file.path
            guard let status = folder.status(of: file.path) else {
                found.add("\(path) is missing")
                continue
            }
            if status.bytes != file.bytes {
                found.add("\(path) has \(status.bytes) bytes, not \(file.bytes)")
            } else if let crc = file.crc, try StoreFile(path).checksum().crc != crc {
                found.add("\(path) is not what the backup wrote: it has another checksum")
            }
        }
    }
}

/// The lock of a data directory, when there is one to be held.
private struct VerificationLock {
    private let descriptor: Int32

    init(_ path: String) throws(StoreError) {
        // A directory that was never opened, as a backup, has none; one that is read-only is nobody's.
        descriptor = open(path + "/LOCK-owner", O_RDWR | O_CLOEXEC)
        if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            close(descriptor)
            throw StoreError(code: .inUse, message: "\(path) is in use; a backup of it can be verified")
        }
    }

    func release() {
        guard descriptor >= 0 else { return }
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
