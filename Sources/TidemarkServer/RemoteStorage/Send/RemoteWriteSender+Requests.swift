// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

extension RemoteWriteSender {
    /// What became of a batch.
    enum Sent: Equatable {
        /// All of it was taken or refused for good.
        case done
        /// It was broken off.
        case aborted
        /// The receiver does not know this version, and gets the other one from now on.
        case otherVersion
    }

    /// The answer's headers of version 2 that say what was written.
    private static let writtenSamples = "X-Prometheus-Remote-Write-Samples-Written"
    private static let written = [
        writtenSamples, "X-Prometheus-Remote-Write-Histograms-Written", "X-Prometheus-Remote-Write-Exemplars-Written",
    ]

    /// Sends a batch until it is answered.
    func send(_ batch: RemoteWriteBatch, _ client: EndpointClient) -> Sent {
        var pieces = state.withLock { $0.patience }
        let taken = state.withLock { $0.statistics.sent }
        let sent = send(batch, client, &pieces)
        if sent == .done {
            state.withLock { state in
                let isAllRefused = state.statistics.sent == taken
                state.patience = isAllRefused ? RemoteWriteSender.fewestPieces : RemoteWriteSender.mostPieces
            }
        }
        return sent
    }

    /// - Parameter pieces: how many more requests a refusal may cost.
    private func send(_ batch: RemoteWriteBatch, _ client: EndpointClient, _ pieces: inout Int) -> Sent {
        // Prometheus: `storage/remote/queue_manager.go`, the defaults of `min_backoff` and `max_backoff`.
        var delay = RetryDelay(first: .milliseconds(30), longest: .seconds(5))
        let request = OutgoingRequest(
            body: batch.body,
            contentType: batch.version.contentType,
            headers: [
                (name: "Content-Encoding", value: "snappy"),
                (name: "X-Prometheus-Remote-Write-Version", value: batch.version.number),
            ]
        )
        while !isAborted {
            let exchange = client.exchange(request, answerHeaders: RemoteWriteSender.written) { [self] in isAborted }
            note(exchange)
            switch exchange.outcome {
            case .aborted: return .aborted
            case .retry(_, let after):
                state.withLock { $0.statistics.retries += 1 }
                waiting.pause(delay.next(asked: after, random: waiting.random()))
            case .accepted:
                // A receiver that does not know version 2 may take the message for an empty one of version 1.
                if batch.version == .v2, exchange.headers.isEmpty { return fallBack() }
                count(batch, taken: written(exchange) ?? batch.count)
                return .done
            case .refused:
                if batch.version == .v2, exchange.status == 415 { return fallBack() }
                if let taken = written(exchange), batch.version == .v2 {
                    count(batch, taken: taken)
                    return .done
                }
                if exchange.status == 400, let sent = sendHalves(of: batch, client, &pieces) { return sent }
                count(batch, taken: 0)
                return .done
            }
        }
        return .aborted
    }

    /// A receiver may refuse a request as a whole for one sample in it, such as one that it has got before: the good ones
    /// must not be lost with it.
    ///
    /// - Returns: nil when there is nothing to be cut, or it was cut often enough.
    private func sendHalves(of batch: RemoteWriteBatch, _ client: EndpointClient, _ pieces: inout Int) -> Sent? {
        guard batch.count > 1, pieces >= 2, let request = try? batch.request() else { return nil }
        pieces -= 2
        let (first, second) = request.halves
        for half in [first, second] {
            let sent = send(RemoteWriteBatch(half, batch.version), client, &pieces)
            if sent != .done { return sent }
        }
        return .done
    }

    private func fallBack() -> Sent {
        state.withLock { $0.version = .v1 }
        return .otherVersion
    }

    private func note(_ exchange: EndpointClient.Exchange) {
        let uptime = MachineClock().now.uptime
        state.withLock { state in
            // Of refusals the first one with a status is told: their texts name one series after the other.
            let kind = exchange.status.map { "status \($0)" }
            if exchange.status == 415, state.version == .v2 { return }
            state.log.note(exchange.outcome, kind: kind, at: uptime)
        }
    }

    private func written(_ exchange: EndpointClient.Exchange) -> Int? {
        exchange.headers[RemoteWriteSender.writtenSamples].flatMap { Int($0) }
    }

    private func count(_ batch: RemoteWriteBatch, taken: Int) {
        let taken = min(max(taken, 0), batch.count)
        state.withLock { state in
            state.statistics.sent += UInt64(taken)
            state.statistics.failed += UInt64(batch.count - taken)
            guard taken > 0 else { return }
            let newest = Timestamp(milliseconds: batch.newest)
            state.statistics.highestSent = max(state.statistics.highestSent ?? newest, newest)
        }
    }
}
