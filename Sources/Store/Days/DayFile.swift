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
    private let dropped = Atomic<Bool>(false)
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
        guard isDropped else { return }
        let counted = counted.withLock { $0 }
        guard let counted, counted.bytes >= DayFile.slowToDelete else {
            unlink(path)
            counted?.sum.subtract(counted?.bytes ?? 0)
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
        dropped.store(true, ordering: .releasing)
    }

    /// Whether it has been dropped.
    var isDropped: Bool { dropped.load(ordering: .acquiring) }

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
        var seconds = time_t(day) * 86_400
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(Int(parts.tm_year) + 1_900, 4) + digits(Int(parts.tm_mon) + 1, 2) + digits(Int(parts.tm_mday), 2)
    }

    /// What the bytes of the file are not.
    func corrupt(_ what: String) -> StoreError {
        StoreError(code: .corrupt, message: "\(path): \(what)")
    }

    /// What a system call said.
    static func failure(_ what: String, _ path: String, _ code: Int32 = errno) -> StoreError {
        StoreError(
            code: code == ENOSPC || code == EDQUOT ? .diskFull : .io,
            message: "\(path): cannot \(what): \(String(cString: strerror(code)))"
        )
    }
}

/// Bytes of files that have been dropped and are not deleted yet, because somebody reads them: as good as free.
final class DroppedBytes: Sendable {
    private let sum = Atomic(0)

    var value: Int { sum.load(ordering: .acquiring) }

    fileprivate func add(_ bytes: Int) { sum.add(bytes, ordering: .acquiringAndReleasing) }

    fileprivate func subtract(_ bytes: Int) { sum.subtract(bytes, ordering: .acquiringAndReleasing) }
}

/// What a series has in a day's file, as the index tells it.
struct DayEntry {
    var series: SeriesID
    /// Where its data begins.
    var offset: UInt64
    var list: ChunkList
    /// Bytes of each chunk, in the order of the list.
    var lengths: [Int]
    /// Slots that chunks of this and later series share, behind the chunks.
    var shared: [Shared]

    struct Shared {
        var span: UInt16
        var hash: UInt16
        var length: Int
    }

    /// Bytes of its data.
    var dataBytes: Int { lengths.reduce(0, +) + shared.reduce(0) { $0 + $1.length } }

    /// Where some shared slots begin, from `offset` on, and their length.
    func place(ofShared span: UInt16, hash: UInt16) -> (offset: Int, length: Int)? {
        var at = lengths.reduce(0, +)
        for slots in shared {
            if slots.span == span, slots.hash == hash { return (at, slots.length) }
            at += slots.length
        }
        return nil
    }

    // MARK: - Format

    func encode(day: UInt32, positions: ChunkPositions, into writer: inout ByteWriter) {
        let era = ChunkList.era(ofDay: day)
        let bytes = list.encode(era: era, positions: positions, key: KeySpace.chunkList(series, era: era))
        writer.varint(offset)
        writer.varint(UInt64(bytes.count))
        bytes.withUnsafeBytes { writer.raw($0) }
        for length in lengths { writer.varint(UInt64(length)) }
        writer.varint(UInt64(shared.count))
        for slots in shared {
            writer.varint(UInt64(slots.span))
            writer.fixed(slots.hash)
            writer.varint(UInt64(slots.length))
        }
    }

    /// - Parameter dataEnd: behind the data of all series.
    /// - Throws: when the bytes are not the entry of that series and day.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        series: SeriesID,
        day: UInt32,
        positions: ChunkPositions,
        dataEnd: UInt64
    ) throws(ByteReader.Malformed) -> DayEntry {
        var reader = ByteReader(bytes)
        let offset = try reader.varint()
        let size = try reader.count(of: 1)
        let era = ChunkList.era(ofDay: day)
        let body = UnsafeRawBufferPointer(rebasing: reader.rest[..<size])
        let list = try KeySpace.chunkList(series, era: era).withBytes { key throws(ByteReader.Malformed) in
            try ChunkList.decode(body, key: key, series: series, era: era, positions: positions)
        }
        try reader.skip(size)
        var entry = DayEntry(series: series, offset: offset, list: list, lengths: [], shared: [])
        var end = offset
        for chunk in list.entries {
            let length = try reader.varint()
            guard chunk.place.day == day, length <= dataEnd else { throw ByteReader.Malformed(offset: reader.offset) }
            entry.lengths.append(Int(length))
            end += length
        }
        for _ in 0..<(try reader.count(of: 4)) {
            guard let span = UInt16(exactly: try reader.varint()) else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            let hash = try reader.fixed(UInt16.self)
            let length = try reader.varint()
            guard length <= dataEnd else { throw ByteReader.Malformed(offset: reader.offset) }
            entry.shared.append(Shared(span: span, hash: hash, length: Int(length)))
            end += length
        }
        guard reader.remaining == 0, offset >= UInt64(DayFile.headerBytes), end <= dataEnd else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        return entry
    }
}
