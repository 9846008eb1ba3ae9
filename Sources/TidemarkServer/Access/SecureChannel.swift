// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// A connection of HTTP/1.1, with TLS below it where the server speaks TLS: with the certificates as their files are when
/// the connection begins.
struct SecureChannel: ServerChildChannel {
    let base: HTTP1Channel
    let access: AccessControl

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try access.current().tls?.add(to: channel.pipeline.syncOperations)
        }
        .flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
