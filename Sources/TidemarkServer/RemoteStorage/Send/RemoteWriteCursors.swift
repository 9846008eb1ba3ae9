// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TimeSeries

/// How far each receiver has everything: in the file `remote-write.json` of the data directory, so that the store itself
/// is the queue.
///
/// Thread safe; a move blocks for a sync.
final class RemoteWriteCursors: Sendable {
    /// The form of the file: JSON, times as milliseconds since 1970.
    private struct Content: Codable {
        struct Receiver: Codable {
            /// All samples up to this time, inclusive, were sent and answered.
            var sentThrough: Int64
        }

        var version = 1
        var receivers: [String: Receiver] = [:]
    }

    private let path: String
    private let content: Mutex<Content>

    /// - Throws: `NotifyError` when the file is there and cannot be read: to begin anew would leave out what was not sent.
    init(path: String) throws(NotifyError) {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else {
            content = Mutex(Content())
            return
        }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            let read = try JSONDecoder().decode(Content.self, from: data)
            guard read.version == 1 else { throw NotifyError("version \(read.version)") }
            guard read.receivers.values.allSatisfy({ (0...4_000_000_000_000_000).contains($0.sentThrough) }) else {
                throw NotifyError("a time out of range")
            }
            content = Mutex(read)
        } catch {
            throw NotifyError("\(path) does not say how far remote write has come: \(error)")
        }
    }

    /// Up to when a receiver has everything, inclusive; nil when it is new.
    func cursor(of name: String) -> Timestamp? {
        content.withLock { $0.receivers[name].map { Timestamp(milliseconds: $0.sentThrough) } }
    }

    /// Makes durable how far a receiver has come.
    ///
    /// - Throws: `NotifyError` when the disk does not take it; it counts in memory, and comes with the next write.
    func move(_ name: String, to time: Timestamp) throws(NotifyError) {
        try content.withLock { content throws(NotifyError) in
            content.receivers[name] = Content.Receiver(sentThrough: time.milliseconds)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let bytes: [UInt8]
            do {
                bytes = [UInt8](try encoder.encode(content))
            } catch {
                throw NotifyError("\(error)")
            }
            try DurableFile.write(bytes, to: path)
        }
    }
}
