// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Testing

/// A directory of its own for one test, gone when the test is.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "leveldb-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            preconditionFailure("no temporary directory: \(error)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where a test puts its database; it does not exist yet.
    var database: String { path + "/db" }

    /// A copy of the database directory, for a test to damage.
    func copyOfDatabase(named name: String) throws -> String {
        let copy = path + "/" + name
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: database, toPath: copy)
        return copy
    }
}

/// Options that make a database where there is none, with what a test changes.
func creating(_ change: (inout Options) -> Void = { _ in }) -> Options {
    var options = Options()
    options.createIfMissing = true
    change(&options)
    return options
}

/// The files of a database whose names end so, sorted.
func files(in path: String, suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(suffix) }.sorted()
        .map { path + "/" + $0 }
}

func readBytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: file)))
}

func writeBytes(_ bytes: [UInt8], to file: String) throws {
    try Data(bytes).write(to: URL(filePath: file))
}

/// Checks that an exit test ended at the precondition with this message and not by some other crash. Only a debug build
/// prints the message.
func expectTrap(_ result: ExitTest.Result?, _ message: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #if DEBUG
        let output = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(output.contains(message), sourceLocation: sourceLocation)
    #endif
}

/// The text as UTF-8, for keys that are easy to read.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// One entry, for comparing what a cursor shows with what it should show.
struct Entry: Equatable, CustomStringConvertible {
    var key: [UInt8]
    var value: [UInt8]

    init(_ key: [UInt8], _ value: [UInt8]) {
        self.key = key
        self.value = value
    }

    init(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        self.init([UInt8](key), [UInt8](value))
    }

    init(_ key: String, _ value: String) {
        self.init(bytes(key), bytes(value))
    }

    var description: String { "\(key)=\(value.prefix(8))(\(value.count))" }
}

/// Everything in the database, in order.
func allEntries(_ database: Database) throws -> [Entry] {
    var entries: [Entry] = []
    try database.makeCursor().forEach { entries.append(Entry($0, $1)) }
    return entries
}
