// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Tidemark
import TimeSeries

/// Sends the samples of a store to other systems: one sender for each receiver.
public final class RemoteWriteService: Sendable {
    private let senders: [RemoteWriteSender]
    private let logger: Logger

    /// How long a sender may take to end; a request under way is broken off within about a second.
    private static let closingTime: Duration = .seconds(10)

    /// Nothing is sent before the server runs.
    ///
    /// - Parameters:
    ///   - settings: no name twice.
    ///   - externalLabels: for receivers that have none of their own.
    /// - Throws: `NotifyError` when a receiver cannot be used, or it cannot be told how far it has come.
    public init(
        store: MetricsStore,
        settings: [RemoteWriteSettings],
        externalLabels: Labels = [:],
        logger: Logger
    ) throws(NotifyError) {
        self.logger = logger
        var senders: [RemoteWriteSender] = []
        if !settings.isEmpty {
            let cursors = try RemoteWriteCursors(path: store.directory + "/remote-write.json")
            let source = RemoteWriteSender.Source(
                view: { try store.view() },
                clock: store.options.clock,
                slot: Int64(store.resolution) * 1_000
            )
            for var one in settings {
                one.externalLabels = one.externalLabels ?? externalLabels
                guard !senders.contains(where: { $0.settings.name == one.name }) else {
                    throw NotifyError("the receiver '\(one.name)' of remote write is given twice")
                }
                senders.append(try RemoteWriteSender(one, source: source, cursors: cursors, logger: logger))
            }
        }
        self.senders = senders
    }

    /// What each receiver was sent.
    var statistics: [RemoteWriteStatistics] { senders.map(\.statistics) }

    /// Begins.
    func start() {
        for sender in senders {
            do throws(NotifyError) {
                try sender.start()
            } catch {
                logger.error(
                    "nothing is sent",
                    metadata: ["destination": .string(sender.settings.name), "reason": .string(error.description)]
                )
            }
        }
    }

    /// Breaks off what is under way, and returns when nothing is read any more: what was not sent is sent after the next
    /// start.
    func stop() async {
        let senders = senders
        for sender in senders { sender.breakOff() }
        let wait: @Sendable () -> Void = {
            for sender in senders { sender.waitForEnd(atMost: RemoteWriteService.closingTime) }
        }
        do {
            try await SenderThread.run(wait)
        } catch {
            wait()
        }
    }
}
