// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One line on stderr.
func printError(_ line: String) {
    write(line + "\n", to: STDERR_FILENO)
}

/// One line on stdout that is there at once, also when stdout is a pipe.
func printLine(_ line: String) {
    write(line + "\n", to: STDOUT_FILENO)
}

/// Writes all of a text with write(2). A reader that is gone is no failure of ours.
func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
