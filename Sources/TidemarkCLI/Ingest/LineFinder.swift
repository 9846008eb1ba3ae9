// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Finds lines of a file by number, for the rejects file, without holding the file in memory.
///
/// Asked in rising order it reads the file once; a step back costs at most ``stride`` lines.
final class LineFinder {
    /// Lines between two remembered positions: 1 MB of positions for a file of 250 million lines.
    private static let stride = 4096
    private static let longestText = 1 << 20

    private let stream: UnsafeMutablePointer<FILE>
    /// Byte offset of line 1, 1 + stride, 1 + 2 × stride, …
    private var offsets = [0]
    private var nextLine = 1
    private var memory: UnsafeMutablePointer<CChar>?
    private var capacity = 0

    /// - Returns: nil when the file cannot be read twice: standard input, or a pipe.
    init?(_ path: String) {
        guard path != "-", let file = try? InputFile(path), file.size != nil, let stream = fopen(path, "re") else {
            return nil
        }
        self.stream = stream
    }

    deinit {
        free(memory)
        fclose(stream)
    }

    /// The text of a line without its line end, at most 1 MiB of it; nil beyond the file's end.
    func text(ofLine line: Int) -> String? {
        guard line >= 1 else { return nil }
        let known = min((line - 1) / Self.stride, offsets.count - 1)
        let start = 1 + known * Self.stride
        if line < nextLine || start > nextLine {
            guard fseek(stream, offsets[known], SEEK_SET) == 0 else { return nil }
            nextLine = start
        }
        while true {
            if (nextLine - 1) % Self.stride == 0, (nextLine - 1) / Self.stride == offsets.count {
                offsets.append(ftell(stream))
            }
            let length = getline(&memory, &capacity, stream)
            guard length >= 0, let memory else { return nil }
            nextLine += 1
            guard nextLine > line else { continue }
            var bytes = UnsafeRawBufferPointer(start: memory, count: length)[...]
            while let last = bytes.last, last == 10 || last == 13 { bytes.removeLast() }
            return String(decoding: bytes.prefix(Self.longestText), as: UTF8.self)
        }
    }
}
