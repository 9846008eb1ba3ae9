// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A tmpfs, unmounted when it goes, and before the directory that it is mounted in.
final class SmallDisk: Sendable {
    let path: String
    private let directory: TemporaryDirectory
    private var ballast: String { path + "/ballast" }

    init(megabytes: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", UInt(MS_NOSUID), "size=\(megabytes)m") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }

    /// Fills the disk up to so many bytes.
    func fill(leaving left: Int) throws {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw POSIXError(.EIO) }
        let free = Int(status.f_bavail) * Int(status.f_bsize)
        try writeBytes([UInt8](repeating: 1, count: max(0, free - left)), to: ballast)
    }

    func makeRoom() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    static var isPermitted: Bool {
        (try? SmallDisk(megabytes: 1)) != nil
    }
}
