// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes whole blocks to a file descriptor with write(2).
struct BlockOutput {
    let descriptor: Int32

    /// Why a block could not be written.
    enum Failure: Error, Equatable {
        /// The reader went away (EPIPE), as `head` does when it has seen enough: end quietly.
        case readerLeft
        case system(errno: Int32)
    }

    /// A reader that goes away shall be an error of write(2), not a deadly signal.
    static func ignoreBrokenPipeSignal() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Writes all of `bytes`, in as many calls as it takes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written >= 0 {
                rest = rest.dropFirst(written)
                continue
            }
            switch errno {
            case EINTR: continue
            case EPIPE: throw .readerLeft
            case let code: throw .system(errno: code)
            }
        }
    }
}
