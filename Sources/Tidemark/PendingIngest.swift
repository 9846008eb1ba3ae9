// SPDX-License-Identifier: Apache-2.0

public import Ingest

/// Events that were handed over and are not durable yet.
public struct PendingIngest: Sendable {
    let group: CommitGroup
    let report: IngestReport

    /// Returns once the write that holds every event of this ingest is synced.
    ///
    /// - Throws: `poisoned` when the write failed: none of these events may be taken for counted; send them again.
    public func committed() async throws(MetricsStoreError) -> IngestReport {
        let outcome = await withCheckedContinuation { continuation in
            group.whenDone { continuation.resume(returning: $0) }
        }
        if let error = outcome { throw error }
        return report
    }

    /// The same, blocking the thread.
    public func wait() throws(MetricsStoreError) -> IngestReport {
        if let error = group.wait() { throw error }
        return report
    }
}

/// The commits that a writer of many batches has a part in and that may not be durable yet.
struct PendingCommits {
    private var groups: [CommitGroup] = []

    mutating func add(_ group: CommitGroup) {
        guard groups.last !== group else { return }
        groups.removeAll { $0.hasSucceeded }
        groups.append(group)
    }

    /// Returns once all of them are.
    ///
    /// - Throws: the first failure.
    mutating func wait() throws(MetricsStoreError) {
        for group in groups { if let error = group.wait() { throw error } }
        groups = []
    }
}

/// Everyone whose events are in one commit.
final class CommitGroup: Sendable {
    private struct State {
        var isDone = false
        var error: MetricsStoreError?
        var waiting: [@Sendable (MetricsStoreError?) -> Void] = []
    }

    private let state = Monitor(State())

    /// Calls back with the outcome, at once when it is known.
    func whenDone(_ callback: @escaping @Sendable (MetricsStoreError?) -> Void) {
        let outcome = state.withLock { state -> MetricsStoreError?? in
            if state.isDone { return .some(state.error) }
            state.waiting.append(callback)
            return .none
        }
        if let outcome { callback(outcome) }
    }

    /// The outcome, once it is known.
    func wait() -> MetricsStoreError? {
        state.wait { state -> MetricsStoreError?? in state.isDone ? .some(state.error) : .none }
    }

    /// Whether it is known that all went well.
    var hasSucceeded: Bool { state.withLock { $0.isDone && $0.error == nil } }

    func finish(_ error: MetricsStoreError?) {
        let waiting = state.withLock { state in
            state.isDone = true
            state.error = error
            defer { state.waiting = [] }
            return state.waiting
        }
        state.wake()
        for callback in waiting { callback(error) }
    }
}
