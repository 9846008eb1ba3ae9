// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The key of a chunk, or of slots that chunks share, in memory of its own, without an array: reading makes one for every
/// chunk.
struct ChunkKey: Hashable {
    /// Its bytes in order, and zeros.
    private var words: SIMD2<UInt64>
    private var count: Int

    /// That of the chunk of a place.
    init(_ place: ChunkPlace) {
        self.init(place, hash: 0, count: 11)
    }

    /// That of the slots that chunks share: behind the chunk of the first series that had them, by the hash of their
    /// column.
    init(slotsAt lead: ChunkPlace, hash: UInt16) {
        self.init(lead, hash: hash, count: 13)
    }

    /// The one that an entry of shared slots has; nil when it is none.
    init?(slots key: UnsafeRawBufferPointer) {
        guard key.count == 13,
            let place = KeySpace.chunkPlace(UnsafeRawBufferPointer(rebasing: key[..<11])),
            let hash = KeySpace.read(key, at: 11, as: UInt16.self)
        else { return nil }
        self.init(slotsAt: place, hash: hash)
    }

    /// What stands for the key in memory when its bytes are in the file of a day: no key of the hot database.
    func inFile(ofGeneration generation: UInt32) -> ChunkKey {
        var key = self
        key.words[1] |= (UInt64(generation & 0xFFFF) << 8 | 1).bigEndian
        key.count = 16
        return key
    }

    private init(_ place: ChunkPlace, hash: UInt16, count: Int) {
        let series = UInt64(place.series.number)
        let first = UInt64(KeySpace.chunk.rawValue) << 56 | UInt64(place.day) << 24 | series >> 8
        let second = series << 56 | UInt64(place.span) << 40 | UInt64(hash) << 24
        words = SIMD2(first.bigEndian, second.bigEndian)
        self.count = count
    }

    /// The bytes as an array.
    var bytes: [UInt8] { withBytes { Array($0) } }

    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes(of: words) { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
    }

    /// CRC-32C of the bytes.
    var checksum: UInt32 { withBytes { CRC32C.checksum($0) } }

    /// Whether these bytes are the key.
    @inline(__always)
    func isEqual(_ key: UnsafeRawBufferPointer) -> Bool {
        guard key.count == count else { return false }
        // Eight bytes from the first, and eight up to the last.
        return withBytes { own in
            own.loadUnaligned(as: UInt64.self) == key.loadUnaligned(as: UInt64.self)
                && own.loadUnaligned(fromByteOffset: own.count - 8, as: UInt64.self)
                    == key.loadUnaligned(fromByteOffset: own.count - 8, as: UInt64.self)
        }
    }
}
