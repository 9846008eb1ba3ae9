// SPDX-License-Identifier: Apache-2.0

import PromQL
import Synchronization

extension QueryThreads {
    /// Work for one thread, done or refused exactly once.
    final class Job: Sendable {
        let deadline: ContinuousClock.Instant
        let cancellation: QueryCancellation
        /// Does the work, or says why not.
        private let body: @Sendable ((any Error)?) -> Void
        private let state = Mutex(State())

        private struct State {
            var timer: Task<Void, Never>?
            var hasStarted = false
        }

        init(
            deadline: ContinuousClock.Instant,
            cancellation: QueryCancellation,
            _ body: @escaping @Sendable ((any Error)?) -> Void
        ) {
            self.deadline = deadline
            self.cancellation = cancellation
            self.body = body
        }

        /// What ends with the job; at once when a thread has taken that meanwhile.
        func setTimer(_ task: Task<Void, Never>) {
            let isTooLate = state.withLock { state in
                state.timer = task
                return state.hasStarted
            }
            if isTooLate { task.cancel() }
        }

        /// Does the work, unless it has come to nothing while it waited.
        ///
        /// Source of the texts: Prometheus, `promql/engine.go`, `contextErr`.
        func start() {
            let timer = state.withLock { state in
                state.hasStarted = true
                return state.timer
            }
            timer?.cancel()
            if cancellation.isCancelled {
                body(QueryError(.canceled, "query was canceled in query queue"))
            } else if deadline <= .now {
                body(QueryError(.timeout, "query timed out in query queue"))
            } else {
                body(nil)
            }
        }

        /// Does nothing.
        func refuse(_ error: any Error) { body(error) }
    }
}
