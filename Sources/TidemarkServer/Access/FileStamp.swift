// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What tells whether a file is another than before, without reading it: which one it is, how long, and when it changed.
struct FileStamp: Equatable, Sendable {
    private var device: UInt
    private var number: UInt
    private var size: Int
    private var changed: [Int]

    /// Of what a path leads to now, links followed; nil when there is nothing to see.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
        size = Int(status.st_size)
        changed = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
