// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A small file that is there whole or as it was: written beside its place, synced and moved there.
enum DurableFile {
    /// Replaces what a file holds. Blocks for a sync.
    ///
    /// - Throws: `NotifyError`; the file is as it was then.
    static func write(_ bytes: [UInt8], to path: String) throws(NotifyError) {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NotifyError(errorText(errno)) }
        var rest = bytes[...]
        var failure: Int32 = 0
        while !rest.isEmpty, failure == 0 {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { failure = errno } else { rest = rest.dropFirst(count) }
        }
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        Glibc.close(descriptor)
        if failure == 0, rename(temporary, path) != 0 { failure = errno }
        if failure != 0 { throw NotifyError(errorText(failure)) }
    }
}
