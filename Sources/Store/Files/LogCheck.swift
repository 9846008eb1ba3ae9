// SPDX-License-Identifier: Apache-2.0

/// LevelDB's checksum: a CRC-32C, turned about so that one of bytes with checksums in them is none of a record.
enum LevelDBChecksum {
    static func masked(_ crc: UInt32) -> UInt32 { (crc >> 15 | crc << 17) &+ 0xA282_EAD8 }
}

/// Checks a log or a manifest of LevelDB by itself (`leveldb/doc/log_format.md`): blocks of 32 KiB of fragments,
///
///     checksum:4 of type and bytes   length:2   type:1 (1 full, 2 first, 3 middle, 4 last)   bytes
///
/// LevelDB takes damage of a length near the end for the torn end that a crash leaves, and goes on without what is
/// behind it. Here both are told.
struct LogCheck {
    private static let blockBytes = 32_768
    let path: String
    /// Whether an end that a crash may have left is a fault.
    private let tellsTornEnd: Bool

    init(_ path: String, tellsTornEnd: Bool = true) {
        self.path = path
        self.tellsTornEnd = tellsTornEnd
    }

    func run(_ found: inout StoreVerification) throws(StoreError) {
        let bytes = try StoreFile(path).bytes()
        bytes.withUnsafeBytes { run($0, &found) }
    }

    private func run(_ bytes: UnsafeRawBufferPointer, _ found: inout StoreVerification) {
        var at = 0
        // Where a record began that is not whole yet.
        var open: Int?
        while at < bytes.count {
            let left = LogCheck.blockBytes - at % LogCheck.blockBytes
            if left < 7 {
                at += left
                continue
            }
            guard at + 7 <= bytes.count else { return incomplete(open ?? at, &found) }
            let length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt16.self)))
            let type = bytes[at + 6]
            guard at + 7 + length <= bytes.count else { return incomplete(open ?? at, &found) }
            let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let body = UnsafeRawBufferPointer(rebasing: bytes[(at + 6)..<(at + 7 + length)])
            guard 7 + length <= left, (1...4).contains(type),
                LevelDBChecksum.masked(CRC32C.checksum(body)) == stored
            else { return found.add("\(path): the record at byte \(at) has another checksum") }
            if type == 1 || type == 2, open != nil { found.add("\(path): the record at byte \(at) is out of place") }
            if type >= 3, open == nil { found.add("\(path): the record at byte \(at) is out of place") }
            open = type == 1 || type == 4 ? nil : open ?? at
            at += 7 + length
        }
        if let open { incomplete(open, &found) }
    }

    private func incomplete(_ at: Int, _ found: inout StoreVerification) {
        guard tellsTornEnd else { return }
        found.add(
            "\(path): the record at byte \(at) is not whole: either damage, or the end that a crash in the middle of a "
                + "write leaves, which was not acknowledged and goes when the store is opened and closed"
        )
    }
}
