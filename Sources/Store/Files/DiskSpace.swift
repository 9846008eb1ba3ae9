// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a file system says of its room.
enum DiskSpace {
    /// Whether two paths are on one file system; false when nobody says.
    static func isShared(_ path: String, _ other: String) -> Bool {
        var (one, two) = (stat(), stat())
        return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev
    }

    /// Bytes that are free for this process; nil when nobody says.
    static func freeBytes(_ path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
