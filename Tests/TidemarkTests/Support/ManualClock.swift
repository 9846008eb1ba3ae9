// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import Tidemark

/// A clock that stands still until a test moves it, and that can hold a store's commit thread.
///
/// That thread reads the clock once behind each commit, when everyone who waited has been answered. It is the one that is
/// not the test's own.
final class ManualClock: WallClock {
    private struct State {
        var milliseconds: Int64
        var holdsCommits = false
        var isHolding = false
        var permits = 0
        var test: pthread_t?
    }

    private let state: Monitor<State>

    /// 2026-03-01T12:00:00Z unless said otherwise.
    init(_ seconds: Int64 = 1_772_366_400) {
        state = Monitor(State(milliseconds: seconds * 1_000))
    }

    var now: Timestamp {
        let isTest = state.withLock { state in state.test.map { pthread_equal($0, pthread_self()) != 0 } ?? true }
        if !isTest {
            state.withLock { $0.isHolding = $0.holdsCommits }
            state.wake()
            state.wait { state -> Void? in
                if !state.holdsCommits { return () }
                guard state.permits > 0 else { return nil }
                state.permits -= 1
                return ()
            }
        }
        return Timestamp(milliseconds: state.withLock { $0.milliseconds })
    }

    func advance(seconds: Int64 = 0, milliseconds: Int64 = 0) {
        state.withLock { $0.milliseconds += seconds * 1_000 + milliseconds }
    }

    /// From now on the commit thread stands still behind each commit. To be called before the first one: otherwise
    /// nobody knows whether the thread has read the clock behind the last.
    func holdCommits() {
        state.withLock { state in
            state.holdsCommits = true
            state.test = pthread_self()
        }
    }

    /// Returns when the commit thread stands still.
    func waitUntilHeld() {
        state.wait { $0.isHolding ? () : nil }
    }

    /// Lets the thread go on to what it does behind a commit, and to the next commit.
    func letThrough() {
        state.withLock { state in
            state.permits += 1
            state.isHolding = false
        }
        state.wake()
    }

    func releaseCommits() {
        state.withLock { state in
            state.holdsCommits = false
            state.isHolding = false
            state.permits = 0
        }
        state.wake()
    }
}
