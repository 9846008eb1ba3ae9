// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// So many requests at once, and one more each interval: a token bucket, as `rate_limit` of the web configuration has it.
final class RateLimiter: Sendable {
    /// What holds.
    struct Limit: Equatable, Sendable {
        /// In which one more request is allowed; above zero.
        var interval: Duration
        /// Requests that are allowed at once; with 0 none ever is.
        var burst: Int
    }

    private struct State {
        /// What may be asked at once, less what was.
        var allowance: Double?
        var last: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Whether a request is allowed now, and counts it.
    ///
    /// - Parameter limit: nil allows every one.
    func allows(_ limit: Limit?, at now: ContinuousClock.Instant = .now) -> Bool {
        guard let limit else { return true }
        return state.withLock { state in
            let elapsed = state.last.map { now - $0 } ?? .zero
            let gained = max(0, elapsed / limit.interval)
            let allowance = min(Double(limit.burst), (state.allowance ?? Double(limit.burst)) + gained)
            state.last = now
            state.allowance = allowance >= 1 ? allowance - 1 : allowance
            return allowance >= 1
        }
    }
}
