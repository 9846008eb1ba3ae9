// SPDX-License-Identifier: Apache-2.0

internal import CChecksum
import TimeSeries

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes a step: by the processor's instruction where it has one,
/// else by eight tables.
enum CRC32C {
    private static let isBuiltIn = cchecksum_has_crc32c() != 0

    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 != 0 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let previous = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = previous >> 8 ^ tables[Int(previous & 0xFF)]
            }
        }
        return tables
    }()

    /// The checksum of the bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 { checksum(bytes, after: 0) }

    /// The checksum of the bytes behind others, whose checksum is given.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32) -> UInt32 {
        guard isBuiltIn, let start = bytes.baseAddress else { return checksumByTables(bytes, after: before) }
        return ~cchecksum_crc32c_steps(~before, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// The checksum of the bytes, on any processor.
    static func checksumByTables(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~before
            var offset = 0
            while offset + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
                crc = 0
                for index in 0..<8 {
                    crc ^= tables[(7 - index) * 256 + Int(truncatingIfNeeded: word >> (8 * UInt64(index)) & 0xFF)]
                }
                offset += 8
            }
            while offset < bytes.count {
                crc = crc >> 8 ^ tables[Int(truncatingIfNeeded: (crc ^ UInt32(bytes[offset])) & 0xFF)]
                offset += 1
            }
            return ~crc
        }
    }
}

extension CRC32C {
    /// What stands before a checksum, which is the last four bytes, little-endian.
    ///
    /// - Throws: when the checksum is another one, or not there.
    ///
    /// - Parameter key: the checksum of the key under which the bytes stand; 0 for bytes without one.
    static func body(
        of bytes: UnsafeRawBufferPointer,
        key: UInt32 = 0
    ) throws(ByteReader.Malformed) -> UnsafeRawBufferPointer {
        guard bytes.count > 4 else { throw ByteReader.Malformed(offset: 0) }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
        guard stored == checksum(body) ^ key else { throw ByteReader.Malformed(offset: bytes.count - 4) }
        return body
    }
}
