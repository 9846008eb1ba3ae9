// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A piece of a file that goes out as one request.
struct Batch: Sendable {
    /// Whole lines, or a whole file.
    var body: ByteBuffer
    /// The media type it is sent as.
    var contentType: String
    /// The file's path, for messages.
    var file: String
    /// The number of the first line in the file, from 1.
    var firstLine: Int

    /// The text of a line of the body, from 1.
    func text(ofLine line: Int) -> String? {
        let lines = body.readableBytesView.split(separator: 10, maxSplits: line, omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else { return nil }
        let bytes = lines[line - 1]
        return String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
