// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder on the disk, and what is done with whole ones: listing, syncing, removing.
struct Folder {
    let path: String

    /// - Parameter path: slashes at its end do not count.
    init(_ path: String) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// The folder that a file or folder is in.
    static func parent(of path: String) -> Folder {
        let trimmed = Folder(path).path
        guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return Folder(".") }
        return Folder(slash == trimmed.startIndex ? "/" : String(trimmed[..<slash]))
    }

    /// The names of everything in it but `.` and `..`, sorted; none when it is not there.
    func names() throws(StoreError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw StoreDirectory.fault("cannot read \(path)")
        }
        defer { closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw StoreDirectory.fault("cannot read \(path)") }
        return names.sorted()
    }

    /// The size of its files whose names are asked for, in bytes; 0 when it cannot be read.
    func bytes(where isWanted: (String) -> Bool) -> Int {
        guard let names = try? names() else { return 0 }
        return names.reduce(0) { total, name in
            guard isWanted(name), let status = status(of: name), status.isFile else { return total }
            return total + status.bytes
        }
    }

    /// What is under a name; nil when nothing is.
    func status(of name: String) -> (isFile: Bool, isFolder: Bool, bytes: Int)? {
        var status = stat()
        guard stat(path + "/" + name, &status) == 0 else { return nil }
        let kind = status.st_mode & S_IFMT
        return (kind == S_IFREG, kind == S_IFDIR, Int(status.st_size))
    }

    /// The paths of all files in it and in its folders, without its own path, sorted.
    func files() throws(StoreError) -> [String] {
        var files: [String] = []
        for name in try names() {
            guard let status = status(of: name) else { throw StoreDirectory.fault("cannot look at \(path)/\(name)") }
            if status.isFile { files.append(name) }
            if status.isFolder { files += try Folder(path + "/" + name).files().map { name + "/" + $0 } }
        }
        return files
    }

    /// Makes it; its parent has to be there.
    ///
    /// - Throws: `io` when something has the name.
    func make() throws(StoreError) {
        guard mkdir(path, 0o700) == 0 else { throw StoreDirectory.fault("cannot make \(path)") }
    }

    /// Makes it unless it is there.
    func makeIfMissing() throws(StoreError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw StoreDirectory.fault("cannot make \(path)") }
    }

    /// Makes it, and what it is in, unless they are there.
    func makeWithParents() throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0 { return }
        let parent = Folder.parent(of: path)
        if parent.path != path { try parent.makeWithParents() }
        try makeIfMissing()
    }

    /// - Throws: `diskFull` when its disk has fewer bytes free.
    func requireFree(_ bytes: Int) throws(StoreError) {
        guard let free = DiskSpace.freeBytes(path) else { throw StoreDirectory.fault("cannot look at \(path)") }
        guard free >= bytes else {
            throw StoreError(code: .diskFull, message: "\(path) has \(free) bytes free, and \(bytes) are needed")
        }
    }

    /// Makes durable which names are in it.
    func sync() throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreDirectory.fault("cannot sync \(path)") }
    }

    /// Makes everything in it durable: each file, each folder, and itself.
    func syncAll() throws(StoreError) {
        for name in try names() {
            guard let status = status(of: name) else { continue }
            if status.isFolder { try Folder(path + "/" + name).syncAll() }
            if status.isFile { try StoreFile(path + "/" + name).sync() }
        }
        try sync()
    }

    /// Removes it with everything in it. Nothing there is fine; what cannot be removed stays.
    func remove() {
        for name in (try? names()) ?? [] {
            let child = path + "/" + name
            var status = stat()
            if lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                Folder(child).remove()
            } else {
                unlink(child)
            }
        }
        rmdir(path)
    }

    /// Removes it with everything in it, under another name first: a folder whose name means something is whole or gone,
    /// whenever this is broken off. When it cannot be renamed it stays whole. `.tmp` at the end of a name is for that.
    func discard() {
        let aside = Folder(path + ".tmp")
        aside.remove()
        if rename(path, aside.path) == 0 { aside.remove() }
    }

    /// Gives it another name, and makes that durable. When that fails it has its own name again, as far as the disk lets it.
    func move(to other: String) throws(StoreError) {
        guard rename(path, other) == 0 else { throw StoreDirectory.fault("cannot move \(path) to \(other)") }
        do throws(StoreError) {
            try Folder.parent(of: other).sync()
        } catch {
            rename(other, path)
            throw error
        }
    }
}
