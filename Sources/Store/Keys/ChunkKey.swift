// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The key of a chunk in memory of its own, without an array: reading makes one for every chunk.
struct ChunkKey {
    static let count = 11
    /// Its bytes in order, and five zeros.
    private let words: SIMD2<UInt64>

    init(_ place: ChunkPlace) {
        let series = UInt64(place.series.number)
        let first = UInt64(KeySpace.chunk.rawValue) << 56 | UInt64(place.day) << 24 | series >> 8
        words = SIMD2(first.bigEndian, (series << 56 | UInt64(place.span) << 40).bigEndian)
    }

    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes(of: words) { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<ChunkKey.count]))
        }
    }

    /// CRC-32C of the bytes.
    var checksum: UInt32 { withBytes { CRC32C.checksum($0) } }

    /// Whether these bytes are the key.
    @inline(__always)
    func isEqual(_ key: UnsafeRawBufferPointer) -> Bool {
        // Eight bytes from the first, and eight up to the last.
        key.count == ChunkKey.count && key.loadUnaligned(as: UInt64.self) == words[0]
            && key.loadUnaligned(fromByteOffset: 3, as: UInt64.self)
                == words[0].littleEndian >> 24 | words[1].littleEndian << 40
    }
}
