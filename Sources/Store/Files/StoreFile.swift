// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file on the disk, read and written whole.
struct StoreFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Calls `body` with its bytes from one on, piece by piece.
    func read(
        from offset: Int = 0,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot open \(path)") }
        defer { close(descriptor) }
        guard offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw StoreDirectory.fault("cannot read \(path)")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StoreDirectory.fault("cannot read \(path)") }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// All its bytes from one on.
    func bytes(from offset: Int = 0) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(from: offset) { piece throws(StoreError) in bytes += piece }
        return bytes
    }

    /// Its size and CRC-32C.
    func checksum() throws(StoreError) -> (bytes: Int, crc: UInt32) {
        var total = 0
        var crc: UInt32 = 0
        try read { piece throws(StoreError) in
            total += piece.count
            crc = CRC32C.checksum(piece, after: crc)
        }
        return (total, crc)
    }

    /// Makes its bytes durable.
    func sync() throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreDirectory.fault("cannot sync \(path)") }
    }

    /// Makes it of some bytes, durable; the folder's sync is the caller's.
    func write(_ bytes: [UInt8]) throws(StoreError) {
        try write { put throws(StoreError) in
            try bytes.withBytes { bytes throws(StoreError) in try put(bytes) }
        }
    }

    /// Copies it to a path where nothing is yet, durably; the folder's sync is the caller's.
    ///
    /// - Returns: how many bytes there were, and their CRC-32C.
    @discardableResult
    func copy(to other: String) throws(StoreError) -> (bytes: Int, crc: UInt32) {
        var total = 0
        var crc: UInt32 = 0
        try StoreFile(other).write { put throws(StoreError) in
            try read { piece throws(StoreError) in
                total += piece.count
                crc = CRC32C.checksum(piece, after: crc)
                try put(piece)
            }
        }
        return (total, crc)
    }

    /// Gives a file that never changes a second name; copies it where that cannot be.
    func link(to other: String) throws(StoreError) {
        if Glibc.link(path, other) == 0 { return }
        guard [EXDEV, EPERM, EMLINK, ENOTSUP].contains(errno) else {
            throw StoreDirectory.fault("cannot link \(path) to \(other)")
        }
        try copy(to: other)
    }

    private func write(
        _ fill: ((UnsafeRawBufferPointer) throws(StoreError) -> Void) throws(StoreError) -> Void
    ) throws(StoreError) {
        let path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreDirectory.fault("cannot write \(path)") }
        defer { close(descriptor) }
        try fill { bytes throws(StoreError) in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw StoreDirectory.fault("cannot write \(path)") }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        guard fsync(descriptor) == 0 else { throw StoreDirectory.fault("cannot sync \(path)") }
    }
}
