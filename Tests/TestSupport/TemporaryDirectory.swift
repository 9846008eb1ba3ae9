// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A directory of its own for one test, gone when the test is.
///
/// In memory where the system has such a place: what these tests look at is what was written, not what a disk does.
package final class TemporaryDirectory: Sendable {
    package let path: String
    private let copies = Atomic<Int>(0)

    package init() throws {
        let memory = "/dev/shm"
        let root =
            FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
        path = "\(root)/tidemark-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where a test puts its store; it does not exist yet.
    package var store: String { path + "/store" }

    /// Copies a store's directory, which may be open: what a crash at this moment would leave.
    package func copy(of store: String) throws -> String {
        let copy = "\(path)/copy-\(copies.add(1, ordering: .relaxed).newValue)"
        while true {
            do {
                try FileManager.default.copyItem(atPath: store, toPath: copy)
                return copy
            } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
                // LevelDB has dropped a table meanwhile: there was no such moment.
                try FileManager.default.removeItem(atPath: copy)
            }
        }
    }

    package func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: path)
    }
}

/// The files of a directory whose names end so, sorted.
package func files(in path: String, suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(suffix) }.sorted()
        .map { path + "/" + $0 }
}

package func readBytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: file)))
}

package func writeBytes(_ bytes: some Sequence<UInt8>, to file: String) throws {
    try Data(bytes).write(to: URL(filePath: file))
}
