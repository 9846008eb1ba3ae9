// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What a backup holds, as its file `BACKUP` says it: lines of text, written last.
///
///     tidemark backup 1
///     commits 1234
///     file 0a1b2c3d 4096 FORMAT         CRC-32C, in hexadecimal, and bytes of each file
///     file - 81920 day/20260101.1       of a file that was linked, whose own checksums guard it
///     end 5e6f7081                      CRC-32C of all lines before
struct BackupManifest: Equatable {
    static let name = "BACKUP"

    struct File: Equatable {
        /// Below the backup's folder.
        var path: String
        var bytes: Int
        /// Nil for one that was linked.
        var crc: UInt32?
    }

    /// Commits of the store in it.
    var commits: UInt64
    var files: [File] = []

    var bytes: [UInt8] {
        var text = "tidemark backup 1\ncommits \(commits)\n"
        for file in files {
            text += "file \(file.crc.map(BackupManifest.hexadecimal) ?? "-") \(file.bytes) \(file.path)\n"
        }
        let crc = Array(text.utf8).withUnsafeBytes { CRC32C.checksum($0) }
        return Array((text + "end \(BackupManifest.hexadecimal(crc))\n").utf8)
    }

    init(commits: UInt64, files: [File] = []) {
        self.commits = commits
        self.files = files
    }

    /// What bytes say; nil when they are not a manifest, whole and undamaged.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self),
            let end = text.range(ofLastLine: "end ")
        else { return nil }
        let crc = Array(text[..<end.lowerBound].utf8).withUnsafeBytes { CRC32C.checksum($0) }
        guard text[end.upperBound...] == BackupManifest.hexadecimal(crc) + "\n" else { return nil }
        var lines = text[..<end.lowerBound].split(separator: "\n")[...]
        guard lines.popFirst() == "tidemark backup 1", let second = lines.popFirst(), second.hasPrefix("commits "),
            let commits = UInt64(second.dropFirst(8))
        else { return nil }
        self.commits = commits
        for line in lines {
            let fields = line.split(separator: " ", maxSplits: 3)
            guard fields.count == 4, fields[0] == "file", let bytes = Int(fields[2]) else { return nil }
            let crc = UInt32(fields[1], radix: 16)
            guard crc != nil || fields[1] == "-" else { return nil }
            files.append(File(path: String(fields[3]), bytes: bytes, crc: crc))
        }
    }

    private static func hexadecimal(_ crc: UInt32) -> String {
        let digits = String(crc, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The manifest of the backup in a folder; nil when it is none.
    static func read(_ folder: String) throws(StoreError) -> BackupManifest? {
        guard Folder(folder).status(of: name) != nil else { return nil }
        let file = StoreFile(folder + "/" + name)
        guard let manifest = BackupManifest(try file.bytes()) else {
            throw StoreError(code: .corrupt, message: "\(file.path) is not what a backup wrote")
        }
        return manifest
    }
}

extension String {
    /// Where the last line begins that begins so, and where what it begins with ends.
    fileprivate func range(ofLastLine start: String) -> Range<String.Index>? {
        guard hasSuffix("\n"), let before = dropLast().lastIndex(of: "\n") else { return nil }
        let line = index(after: before)
        return self[line...].hasPrefix(start) ? line..<index(line, offsetBy: start.count) : nil
    }
}
