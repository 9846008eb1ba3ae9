// SPDX-License-Identifier: Apache-2.0

// The end of a table file (leveldb/table/format.h), 48 bytes, without a checksum:
//
//     metaindex handle   varint64 offset, varint64 size
//     index handle       varint64 offset, varint64 size
//     padding            zeros up to byte 40
//     magic number       8 bytes, little endian
//
// A block of a handle's size is followed by a 5-byte trailer, which the size does not count.

internal import Glibc

private let footerByteCount = 48
private let blockTrailerByteCount: UInt64 = 5
private let magicNumber: [UInt8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

/// Refuses a table whose footer points outside the file.
///
/// LevelDB allocates as many bytes as a handle says before it looks whether they can be there, and when the memory is not
/// to be had the C++ exception ends the process. One flipped bit is enough. Everything else that can be wrong in
/// a footer LevelDB reports itself, so a file without the magic number, such as a half-written table that the next
/// opening deletes, is left to it.
func checkFooter(of name: String, in path: String) throws(LevelDBError) {
    guard let (footer, start) = readFooter(path + "/" + name) else { return }
    var rest = footer.dropLast(magicNumber.count)
    guard footer.suffix(magicNumber.count).elementsEqual(magicNumber),
        let metaindex = nextHandle(&rest),
        let index = nextHandle(&rest)
    else { return }
    for handle in [metaindex, index] {
        let (blockEnd, overflow) = handle.offset.addingReportingOverflow(handle.size)
        if overflow || blockEnd > start || start - blockEnd < blockTrailerByteCount {
            throw LevelDBError(message: "Corruption: \(path)/\(name): the footer points outside the file", path: path)
        }
    }
}

/// The footer and where in the file it begins, or `nil` for a file too short to have one, or that cannot be read.
private func readFooter(_ file: String) -> (bytes: [UInt8], start: UInt64)? {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    let start = lseek(descriptor, 0, SEEK_END) - footerByteCount
    guard start >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: footerByteCount)
    guard pread(descriptor, &bytes, footerByteCount, start) == footerByteCount else { return nil }
    return (bytes, UInt64(start))
}

private func nextHandle(_ bytes: inout ArraySlice<UInt8>) -> (offset: UInt64, size: UInt64)? {
    guard let offset = nextVarint(&bytes), let size = nextVarint(&bytes) else { return nil }
    return (offset, size)
}

private func nextVarint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while shift <= 63, let byte = bytes.popFirst() {
        result |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return result }
        shift += 7
    }
    return nil
}
