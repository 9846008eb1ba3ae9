// SPDX-License-Identifier: Apache-2.0

import CSnappy
import TimeSeries

/// Checks a table of LevelDB by itself (`leveldb/doc/table_format.md`), so that damage is told with the file's name:
///
///     blocks          bytes   compression:1 (0 none, 1 snappy)   checksum:4 of both
///     footer, 48      two handles (offset, size: varint64), of the metaindex and the index; zeros; magic:8
///
/// Index and metaindex are blocks of entries (shared: varint, unshared: varint, value bytes: varint, key, value) before a
/// list of restart points; their values begin with the handle of a block.
struct TableCheck {
    private static let footerBytes = 48
    private static let magic: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
    let path: String

    init(_ path: String) {
        self.path = path
    }

    func run(_ found: inout StoreVerification) throws(StoreError) {
        let bytes = try StoreFile(path).bytes()
        bytes.withUnsafeBytes { bytes in
            guard bytes.count >= TableCheck.footerBytes, bytes.suffix(8).elementsEqual(TableCheck.magic) else {
                return found.add("\(path) does not end as a table does")
            }
            do throws(ByteReader.Malformed) {
                let footer = UnsafeRawBufferPointer(rebasing: bytes.suffix(TableCheck.footerBytes).dropLast(8))
                var reader = ByteReader(footer)
                for _ in 0..<2 {
                    let (offset, size) = (try reader.varint(), try reader.varint())
                    let index = try block(bytes, offset, size)
                    for (offset, size) in try handles(index) { _ = try block(bytes, offset, size) }
                }
                guard reader.rest.allSatisfy({ $0 == 0 }) else { throw ByteReader.Malformed(offset: bytes.count - 48) }
            } catch {
                found.add("\(path): the block at byte \(error.offset) is damaged")
            }
        }
    }

    /// The contents of a block whose checksum is right.
    private func block(
        _ bytes: UnsafeRawBufferPointer,
        _ offset: UInt64,
        _ size: UInt64
    ) throws(ByteReader.Malformed) -> [UInt8] {
        let start = Int(clamping: offset)
        let (end, overflow) = start.addingReportingOverflow(Int(clamping: size))
        guard !overflow, end <= bytes.count - TableCheck.footerBytes - 5 else {
            throw ByteReader.Malformed(offset: start)
        }
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end + 1, as: UInt32.self))
        let crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[start...end]))
        guard LevelDBChecksum.masked(crc) == stored else { throw ByteReader.Malformed(offset: start) }
        let contents = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        switch bytes[end] {
        case 0: return Array(contents)
        case 1:
            guard let plain = TableCheck.uncompressed(contents) else { throw ByteReader.Malformed(offset: start) }
            return plain
        default: throw ByteReader.Malformed(offset: start)
        }
    }

    /// What a block of Snappy says; nil when it is none.
    private static func uncompressed(_ block: UnsafeRawBufferPointer) -> [UInt8]? {
        let input = block.baseAddress?.assumingMemoryBound(to: CChar.self)
        var length = 0
        // Nothing is 32 times smaller in this format: damage does not make us allocate much.
        guard snappy_uncompressed_length(input, block.count, &length) == SNAPPY_OK, length / 32 <= block.count else {
            return nil
        }
        var status = SNAPPY_OK
        let plain = [UInt8](unsafeUninitializedCapacity: length) { output, count in
            count = length
            output.withMemoryRebound(to: CChar.self) {
                status = snappy_uncompress(input, block.count, $0.baseAddress, &count)
            }
            if status != SNAPPY_OK { count = 0 }
        }
        return status == SNAPPY_OK ? plain : nil
    }

    private func handles(_ block: [UInt8]) throws(ByteReader.Malformed) -> [(offset: UInt64, size: UInt64)] {
        try block.withBytes { bytes throws(ByteReader.Malformed) in
            guard bytes.count >= 4 else { throw ByteReader.Malformed(offset: 0) }
            let last = bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)
            let restarts = Int(UInt32(littleEndian: last))
            guard restarts <= bytes.count / 4 - 1 else { throw ByteReader.Malformed(offset: 0) }
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4 * (restarts + 1))]))
            var handles: [(UInt64, UInt64)] = []
            while reader.remaining > 0 {
                _ = try reader.varint()
                let key = Int(clamping: try reader.varint())
                let value = Int(clamping: try reader.varint())
                guard key <= reader.remaining, value <= reader.remaining - key else {
                    throw ByteReader.Malformed(offset: reader.offset)
                }
                try reader.skip(key)
                let before = reader.remaining
                handles.append((try reader.varint(), try reader.varint()))
                let read = before - reader.remaining
                guard read <= value else { throw ByteReader.Malformed(offset: reader.offset) }
                try reader.skip(value - read)
            }
            return handles
        }
    }
}
