// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// A step on the way from the hot database into a day's file, or out of it. Tests stop before one.
enum DayStep: String, Hashable, CaseIterable, Sendable, Codable {
    /// Bytes of the file are written, it is synced, moved into place, its folder is synced.
    case write, sync, rename, syncFolder
    /// The registry names the file.
    case register
    /// A batch of series leaves the hot database; the last one has.
    case clean, finish
    /// The floor is moved.
    case floor
}

/// Writes a day's file beside its place, and moves it there when it is whole. One thread.
final class DayFileWriter {
    private let file: DayFile
    private let temporary: String
    private let folder: Folder
    private let before: (DayStep) throws(StoreError) -> Void
    private var descriptor: Int32
    /// What is not written yet, and where it begins.
    private var buffer = ByteWriter(capacity: DayFileWriter.bufferBytes + 4_096)
    private var written: UInt64 = 0
    private var unsynced = 0
    /// The index: blocks that are whole, and the one that grows.
    private var blocks: [(first: SeriesID, bytes: [UInt8])] = []
    private var block = ByteWriter()
    private var blockFirst: SeriesID?
    private var lastInBlock: UInt32?
    private var last: SeriesID?
    private var series: UInt32 = 0
    private var chunks: UInt64 = 0

    private static let bufferBytes = 1 << 20
    /// So much is given to the disk at once: a sync of everything at the end would stop those who sync commits meanwhile.
    private static let syncBytes = 8 << 20
    static let blockBytes = 4_096

    /// - Parameter before: called ahead of each step, which is not taken when it throws.
    init(_ file: DayFile, before: @escaping (DayStep) throws(StoreError) -> Void) throws(StoreError) {
        self.file = file
        self.before = before
        temporary = file.path + ".tmp"
        folder = Folder.parent(of: file.path)
        try folder.makeIfMissing()
        // Also when it is there: a sync behind making it may have failed.
        try Folder.parent(of: folder.path).sync()
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot write \(temporary)") }
        buffer.array(DayFile.magic)
        buffer.byte(DayFile.version)
        buffer.fixed(file.day)
        buffer.fixed(file.generation)
        buffer.fixed(buffer.bytes.withUnsafeBytes { CRC32C.checksum($0) })
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Adds what a series has; series come by number.
    ///
    /// - Parameters:
    ///   - list: the chunks, in order.
    ///   - chunks: the bytes of each.
    ///   - shared: slots that the series leads.
    func add(
        _ id: SeriesID,
        _ list: ChunkList,
        positions: ChunkPositions,
        chunks: [[UInt8]],
        shared: [(span: UInt16, hash: UInt16, bytes: [UInt8])]
    ) throws(StoreError) {
        precondition(last.map { $0.number < id.number } ?? true, "series come by number")
        precondition(list.entries.count == chunks.count, "each entry has its chunk")
        let entry = DayEntry(
            series: id,
            offset: written + UInt64(buffer.bytes.count),
            list: list,
            lengths: chunks.map(\.count),
            shared: shared.map { DayEntry.Shared(span: $0.span, hash: $0.hash, length: $0.bytes.count) }
        )
        for bytes in chunks { buffer.array(bytes) }
        for slots in shared { buffer.array(slots.bytes) }
        series += 1
        self.chunks += UInt64(chunks.count)
        last = id

        var record = ByteWriter(capacity: 64)
        entry.encode(day: file.day, positions: positions, into: &record)
        if !block.bytes.isEmpty, block.bytes.count + record.bytes.count > DayFileWriter.blockBytes { closeBlock() }
        block.varint(UInt64(id.number - (lastInBlock ?? 0)))
        block.varint(UInt64(record.bytes.count))
        block.array(record.bytes)
        if blockFirst == nil { blockFirst = id }
        lastInBlock = id.number
        if buffer.bytes.count >= DayFileWriter.bufferBytes { try flush() }
    }

    private func closeBlock() {
        guard let first = blockFirst else { return }
        blocks.append((first, block.bytes))
        block = ByteWriter(capacity: DayFileWriter.blockBytes + 256)
        blockFirst = nil
        lastInBlock = nil
    }

    /// Writes index and footer, syncs the file, and moves it into its place; its size in bytes.
    ///
    /// - Parameter through: the last commit that the day's chunks have.
    func finish(through: UInt64) throws(StoreError) -> Int {
        closeBlock()
        let dataEnd = written + UInt64(buffer.bytes.count)
        var directory = ByteWriter(capacity: blocks.count * DayFile.directoryEntryBytes + 4)
        for (first, bytes) in blocks {
            let offset = written + UInt64(buffer.bytes.count)
            directory.fixed(first.number)
            directory.fixed(offset)
            directory.fixed(UInt32(bytes.count + 4))
            buffer.array(bytes)
            buffer.fixed(bytes.withUnsafeBytes { CRC32C.checksum($0) } ^ file.checksum(at: offset))
            if buffer.bytes.count >= DayFileWriter.bufferBytes { try flush() }
        }
        let directoryOffset = written + UInt64(buffer.bytes.count)
        let sum = directory.bytes.withUnsafeBytes { CRC32C.checksum($0) } ^ file.checksum(at: directoryOffset)
        buffer.array(directory.bytes)
        buffer.fixed(sum)
        var footer = ByteWriter(capacity: DayFile.footerBytes)
        footer.fixed(dataEnd)
        footer.fixed(directoryOffset)
        footer.fixed(UInt32(blocks.count))
        footer.fixed(series)
        footer.fixed(chunks)
        footer.fixed(through)
        footer.fixed(file.day)
        footer.fixed(file.generation)
        footer.byte(DayFile.version)
        footer.fixed(footer.bytes.withUnsafeBytes { CRC32C.checksum($0) })
        buffer.array(footer.bytes)
        try flush()
        try before(.sync)
        guard fsync(descriptor) == 0 else { throw StoreDirectory.fault("cannot sync \(temporary)") }
        close(descriptor)
        descriptor = -1
        try before(.rename)
        guard rename(temporary, file.path) == 0 else {
            throw StoreDirectory.fault("cannot move \(temporary) into its place")
        }
        try before(.syncFolder)
        try folder.sync()
        return Int(written)
    }

    /// Takes away what was written. It may have been moved into place; nobody knows of it yet.
    func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        unlink(temporary)
        unlink(file.path)
    }

    private func flush() throws(StoreError) {
        try before(.write)
        let bytes = buffer.bytes
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StoreDirectory.fault("cannot write \(temporary)") }
            done += count
        }
        written += UInt64(bytes.count)
        unsynced += bytes.count
        buffer = ByteWriter(capacity: DayFileWriter.bufferBytes + 4_096)
        guard unsynced >= DayFileWriter.syncBytes else { return }
        unsynced = 0
        guard fdatasync(descriptor) == 0 else { throw StoreDirectory.fault("cannot sync \(temporary)") }
    }
}
