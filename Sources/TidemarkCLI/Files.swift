// SPDX-License-Identifier: Apache-2.0

import Glibc
import TidemarkServer

/// A file open for reading; standard input for `-`. Closed with its last reference.
final class InputFile: @unchecked Sendable {
    // Unchecked: the descriptor never changes, and read(2) may be called from any thread.
    let descriptor: Int32
    let path: String
    private let closes: Bool

    /// - Throws: ``CommandFailure``, one line with the path and the system's reason.
    init(_ path: String) throws {
        self.path = path
        closes = path != "-"
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("\(path): \(errorText(errno))") }
    }

    deinit {
        if closes { close(descriptor) }
    }

    /// Reads up to the memory's size; 0 at the end.
    func read(into memory: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(descriptor, memory.baseAddress, memory.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw CommandFailure("\(path): \(errorText(errno))") }
        }
    }

    /// Whether a read would return at once: always for a regular file.
    var isReadable: Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) != 0
    }

    /// Bytes of a regular file; nil for a pipe or terminal.
    var size: Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }
}
