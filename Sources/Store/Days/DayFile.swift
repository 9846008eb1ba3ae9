// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import Synchronization
import TimeSeries

/// The file of one sealed UTC day, `day/<YYYYMMDD>.<generation>`: written once, synced, moved into place, and never
/// changed. Format 1:
///
///     header           magic:8 "tidemday"  version:1 = 1  day:4  generation:4  crc:4
///     data             of one series after the other, by number: its chunks by span, then slots that it leads
///     index blocks     of about 4 KiB: count × record, crc:4
///     directory        for each block  first series:4  offset:8  length:4, and crc:4
///     footer           data end:8  directory offset:8  blocks:4  series:4  chunks:8  through:8  day:4  generation:4
///                      version:1 = 1  crc:4
///
///     record           series:varint less the one before in the block; the first as it is
///                      length:varint of what follows
///                      offset:varint of the series' data
///                      length:varint, and a `ChunkList` as it stands under the key `L` of the series and era
///                      for each entry of the list  length:varint of the chunk
///                      count:varint, count × (span:varint  hash:2  length:varint)  slots that chunks share
///
/// Chunks and shared slots are as in the hot database (`EventChunk`, `SampleChunk`, `SharedSlots`), with checksums over
/// the keys that they had there. Other numbers are little-endian. The checksum of an index block is xor one of day,
/// generation and the block's offset, that of the directory xor one of day, generation and its own: bytes of another
/// file or place are not taken for it.
final class DayFile: Sendable {
    static let magic = Array("tidemday".utf8)
    static let version: UInt8 = 1
    static let headerBytes = 21
    static let footerBytes = 53
    static let directoryEntryBytes = 16
    /// The name of the folder in the data directory.
    static let folder = "day"

    /// The file.
    let path: String
    /// Its path below the data directory.
    let name: String
    /// Days since 1970-01-01.
    let day: UInt32
    /// 1 for the first file of a day.
    let generation: UInt32
    /// Its bytes, and where they are counted until it is deleted; once it is dropped.
    private let counted = Mutex<(bytes: Int, sum: DroppedBytes)?>(nil)

    init(in directory: String, day: UInt32, generation: UInt32) {
        name = "\(DayFile.folder)/\(DayFile.name(ofDay: day)).\(generation)"
        path = "\(directory)/\(name)"
        self.day = day
        self.generation = generation
    }

    deinit {
        // What cannot be deleted is when the store is opened next.
        guard let counted = counted.withLock({ $0 }) else { return }
        guard counted.bytes >= DayFile.slowToDelete else {
            unlink(path)
            counted.sum.subtract(counted.bytes)
            return
        }
        // A query may be the last that has it, and should not wait for the disk.
        DispatchQueue.global(qos: .utility).async { [path] in
            unlink(path)
            counted.sum.subtract(counted.bytes)
        }
    }

    /// From so many bytes on a file takes a file system long enough to delete that nobody is to wait for it.
    private static let slowToDelete = 64 << 20

    /// Nobody new will read the file: it is deleted with the last reference, that of a view perhaps.
    ///
    /// - Parameters:
    ///   - bytes: how large it is.
    ///   - sum: has them until the file is deleted.
    func drop(bytes: Int, countedIn sum: DroppedBytes) {
        sum.add(bytes)
        counted.withLock { $0 = (bytes, sum) }
    }

    /// Whether it has been dropped.
    var isDropped: Bool { counted.withLock { $0 != nil } }

    /// Mixes day, generation and a place in the file into a checksum.
    func checksum(at offset: UInt64) -> UInt32 {
        var writer = ByteWriter(capacity: 16)
        writer.fixed(day)
        writer.fixed(generation)
        writer.fixed(offset)
        return writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
    }

    /// `YYYYMMDD` of a day since 1970-01-01, in the proleptic Gregorian calendar.
    static func name(ofDay day: UInt32) -> String {
        let date = CivilDate(daysSince1970: Int64(day))
        let digits = String(date.year * 10_000 + date.month * 100 + date.day)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// What the bytes of the file are not.
    func corrupt(_ what: String) -> StoreError {
        StoreError(code: .corrupt, message: "\(path): \(what)")
    }
}
