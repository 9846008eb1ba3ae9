// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A data directory, held by one process at a time.
///
///     FORMAT            "tidemark 1"
///     LOCK-owner        locked by the process that has the store open; its process id
///     hot/<epoch>/      the writable LevelDB; the highest whole epoch counts
///     day/              files of sealed days
///     BACKUP            in a backup alone: what it holds; a store there is not opened
final class StoreDirectory: Sendable {
    static let format = "tidemark 1\n"

    let path: String
    private let lock: Int32

    /// Makes the directory when it is missing, and takes its lock.
    ///
    /// - Throws: `inUse` when another process has it, `incompatible` when it is not a store of this format.
    init(_ path: String) throws(StoreError) {
        self.path = path
        if Folder(path).status(of: BackupManifest.name) != nil {
            throw StoreError(
                code: .incompatible,
                message: "\(path) is a backup; `tidemark restore` makes a data directory of it"
            )
        }
        try StoreDirectory.make(path)
        let lockPath = path + "/LOCK-owner"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot open \(lockPath)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = StoreDirectory.owner(descriptor)
            close(descriptor)
            throw StoreError(
                code: .inUse,
                message: "\(path) is in use by \(owner); one process has a data directory at a time"
            )
        }
        lock = descriptor
        do throws(StoreError) {
            try claim()
            try checkFormat()
        } catch {
            StoreDirectory.unlock(descriptor)
            throw error
        }
    }

    deinit {
        StoreDirectory.unlock(lock)
    }

    /// Gives the lock back by name: a process that was forked a moment ago, and has not become another program yet, has
    /// the descriptor too, and closing ours would leave the lock with it.
    private static func unlock(_ descriptor: Int32) {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// The folder of the hot database of an epoch.
    func hot(epoch: Int) -> String { StoreDirectory.hot(path, epoch: epoch) }

    /// The folder of the hot database of an epoch of the store at a path.
    static func hot(_ path: String, epoch: Int) -> String {
        path + "/hot/" + String(repeating: "0", count: max(0, 8 - String(epoch).count)) + String(epoch)
    }

    /// The epochs whose hot database is whole, ascending.
    static func epochs(_ path: String) throws(StoreError) -> [Int] {
        try Folder(path + "/hot").names().compactMap { name in
            guard name.utf8.count >= 8, name.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
            return Folder(path + "/hot/" + name).status(of: unfinished) == nil ? Int(name) : nil
        }.sorted()
    }

    /// A file in the folder of a hot database that is not whole yet.
    static let unfinished = "UNFINISHED"

    /// The size of all files in the hot database, in bytes.
    func bytes(epoch: Int) -> Int {
        Folder(hot(epoch: epoch)).bytes { _ in true }
    }

    /// Whether a file of so many bytes can be written and synced in a directory; it is removed again. It takes no lock.
    static func canWrite(_ path: String, bytes: Int) -> Bool {
        let probe = path + "/PROBE"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer {
            close(descriptor)
            unlink(probe)
        }
        let block = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<(bytes / block.count) {
            guard write(descriptor, block, block.count) == block.count else { return false }
        }
        return fsync(descriptor) == 0
    }

    // MARK: - Opening

    private static func make(_ path: String) throws(StoreError) {
        try Folder(path).makeWithParents()
        var status = stat()
        guard stat(path, &status) == 0 else { throw fault("cannot open \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError(code: .io, message: "\(path) is not a directory")
        }
        try Folder(path + "/hot").makeIfMissing()
    }

    /// Writes this process' id into the lock file. A full disk does not stop anyone from opening a store for this.
    private func claim() throws(StoreError) {
        let text = "\(getpid())\n"
        guard ftruncate(lock, 0) == 0 else { throw StoreDirectory.fault("cannot write \(path)/LOCK-owner") }
        _ = pwrite(lock, text, text.utf8.count, 0)
    }

    private static func owner(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        return Int(text.split(separator: "\n").first ?? "").map { "process \($0)" } ?? "another process"
    }

    private func checkFormat() throws(StoreError) {
        let file = path + "/FORMAT"
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT {
            try writeFormat(file)
            return
        }
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot open \(file)") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw StoreDirectory.fault("cannot read \(file)") }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard text == StoreDirectory.format else {
            let found = text.split(separator: "\n").first.map(String.init) ?? ""
            throw StoreError(
                code: .incompatible,
                message: "\(file) says '\(found)'; this program reads 'tidemark 1'"
            )
        }
    }

    /// Writes the file beside its place and moves it there, so that it is whole or absent.
    private func writeFormat(_ file: String) throws(StoreError) {
        let temporary = file + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot write \(temporary)") }
        let text = StoreDirectory.format
        let written = write(descriptor, text, text.utf8.count) == text.utf8.count && fsync(descriptor) == 0
        let reason = errno
        close(descriptor)
        guard written, rename(temporary, file) == 0 else {
            if !written { errno = reason }
            throw StoreDirectory.fault("cannot write \(file)")
        }
    }

    /// What the last system call failed with.
    static func fault(_ what: String) -> StoreError {
        let code: StoreError.Code = errno == ENOSPC || errno == EDQUOT ? .diskFull : .io
        return StoreError(code: code, message: "\(what): \(String(cString: strerror(errno)))")
    }
}
