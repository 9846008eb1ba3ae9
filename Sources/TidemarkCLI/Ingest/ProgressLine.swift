// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// One line on stderr that is written over again and again; nothing at all when stderr is not a terminal.
final class ProgressLine: Sendable {
    private struct State {
        var bytes = 0
        var events = 0
        var lastShown: ContinuousClock.Instant?
    }

    /// Fast enough to look alive, slow enough to cost nothing.
    private static let interval: Duration = .milliseconds(200)

    private let state = Mutex(State())
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    /// Bytes of all files; nil when standard input is among them.
    private let totalBytes: Int?

    private let noun: String

    init(totalBytes: Int?, noun: String = "events") {
        self.noun = noun
        self.totalBytes = totalBytes
    }

    /// Adds to what is done.
    func add(bytes: Int, events: Int) {
        guard isShown else { return }
        state.withLock { state in
            state.bytes += bytes
            state.events += events
            let now = ContinuousClock.now
            if let last = state.lastShown, now - last < Self.interval { return }
            state.lastShown = now
            show(state, elapsed: now - start)
        }
    }

    /// Removes the line, so that what is printed next stands alone.
    func clear() {
        if isShown { write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    private func show(_ state: State, elapsed: Duration) {
        let seconds = max(elapsed / .seconds(1), 0.001)
        let percent = totalBytes.map { $0 > 0 ? "\(state.bytes * 100 / $0) %, " : "" } ?? ""
        let rate = Int(Double(state.events) / seconds)
        write(
            "\r\u{1B}[K\(percent)\(state.bytes >> 20) MiB, \(state.events) \(noun), \(rate) \(noun)/s",
            to: STDERR_FILENO
        )
    }
}
