// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Rules
import Tidemark
import TimeSeries

/// What webhooks were told, in a file, so that it outlives the process: without it the end of what was told would not be.
///
/// One thread writes: a disk that hangs keeps nobody from being told. The file is written whole, beside its place, and
/// moved there. What is told while it is written comes into the next one.
final class NotificationLog: Sendable {
    /// By the names of the webhooks.
    typealias Content = [String: [ToldGroup]]

    private struct State {
        var isDirty = false
        var isClosing = false
        var isOver = false
    }

    /// A write may take one part in so many of the time; then there is a pause.
    private static let share = 10
    /// How long after a failed write it is tried again, in milliseconds.
    private static let pauseAfterFailure = 30_000

    /// What was there at the start.
    let remembered: Content
    private let path: String
    private let logger: Logger
    private let state = Monitor(State())

    /// Reads what is there. A file that cannot be read is as none.
    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        guard FileManager.default.fileExists(atPath: path) else {
            remembered = [:]
            return
        }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            remembered = try JSONDecoder().decode(NotificationLogFile.self, from: data).content
        } catch {
            logger.warning(
                "what webhooks were told before is not known: they are told anew",
                metadata: ["file": .string(path), "reason": .string("\(error)")]
            )
            remembered = [:]
        }
    }

    /// Begins to write whenever something has changed.
    ///
    /// - Parameter current: what is to be written then; nil when there is nobody any more who knows.
    /// - Throws: `NotifyError` when there is no thread for it.
    func start(_ current: @escaping @Sendable () -> Content?) throws(NotifyError) {
        try SenderThread.start { self.run(current) }
    }

    /// Something has changed. Does not block.
    func note() {
        state.withLock { $0.isDirty = true }
        state.wake()
    }

    /// Writes what is still to be written, and ends; waits so long at most.
    func close(within limit: Duration) {
        state.withLock { $0.isClosing = true }
        state.wake()
        _ = state.wait(atMostMilliseconds: Int(max(limit, .zero).milliseconds)) { $0.isOver ? () : nil }
    }

    // MARK: - The thread

    private func run(_ current: () -> Content?) {
        var hasFailed = false
        while true {
            let (isDirty, isLast) = state.wait { state -> (Bool, Bool)? in
                guard state.isDirty || state.isClosing else { return nil }
                defer { state.isDirty = false }
                return (state.isDirty, state.isClosing)
            }
            var pause = 0
            // What it takes to ask counts, too: that is when others wait.
            let begun = ContinuousClock.now
            if isDirty, let content = current() {
                do {
                    try write(content)
                    hasFailed = false
                    pause = Int((ContinuousClock.now - begun).milliseconds) * NotificationLog.share
                } catch {
                    if !hasFailed {
                        logger.warning(
                            "what webhooks are told is not kept: after a restart they may hear it again",
                            metadata: ["file": .string(path), "reason": .string("\(error)")]
                        )
                    }
                    hasFailed = true
                    state.withLock { $0.isDirty = true }
                    pause = NotificationLog.pauseAfterFailure
                }
            }
            if isLast { break }
            _ = state.wait(atMostMilliseconds: pause) { $0.isClosing ? () : nil }
        }
        state.withLock { $0.isOver = true }
        state.wake()
    }

    private func write(_ content: Content) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try DurableFile.write([UInt8](try encoder.encode(NotificationLogFile(content))), to: path)
    }
}
