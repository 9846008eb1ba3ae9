// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LevelDB

@Suite struct `Errors` {
    /// Texts of LevelDB 1.23, with paths that try to mislead.
    static let texts: [(String, LevelDBError.Code)] = [
        ("IO error: lock /d/LOCK: already held by process", .lockHeld),
        ("IO error: lock /d/LOCK: Resource temporarily unavailable", .lockHeld),
        ("IO error: lock /d/LOCK: Permission denied", .lockHeld),
        ("IO error: lock /d/LOCK: No locks available", .ioError),
        ("IO error: /d/LOCK: Permission denied", .ioError),
        ("IO error: /d/000003.log: No space left on device", .diskFull),
        ("IO error: /d/000003.log: Disk quota exceeded", .diskFull),
        ("IO error: /No space left on device/000003.log: Input/output error", .ioError),
        ("IO error: /d/000007.ldb: Too many open files", .ioError),
        ("Corruption: block checksum mismatch", .corruption),
        ("Corruption: 2 missing files; e.g.: /d/000005.ldb", .corruption),
        ("Corruption: /d: No space left on device", .corruption),
        ("NotFound: /d/x/LOCK: No such file or directory", .notFound),
        ("Invalid argument: /d: does not exist (create_if_missing is false)", .notFound),
        ("Invalid argument: /d: exists (error_if_exists is true)", .alreadyExists),
        ("Invalid argument: leveldb.BytewiseComparator does not match existing comparator: other", .invalidArgument),
        ("Not implemented: x", .notSupported),
        ("Something else", .other),
        ("", .other),
    ]

    @Test(arguments: texts)
    func `LevelDB's texts are classified by their two ends`(text: String, code: LevelDBError.Code) {
        #expect(LevelDBError(message: text, path: "/d") == LevelDBError(code: code, message: text, path: "/d"))
    }

    @Test func `an error describes itself in one line, with path, kind and message`() {
        let error = LevelDBError(message: "Corruption: block checksum mismatch", path: "/d")
        #expect("\(error)" == "LevelDB at /d: corruption: Corruption: block checksum mismatch")
    }
}
