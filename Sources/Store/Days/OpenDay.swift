// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TimeSeries

/// A day's file, open: one descriptor, and the directory of its index in memory (16 bytes for each 4 KiB of index).
///
/// Read from any thread. Bytes are read with `pread`, never mapped: a disk that fails is an error then, not a signal.
final class OpenDay: Sendable {
    let file: DayFile
    /// Which opening it is: unlike an address, no other one's.
    let serial = OpenDay.serials.add(1, ordering: .relaxed).newValue
    /// How many series and chunks it has.
    let series: Int
    let chunks: Int
    let dataEnd: UInt64
    private let descriptor: Int32
    private let directory: DayDirectory
    /// Which series it has, by bit, once somebody has asked.
    private let known = Mutex<[UInt64]?>(nil)
    private static let serials = Atomic<UInt64>(0)

    /// Opens a file, and checks its header, footer and directory.
    ///
    /// - Throws: `corrupt` with the name of the file, also when it is not there; `io`.
    init(_ file: DayFile) throws(StoreError) {
        self.file = file
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw file.corrupt("the file is missing") }
            throw StoreDirectory.fault("cannot open \(file.path)")
        }
        do throws(StoreError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw StoreDirectory.fault("cannot read \(file.path)") }
            let size = UInt64(max(status.st_size, 0))
            guard size >= UInt64(DayFile.headerBytes + DayFile.footerBytes) else {
                throw file.corrupt("it is cut short")
            }
            let header = try OpenDay.read(descriptor, file, at: 0, count: DayFile.headerBytes)
            try DayHeader.check(header, file)
            let footer = try OpenDay.read(
                descriptor,
                file,
                at: size - UInt64(DayFile.footerBytes),
                count: DayFile.footerBytes
            )
            let found = try DayFooter(footer, file, size: size)
            let bytes = try OpenDay.read(
                descriptor,
                file,
                at: found.directory,
                count: Int(found.blocks) * DayFile.directoryEntryBytes + 4
            )
            directory = try DayDirectory(bytes, file, found)
            series = Int(found.series)
            chunks = Int(clamping: found.chunks)
            dataEnd = found.dataEnd
            self.descriptor = descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        close(descriptor)
    }

    // MARK: - Index

    /// How many index blocks there are.
    var blockCount: Int { directory.count }

    /// The index block that has a series, if any has it.
    ///
    /// - Complexity: O(log n).
    func block(of id: SeriesID) -> Int? { directory.block(of: id) }

    /// The records of an index block, checked, without its checksum.
    func readBlock(_ number: Int) throws(StoreError) -> [UInt8] {
        let place = directory.place(of: number)
        var bytes = try read(at: place.offset, count: place.length)
        do throws(ByteReader.Malformed) {
            try bytes.withBytes { bytes throws(ByteReader.Malformed) in
                _ = try CRC32C.body(of: bytes, key: file.checksum(at: place.offset))
            }
        } catch {
            throw file.corrupt("index block \(number) is malformed")
        }
        bytes.removeLast(4)
        return bytes
    }

    /// Finds the record of a series in an index block.
    ///
    /// - Complexity: O(series in the block).
    func entry(
        of id: SeriesID,
        in block: [UInt8],
        positions: ChunkPositions
    ) throws(StoreError) -> DayEntry? {
        do throws(ByteReader.Malformed) {
            return try block.withBytes { bytes throws(ByteReader.Malformed) -> DayEntry? in
                var reader = ByteReader(bytes)
                var number: UInt64 = 0
                while reader.remaining > 0 {
                    number += try reader.varint()
                    let size = try reader.count(of: 1)
                    if number >= UInt64(id.number) {
                        guard number == UInt64(id.number) else { return nil }
                        let body = UnsafeRawBufferPointer(rebasing: reader.rest[..<size])
                        return try DayEntry.decode(
                            body,
                            series: id,
                            day: file.day,
                            positions: positions,
                            dataEnd: dataEnd
                        )
                    }
                    try reader.skip(size)
                }
                return nil
            }
        } catch {
            throw file.corrupt("the index entry of series \(id.number) is malformed")
        }
    }

    /// All records of an index block, by number.
    ///
    /// - Complexity: O(series in the block).
    func entries(in block: [UInt8], positions: (SeriesID) -> ChunkPositions) throws(StoreError) -> [DayEntry] {
        var entries: [DayEntry] = []
        do throws(ByteReader.Malformed) {
            try block.withBytes { bytes throws(ByteReader.Malformed) in
                var reader = ByteReader(bytes)
                var number: UInt64 = 0
                while reader.remaining > 0 {
                    number += try reader.varint()
                    let size = try reader.count(of: 1)
                    guard let id = UInt32(exactly: number).map({ SeriesID($0) }) else {
                        throw ByteReader.Malformed(offset: reader.offset)
                    }
                    let body = UnsafeRawBufferPointer(rebasing: reader.rest[..<size])
                    entries.append(
                        try DayEntry.decode(
                            body,
                            series: id,
                            day: file.day,
                            positions: positions(id),
                            dataEnd: dataEnd
                        )
                    )
                    try reader.skip(size)
                }
            }
        } catch {
            throw file.corrupt("an index block is malformed")
        }
        return entries
    }

    /// The numbers of the series of an index block, ascending.
    func series(in block: [UInt8]) throws(StoreError) -> [SeriesID] {
        do throws(ByteReader.Malformed) {
            return try block.withBytes { bytes throws(ByteReader.Malformed) -> [SeriesID] in
                var reader = ByteReader(bytes)
                var number: UInt64 = 0
                var found: [SeriesID] = []
                while reader.remaining > 0 {
                    number += try reader.varint()
                    guard let id = UInt32(exactly: number) else { throw ByteReader.Malformed(offset: reader.offset) }
                    found.append(SeriesID(id))
                    try reader.skip(try reader.count(of: 1))
                }
                return found
            }
        } catch {
            throw file.corrupt("an index block is malformed")
        }
    }

    /// Which series it has: bits by number.
    ///
    /// - Complexity: O(1); O(series) the first time.
    func postings() throws(StoreError) -> [UInt64] {
        if let known = known.withLock({ $0 }) { return known }
        var words: [UInt64] = []
        for block in 0..<blockCount {
            for id in try series(in: try readBlock(block)) {
                let word = Int(id.number >> 6)
                if word >= words.count { words += Array(repeating: 0, count: word + 1 - words.count) }
                words[word] |= 1 << UInt64(id.number & 63)
            }
        }
        let found = words
        known.withLock { $0 = found }
        return found
    }

    /// Whether an index block begins where the one before ends, or the data, and with the series that the directory says;
    /// and the last one ends at the directory.
    func isInPlace(_ number: Int, first: SeriesID?) -> Bool {
        directory.isInPlace(number, first: first, dataEnd: dataEnd)
    }

    // MARK: - Bytes

    /// Reads bytes of the file.
    ///
    /// - Throws: `corrupt` when the file ends before, `io`.
    func read(at offset: UInt64, count: Int) throws(StoreError) -> [UInt8] {
        try OpenDay.read(descriptor, file, at: offset, count: count)
    }

    private static func read(
        _ descriptor: Int32,
        _ file: DayFile,
        at offset: UInt64,
        count: Int
    ) throws(StoreError) -> [UInt8] {
        var failure: StoreError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var done = 0
            while done < count {
                let read = pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset) + done)
                if read < 0, errno == EINTR { continue }
                guard read > 0 else {
                    failure =
                        read == 0
                        ? file.corrupt("it is cut short") : StoreDirectory.fault("cannot read \(file.path)")
                    break
                }
                done += read
            }
            initialized = done
        }
        if let failure { throw failure }
        return bytes
    }
}
