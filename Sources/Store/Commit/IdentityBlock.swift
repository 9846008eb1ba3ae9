// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Identities one behind the other, as the entries `I` (one commit's, in order of arrival) and `D` (a page of an
/// archived hour, sorted by fingerprint) hold them. Format 1:
///
///     version:1 = 1  count:varint  count × fingerprint:8 little-endian  count × digest:4 little-endian
enum IdentityBlock {
    static func encode(_ fingerprints: [UInt64], _ digests: [UInt32]) -> [UInt8] {
        precondition(fingerprints.count == digests.count, "each fingerprint has a digest")
        var writer = ByteWriter(capacity: fingerprints.count * 12 + 8)
        writer.byte(1)
        writer.varint(UInt64(fingerprints.count))
        writer.array(fingerprints)
        writer.array(digests)
        return writer.bytes
    }

    /// Calls `body` for each identity.
    static func forEach(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (_ fingerprint: UInt64, _ digest: UInt32) -> Void
    ) throws(ByteReader.Malformed) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0) }
        let count = try reader.count(of: 12)
        guard reader.remaining == count * 12 else { throw ByteReader.Malformed(offset: reader.offset) }
        let start = reader.offset
        for index in 0..<count {
            let fingerprint = bytes.loadUnaligned(fromByteOffset: start + index * 8, as: UInt64.self)
            let digest = bytes.loadUnaligned(fromByteOffset: start + count * 8 + index * 4, as: UInt32.self)
            body(UInt64(littleEndian: fingerprint), UInt32(littleEndian: digest))
        }
    }
}
