// SPDX-License-Identifier: Apache-2.0

import Logging

/// Says what goes wrong with a destination once, not with each try: what is told again and again is not read.
struct DeliveryLog: Sendable {
    /// After so long the same is said again.
    static let silence: Duration = .seconds(3_600)

    private let logger: Logger
    /// What is delivered.
    private let subject: String
    private var isAway = false
    private var lastRefusal: (kind: String, at: Duration)?
    private var lastDrop: Duration?

    init(destination: String, subject: String = "alerts", logger: Logger) {
        self.subject = subject
        var logger = logger
        logger[metadataKey: "destination"] = .string(destination)
        self.logger = logger
    }

    /// A request has ended.
    ///
    /// - Parameter kind: refusals of one kind are told once; nil: those of the same reason.
    mutating func note(_ outcome: RequestOutcome, kind: String? = nil, at uptime: Duration) {
        switch outcome {
        case .accepted:
            if isAway { logger.notice("\(subject) are delivered again") }
            isAway = false
        case .retry(let reason, _):
            if !isAway {
                logger.warning("\(subject) cannot be delivered, trying again", metadata: ["reason": .string(reason)])
            }
            isAway = true
        case .refused(let reason):
            let kind = kind ?? reason
            if let last = lastRefusal, last.kind == kind, last.at + DeliveryLog.silence > uptime { return }
            lastRefusal = (kind, uptime)
            logger.warning("\(subject) were refused", metadata: ["reason": .string(reason)])
        case .aborted: break
        }
    }

    /// The number of alerts that were dropped has grown.
    mutating func noteDropped(at uptime: Duration) {
        if let lastDrop, lastDrop + DeliveryLog.silence > uptime { return }
        lastDrop = uptime
        logger.warning("no room for more alerts, the oldest are dropped")
    }

    /// Delivery has ended.
    func noteEnd(dropped: UInt64) {
        if dropped > 0 {
            logger.warning("alerts were not delivered before the end", metadata: ["alerts": "\(dropped)"])
        }
    }
}
