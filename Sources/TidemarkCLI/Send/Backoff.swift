// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How long to wait before the next try: doubling from 100 ms to 10 s, with jitter, so that many senders that lost the
/// same server do not come back at the same moment.
struct Backoff {
    private static let first: Double = 0.1
    private static let longest: Double = 10

    private var attempts = 0

    /// The wait before the next try.
    ///
    /// - Parameters:
    ///   - retryAfter: seconds the server asked for; they are the least.
    ///   - random: 0 to 1.
    mutating func next(retryAfter: Int?, random: Double = .random(in: 0...1)) -> Duration {
        var wait = Self.first
        for _ in 0..<attempts where wait < Self.longest { wait *= 2 }
        attempts += 1
        let jittered = min(wait, Self.longest) * (0.5 + random / 2)
        guard let retryAfter, retryAfter >= 0 else { return .seconds(jittered) }
        return .seconds(Double(min(retryAfter, 3600)) + jittered * 0.2)
    }
}

/// Gives up after a time without progress; shared by all connections of a command.
final class Patience: Sendable {
    /// How long nothing may happen.
    let limit: Duration
    private let lastProgress = Mutex(ContinuousClock.now)

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// Something was acknowledged.
    func noteProgress() {
        lastProgress.withLock { $0 = .now }
    }

    /// What is left before giving up.
    var left: Duration {
        lastProgress.withLock { $0 + limit - .now }
    }
}
