// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Store

/// LevelDB's log of a store's hot database (`leveldb/doc/log_format.md`): blocks of 32 KiB, records with a header of
/// checksum:4, length:2, type:1.
struct LogFile {
    let path: String
    let bytes: [UInt8]
    /// Where each fragment begins, and where the last ends.
    let edges: [Int]
    /// Where each whole record ends: one for each write.
    let ends: [Int]

    /// The one log of the hot database of the store in `directory`.
    init(of directory: String) throws {
        let epoch = try #require(try StoreDirectory.epochs(directory).last)
        let logs = try files(in: StoreDirectory.hot(directory, epoch: epoch), suffix: ".log")
        try #require(logs.count == 1)
        path = logs[0]
        bytes = try readBytes(path)
        var edges: [Int] = []
        var ends: [Int] = []
        var at = 0
        while at + 7 <= bytes.count {
            if 32_768 - at % 32_768 < 7 {
                at += 32_768 - at % 32_768
                continue
            }
            edges.append(at)
            let type = bytes[at + 6]
            at += 7 + Int(bytes[at + 4]) + Int(bytes[at + 5]) << 8
            if type == 1 || type == 4 { ends.append(at) }
        }
        self.edges = edges + [at]
        self.ends = ends
    }

    /// Whether the byte is one of a fragment's length.
    func isLength(_ offset: Int) -> Bool {
        guard let start = edges.last(where: { $0 <= offset }) else { return false }
        return (4...5).contains(offset - start)
    }

    /// Leaves the first `count` bytes of the log of the store in `directory`.
    static func cut(_ directory: String, to count: Int) throws {
        let log = try LogFile(of: directory)
        try writeBytes(log.bytes[..<count], to: log.path)
    }
}

func flip(_ mask: UInt8, at offset: Int, in file: String) throws {
    var bytes = try readBytes(file)
    bytes[offset] ^= mask
    try writeBytes(bytes, to: file)
}
