// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A thread of our own, for calls that block: the pool of Swift's concurrency has one for each core.
enum SenderThread {
    /// Runs `body` on a new thread, which ends with it.
    ///
    /// - Throws: `NotifyError` when the system has no thread to give.
    static func start(_ body: @escaping @Sendable () -> Void) throws(NotifyError) {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runWork, work.toOpaque())
        guard status == 0 else {
            work.release()
            throw NotifyError("no thread: \(errorText(status))")
        }
        pthread_detach(thread)
    }

    /// The same, and waits for what comes of it without blocking.
    ///
    /// - Throws: what `body` throws, or `NotifyError`.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do throws(NotifyError) {
                try start { continuation.resume(with: Swift.Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // TLS writes to its socket as to a file: a connection that is gone must be an error, not the end of the process.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
