// SPDX-License-Identifier: Apache-2.0

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
            guard let plain = Snappy.decode(contents) else { throw ByteReader.Malformed(offset: start) }
            return plain
        default: throw ByteReader.Malformed(offset: start)
        }
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

/// Snappy's raw format (`snappy/format_description.txt`): the length as a varint, then literals and copies of what came
/// before.
enum Snappy {
    /// - Returns: nil when the bytes are malformed.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        do throws(ByteReader.Malformed) {
            return try decodeChecked(bytes)
        } catch {
            return nil
        }
    }

    private static func decodeChecked(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> [UInt8] {
        var reader = ByteReader(bytes)
        let total = Int(clamping: try reader.varint())
        // A copy of 64 bytes takes two or three.
        guard total <= bytes.count * 64 else { throw ByteReader.Malformed(offset: 0) }
        var plain: [UInt8] = []
        plain.reserveCapacity(total)
        func number(_ count: Int) throws(ByteReader.Malformed) -> Int {
            var number = 0
            for place in 0..<count { number |= Int(try reader.byte()) << (8 * place) }
            return number
        }
        while reader.remaining > 0 {
            let tag = Int(try reader.byte())
            var length = (tag >> 2) + 1
            var distance = 0
            switch tag & 3 {
            case 0:
                if length > 60 { length = try number(length - 60) + 1 }
                guard length <= reader.remaining else { throw ByteReader.Malformed(offset: reader.offset) }
                plain += reader.rest[..<length]
                try reader.skip(length)
                continue
            case 1:
                length = ((tag >> 2) & 7) + 4
                distance = (tag >> 5) << 8 | Int(try reader.byte())
            case 2: distance = try number(2)
            default: distance = try number(4)
            }
            guard distance > 0, distance <= plain.count, plain.count + length <= total else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            for _ in 0..<length { plain.append(plain[plain.count - distance]) }
        }
        guard plain.count == total else { throw ByteReader.Malformed(offset: bytes.count) }
        return plain
    }
}
