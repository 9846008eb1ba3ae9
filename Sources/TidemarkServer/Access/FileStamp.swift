// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What tells whether a file is another than before, without reading it: which one it is, how long, and when it changed.
struct FileStamp: Equatable, Sendable {
    private let device: UInt
    private let number: UInt
    private let size: Int
    private let modified: (seconds: Int, nanoseconds: Int)
    private let changed: (seconds: Int, nanoseconds: Int)

    /// Of what a path leads to now, links followed; nil when there is nothing to see.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
        size = Int(status.st_size)
        modified = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        changed = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
    }

    static func == (left: FileStamp, right: FileStamp) -> Bool {
        left.device == right.device && left.number == right.number && left.size == right.size
            && left.modified == right.modified && left.changed == right.changed
    }
}

/// Files as they were just before each was read: what is exchanged meanwhile has changed since.
struct WatchedFiles: Equatable, Sendable {
    private struct File: Equatable {
        let path: String
        let stamp: FileStamp?
    }

    private var files: [File] = []

    /// A file that is read next, whether it is there or not.
    mutating func add(_ path: String) { files.append(File(path: path, stamp: FileStamp(path))) }

    /// Whether one is another now. Asks the system for each.
    var haveChanged: Bool { files.contains { FileStamp($0.path) != $0.stamp } }
}
