// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore

/// What is known of a request beside its content: whose connection it came on.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// What holds for the request.
    var rules = AccessControl.everyone
    /// Who asks; nil for somebody unknown, who gets no further than what is open to everyone.
    var principal: Principal?
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The client's address, without its port; `unknown` when the system does not say.
    var client: String { channel.remoteAddress?.ipAddress ?? "unknown" }

    /// Runs `action` when the client leaves, from now until ``ignoreLeaving()``; soon when it has left.
    func onLeaving(_ action: @escaping @Sendable () -> Void) {
        withDeparture { departure in
            // A channel that is closed has no handlers any more.
            guard let departure else { return action() }
            departure.onLeaving(action)
        }
    }

    /// The request is answered.
    func ignoreLeaving() {
        withDeparture { $0?.ignore() }
    }

    /// On the event loop, in the order of the calls; nobody waits for it.
    private func withDeparture(_ body: @escaping @Sendable (ClientDeparture?) -> Void) {
        channel.eventLoop.execute { [channel] in
            body(try? channel.pipeline.syncOperations.handler(type: RequestGuard.self).departure)
        }
    }
}
