// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs blocking work on a thread of its own. Dispatch would not do: on Linux its global queue is the pool that Swift's
/// tasks run on, and two blocked clients stop the server they wait for.
func onThread<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        let job = Job { continuation.resume(with: Result { try work() }) }
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            Unmanaged.passRetained(job).toOpaque()
        )
        precondition(status == 0, "no thread for a test client")
        pthread_detach(thread)
    }
}

private final class Job: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
