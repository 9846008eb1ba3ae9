// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import Synchronization
import Tidemark

/// Threads that add remote write requests to the store: a few at once, the others wait in the order of their arrival.
///
/// Decoding computes and a commit is waited for: neither may happen on the event loops.
final class RemoteWriters: Sendable {
    private struct State {
        var free: [RemoteWriter] = []
        var made = 0
        var waiting: [CheckedContinuation<RemoteWriter, any Error>] = []
        /// Bytes of bodies that wait or are worked on.
        var bytes = 0
    }

    private let state = Mutex(State())
    private let count: Int
    private let mostBytes: Int
    private let make: @Sendable () -> RemoteWriter

    /// - Parameters:
    ///   - count: how many work at once, at least 1.
    ///   - mostBytes: of bodies that wait; one more is refused.
    init(count: Int, mostBytes: Int, make: @escaping @Sendable () -> RemoteWriter) {
        precondition(count > 0, "somebody has to write")
        self.count = count
        self.mostBytes = mostBytes
        self.make = make
    }

    /// Writes a body as soon as it is its turn.
    ///
    /// - Throws: what the writer throws; `APIError`, 503, when too much waits already. (Not 429: Prometheus does not send
    ///   again after that unless it is told to.)
    func write(_ body: ByteBuffer, _ version: RemoteWriteVersion, limit: Int) async throws -> RemoteWriter.Outcome {
        let size = body.readableBytes
        let hasRoom = state.withLock { state in
            guard state.bytes == 0 || state.bytes + size <= mostBytes else { return false }
            state.bytes += size
            return true
        }
        guard hasRoom else {
            throw APIError(.serviceUnavailable, "too many remote write requests wait already", retryAfter: 1)
        }
        defer { state.withLock { $0.bytes -= size } }
        let writer = try await take()
        defer { giveBack(writer) }
        return try await SenderThread.run { try writer.write(body, version, limit: limit) }
    }

    private func take() async throws -> RemoteWriter {
        try await withCheckedThrowingContinuation { continuation in
            let writer = state.withLock { state -> RemoteWriter? in
                if let free = state.free.popLast() { return free }
                if state.made < count {
                    state.made += 1
                    return make()
                }
                state.waiting.append(continuation)
                return nil
            }
            if let writer { continuation.resume(returning: writer) }
        }
    }

    private func giveBack(_ writer: RemoteWriter) {
        let next = state.withLock { state -> CheckedContinuation<RemoteWriter, any Error>? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.free.append(writer)
            return nil
        }
        next?.resume(returning: writer)
    }
}
