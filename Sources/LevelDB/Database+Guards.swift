// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What `leveldb_open` would get wrong, checked before it is called.
///
/// It makes a directory before it notices that it was not to create anything. And without a `CURRENT` file it takes a
/// directory for empty, begins a new database there, and deletes the tables of the old one as obsolete. What a damaged
/// footer does is told in ``checkFooter(of:in:)``.
func checkDirectory(at path: String, options: Options) throws(LevelDBError) {
    try requireValid(path: path)
    if access(path + "/CURRENT", F_OK) == 0 {
        for name in fileNames(in: path) where isTable(name) { try checkFooter(of: name, in: path) }
        return
    }
    guard options.createIfMissing else {
        throw LevelDBError(
            message: "Invalid argument: \(path): does not exist (create_if_missing is false)",
            path: path
        )
    }
    if let name = firstDataFile(in: path) {
        throw LevelDBError(message: "Corruption: \(path)/CURRENT is missing, but there is \(name)", path: path)
    }
}

/// A path from a user may hold anything; C would cut it at the zero byte and open another directory.
func requireValid(path: String) throws(LevelDBError) {
    if path.utf8.contains(0) {
        throw LevelDBError(code: .invalidArgument, message: "the path has a zero byte in it", path: path)
    }
}

/// A table, or a log with something in it. A manifest alone is what a crash during the first opening leaves, and an
/// empty log holds nothing to lose.
private func firstDataFile(in path: String) -> String? {
    fileNames(in: path).first { name in
        if isTable(name) { return true }
        var status = stat()
        return name.hasSuffix(".log") && stat(path + "/" + name, &status) == 0 && status.st_size > 0
    }
}

private func isTable(_ name: String) -> Bool {
    name.hasSuffix(".ldb") || name.hasSuffix(".sst")
}

private func fileNames(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        }
    }
    return names
}
