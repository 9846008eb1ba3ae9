// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether the client of a connection is still there, for those who work on its request.
final class ClientDeparture: Sendable {
    private struct State {
        var hasLeft = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Runs `action` when the client leaves, from now until ``ignore()``; at once when it has left. HTTP/1.1 works on
    /// one request of a connection at a time, so there is one action.
    func onLeaving(_ action: @escaping @Sendable () -> Void) {
        let hasLeft = state.withLock { state in
            state.action = action
            return state.hasLeft
        }
        if hasLeft { action() }
    }

    /// The request is answered.
    func ignore() {
        state.withLock { $0.action = nil }
    }

    /// The client has left: it has closed the connection, or its sending half.
    func leave() {
        let action = state.withLock { state in
            state.hasLeft = true
            return state.action
        }
        action?()
    }
}
