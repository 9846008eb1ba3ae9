// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The first bytes of a day's file, as `DayFile` tells them.
enum DayHeader {
    /// - Throws: `corrupt` when they are not those of this file, `incompatible` when another version wrote them.
    static func check(_ bytes: [UInt8], _ file: DayFile) throws(StoreError) {
        let isRight = bytes.withUnsafeBytes { bytes in
            bytes.prefix(8).elementsEqual(DayFile.magic)
                && UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 17, as: UInt32.self))
                    == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<17]))
        }
        guard isRight else { throw file.corrupt("its header is malformed") }
        guard bytes[8] == DayFile.version else {
            throw StoreError(
                code: .incompatible,
                message: "\(file.path) was written by another version of Tidemark"
            )
        }
        let (day, generation) = bytes.withUnsafeBytes { bytes in
            (
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 9, as: UInt32.self)),
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 13, as: UInt32.self))
            )
        }
        guard day == file.day, generation == file.generation else {
            throw file.corrupt("it is the file of another day")
        }
    }
}

/// The last bytes of a day's file: where its parts are, and how much there is.
struct DayFooter {
    /// Behind the data of all series.
    let dataEnd: UInt64
    /// Where the directory of the index begins.
    let directory: UInt64
    /// Index blocks, series and chunks.
    let blocks: UInt32
    let series: UInt32
    let chunks: UInt64

    /// - Parameter size: of the file.
    /// - Throws: `corrupt` when they are not the end of a file of that day and size.
    init(_ bytes: [UInt8], _ file: DayFile, size: UInt64) throws(StoreError) {
        do throws(ByteReader.Malformed) {
            self = try bytes.withBytes { bytes throws(ByteReader.Malformed) in
                try DayFooter(checked: bytes, file, size: size)
            }
        } catch {
            throw file.corrupt("its footer is malformed")
        }
    }

    private init(
        checked bytes: UnsafeRawBufferPointer,
        _ file: DayFile,
        size: UInt64
    ) throws(ByteReader.Malformed) {
        var reader = ByteReader(try CRC32C.body(of: bytes))
        dataEnd = try reader.fixed(UInt64.self)
        directory = try reader.fixed(UInt64.self)
        blocks = try reader.fixed(UInt32.self)
        series = try reader.fixed(UInt32.self)
        chunks = try reader.fixed(UInt64.self)
        // The last commit that the chunks have; for whoever looks at the file by hand.
        _ = try reader.fixed(UInt64.self)
        let length = UInt64(blocks) * UInt64(DayFile.directoryEntryBytes) + 4
        guard try reader.fixed(UInt32.self) == file.day, try reader.fixed(UInt32.self) == file.generation,
            try reader.byte() == DayFile.version, dataEnd <= directory, directory <= size,
            directory + length + UInt64(DayFile.footerBytes) == size
        else { throw ByteReader.Malformed(offset: reader.offset) }
    }
}

/// Where the index blocks of a day's file are, and with which series each begins; 16 bytes for each.
struct DayDirectory {
    private let firsts: [UInt32]
    private let offsets: [UInt64]
    private let lengths: [UInt32]
    /// Where it is itself, behind the last block.
    private let offset: UInt64

    /// - Throws: `corrupt` when the bytes are not what was written.
    init(_ bytes: [UInt8], _ file: DayFile, _ footer: DayFooter) throws(StoreError) {
        var (firsts, offsets, lengths) = ([UInt32](), [UInt64](), [UInt32]())
        do throws(ByteReader.Malformed) {
            try bytes.withBytes { bytes throws(ByteReader.Malformed) in
                var body = ByteReader(bytes)
                try body.skip(bytes.count - 4)
                let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes.dropLast(4)))
                guard try body.fixed(UInt32.self) == sum ^ file.checksum(at: footer.directory) else {
                    throw ByteReader.Malformed(offset: 0)
                }
                var reader = ByteReader(bytes)
                for _ in 0..<footer.blocks {
                    firsts.append(try reader.fixed(UInt32.self))
                    offsets.append(try reader.fixed(UInt64.self))
                    lengths.append(try reader.fixed(UInt32.self))
                }
            }
        } catch {
            throw file.corrupt("its directory is malformed")
        }
        (self.firsts, self.offsets, self.lengths) = (firsts, offsets, lengths)
        offset = footer.directory
    }

    /// How many blocks there are.
    var count: Int { firsts.count }

    /// The place of a block.
    func place(of block: Int) -> (offset: UInt64, length: Int) { (offsets[block], Int(lengths[block])) }

    /// The block that has a series, if any has it.
    ///
    /// - Complexity: O(log n).
    func block(of id: SeriesID) -> Int? {
        var low = 0
        var high = firsts.count
        while low < high {
            let middle = (low + high) >> 1
            if firsts[middle] <= id.number { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    /// Whether a block begins where the one before ends, or the data, and with a series; and the last one ends where the
    /// directory begins.
    func isInPlace(_ block: Int, first: SeriesID?, dataEnd: UInt64) -> Bool {
        let begin = block == 0 ? dataEnd : offsets[block - 1] + UInt64(lengths[block - 1])
        guard offsets[block] == begin, firsts[block] == first?.number else { return false }
        return block < count - 1 || begin + UInt64(lengths[block]) == offset
    }
}
