// SPDX-License-Identifier: Apache-2.0

/// How long a destination is left alone after failures: doubling, with jitter, so that many senders that lost the same
/// receiver do not come back at the same moment.
struct RetryDelay: Sendable {
    /// The wait after the first failure.
    var first: Duration = .milliseconds(250)
    /// The wait is not doubled beyond it.
    var longest: Duration = .seconds(30)
    /// The most that a receiver can ask for.
    static let longestAsked: Duration = .seconds(900)

    /// Failures in a row.
    private(set) var failures = 0

    /// The wait after one more failure: 50 to 100 % of the doubled time, and not less than what was asked for.
    ///
    /// - Parameter random: 0 to 1.
    mutating func next(asked: Duration?, random: Double) -> Duration {
        var wait = first
        for _ in 0..<failures where wait < longest { wait *= 2 }
        failures += 1
        let jittered = min(wait, longest) * (0.5 + random / 2)
        guard let asked else { return jittered }
        return max(jittered, min(asked, RetryDelay.longestAsked))
    }

    /// It went well.
    mutating func reset() { failures = 0 }
}
