// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The last block of a log or a manifest of LevelDB (`LogCheck` has their format), looked at before LevelDB reads it.
///
/// LevelDB takes a record that goes beyond the end of the file for the torn end that a crash leaves, and forgets it with
/// everything behind it. A record of which a crash has left a part does not have the checksum of that part. One whose
/// length alone is damaged has the checksum of fewer bytes, which end where the file does or where a whole record begins:
/// what was acknowledged would be lost, and nobody told.
struct LogTail {
    private static let blockBytes = 32_768
    private static let headerBytes = 7
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Checks the logs and manifests of a database that nobody has open.
    ///
    /// - Throws: `corrupt` with the file, `io`.
    /// - Complexity: O(1) for each file.
    static func check(database path: String) throws(StoreError) {
        let folder = Folder(path)
        for name in try folder.names() where name.hasSuffix(".log") || name.hasPrefix("MANIFEST-") {
            try LogTail(path + "/" + name).check(bytes: folder.status(of: name)?.bytes ?? 0)
        }
    }

    private func check(bytes size: Int) throws(StoreError) {
        // LevelDB itself tells a length that does not fit a whole block.
        let start = size / LogTail.blockBytes * LogTail.blockBytes
        let block = try StoreFile(path).bytes(from: start)
        let damaged = block.withUnsafeBytes { LogTail.damagedLength($0) }
        guard let damaged else { return }
        throw StoreError(
            code: .corrupt,
            message: "\(path): the length of the record at byte \(start + damaged) is damaged, and the record is whole"
        )
    }

    /// Where a record begins that has another length than it says.
    private static func damagedLength(_ block: UnsafeRawBufferPointer) -> Int? {
        var at = 0
        while at + headerBytes <= block.count {
            guard let end = end(ofRecordAt: at, block) else { return isWhole(at, block) ? at : nil }
            at = end
        }
        return nil
    }

    /// By its length; nil when the block ends before.
    private static func end(ofRecordAt at: Int, _ block: UnsafeRawBufferPointer) -> Int? {
        let length = UInt16(littleEndian: block.loadUnaligned(fromByteOffset: at + 4, as: UInt16.self))
        let end = at + headerBytes + Int(length)
        return end <= block.count ? end : nil
    }

    /// Whether some bytes behind a header are those that its checksum is of, and the next record begins behind them.
    ///
    /// - Complexity: O(bytes).
    private static func isWhole(_ at: Int, _ block: UnsafeRawBufferPointer) -> Bool {
        let stored = block.loadUnaligned(fromByteOffset: at, as: UInt32.self)
        var crc: UInt32 = 0
        for end in (at + headerBytes)...block.count {
            let next = end == at + headerBytes ? (at + 6)..<end : (end - 1)..<end
            crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: block[next]), after: crc)
            if LevelDBChecksum.masked(crc) == UInt32(littleEndian: stored), isEnd(end, block) { return true }
        }
        return false
    }

    /// Whether the file ends here, or a record follows that is as its checksum says.
    private static func isEnd(_ at: Int, _ block: UnsafeRawBufferPointer) -> Bool {
        if at == block.count { return true }
        guard at + headerBytes <= block.count, let end = end(ofRecordAt: at, block) else { return false }
        let stored = block.loadUnaligned(fromByteOffset: at, as: UInt32.self)
        let body = UnsafeRawBufferPointer(rebasing: block[(at + 6)..<end])
        return LevelDBChecksum.masked(CRC32C.checksum(body)) == UInt32(littleEndian: stored)
    }
}
