// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import PromQL
import Tidemark

/// Threads that run queries: so many at once, the rest waits in the order of arrival, up to a bound.
///
/// Threads of our own: a query computes for seconds, and on the event loops or in the pool of Swift's concurrency it
/// would stop every other request. They are made as they are needed and stay.
final class QueryThreads: Sendable {
    /// What runs, and what waits.
    private struct State {
        var waiting: [Job] = []
        var running = 0
        var threads = 0
        var isOver = false
    }

    private let state = Monitor(State())
    /// How many queries run at once.
    let count: Int
    /// How many may wait.
    let maximumWaiting: Int

    /// - Precondition: `count` is at least 1.
    init(count: Int, maximumWaiting: Int) {
        precondition(count > 0, "somebody has to run the queries")
        self.count = count
        self.maximumWaiting = maximumWaiting
    }

    /// Ends the threads once nothing waits.
    deinit {
        state.withLock { $0.isOver = true }
        state.wake()
    }

    /// How many run and how many wait.
    var load: (running: Int, waiting: Int) {
        state.withLock { ($0.running, $0.waiting.count) }
    }

    /// Runs `work` on a thread as soon as one is free.
    ///
    /// - Throws: what `work` throws; ``QueryError`` of kind `timeout` when no thread was free before the deadline, of
    ///   kind `canceled` when it was cancelled before; `APIError`, 503, when too many wait already.
    func run<Result: Sendable>(
        before deadline: ContinuousClock.Instant,
        cancellation: QueryCancellation,
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            let job = Job(deadline: deadline, cancellation: cancellation) { failure in
                if let failure {
                    continuation.resume(throwing: failure)
                } else {
                    continuation.resume(with: Swift.Result { try work() })
                }
            }
            enqueue(job)
        }
    }

    /// Answers those that wait and were cancelled.
    func dropCancelled() {
        drop { $0.cancellation.isCancelled }
    }

    private func dropExpired() {
        drop { $0.deadline <= .now }
    }

    private func drop(_ isToGo: (Job) -> Bool) {
        let dropped = state.withLock { state in
            let dropped = state.waiting.filter(isToGo)
            if !dropped.isEmpty { state.waiting.removeAll(where: isToGo) }
            return dropped
        }
        for job in dropped { job.start() }
    }

    private func enqueue(_ job: Job) {
        let (isAccepted, isWaiting) = state.withLock { state -> (Bool, Bool) in
            let isWaiting = state.waiting.count >= count - state.running
            guard !isWaiting || state.waiting.count < maximumWaiting else { return (false, false) }
            state.waiting.append(job)
            if state.waiting.count > state.threads - state.running, state.threads < count {
                state.threads += 1
                startThread()
            }
            return (true, isWaiting)
        }
        guard isAccepted else {
            job.refuse(APIError(.serviceUnavailable, "\(maximumWaiting) queries are waiting already", retryAfter: 1))
            return
        }
        state.wake()
        if isWaiting { watch(job) }
        // The client may have left before the job could be found among those that wait.
        if job.cancellation.isCancelled { dropCancelled() }
    }

    /// Sees to it that one that waits is answered at its deadline although no thread is free to look at it.
    private func watch(_ job: Job) {
        job.setTimer(
            Task { [weak self] in
                try? await Task.sleep(until: job.deadline, clock: .continuous)
                if !Task.isCancelled { self?.dropExpired() }
            }
        )
    }

    private func startThread() {
        let thread = Thread { [state] in
            while let job = state.wait({ QueryThreads.next(&$0) }) {
                job.start()
                state.withLock { $0.running -= 1 }
            }
        }
        // Queries nest, and what reads and evaluates them recurses.
        thread.stackSize = 16 << 20
        thread.name = "query"
        thread.start()
    }

    /// The next job, `.some(nil)` at the end, or nil while there is nothing to do.
    private static func next(_ state: inout State) -> Job?? {
        if !state.waiting.isEmpty {
            state.running += 1
            return .some(state.waiting.removeFirst())
        }
        return state.isOver ? .some(nil) : .none
    }
}
