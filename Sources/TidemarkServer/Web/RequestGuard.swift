// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches over one connection, between the HTTP codec and Hummingbird.
///
/// 1. **Slow senders.** A body must arrive within ``Limits/bodyTimeout`` plus a second per 64 KiB, or the connection closes.
/// 2. **Whole bodies only.** Hummingbird takes the end of a connection for the end of a body. A body that came to its real
///    end gets an empty part after its last, which a codec never makes; ``BodyCollector`` uses no body without it.
/// 3. **Early answers** (413, 429, …). When the answer goes out before the body is in, a rest of up to ``smallRest`` is
///    received as usual and the connection lives on. More is read and dropped for ``lingerTime``, so that the client can
///    read the answer, then the connection closes.
/// 4. **`Expect: 100-continue`**, unless the announced length is too large anyway.
/// 5. **Slow readers.** An answer must be taken within ``Limits/responseTimeout``.
/// 6. **Clients that leave.** ``departure`` tells those who work on a request, so that they can stop.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What the guard enforces.
    struct Limits: Sendable {
        var bodyLimit: Int
        var bodyTimeout: TimeAmount
        var responseTimeout: TimeAmount
    }

    /// Long enough for an answer to cross the world, short enough not to be worth an attack.
    static let lingerTime: TimeAmount = .seconds(2)

    /// Receiving this much costs less than a new connection.
    static let smallRest = 64 << 10

    /// Whether the client is still there.
    let departure = ClientDeparture()

    private let limits: Limits

    /// Requests whose head arrived, and responses whose end was written: HTTP/1.1 keeps both in order.
    private var requestsBegun = 0
    private var responsesEnded = 0
    private var isReceiving = false
    private var receivedBytes = 0
    private var announcedBytes: Int?
    private var receivingSince = NIODeadline.now()
    private var isWaitingForContinue = false
    private var closesAfterResponse = false
    private var isLingering = false
    private var bodyTimer: Scheduled<Void>?
    private var responseTimer: Scheduled<Void>?
    private var lingerTimer: Scheduled<Void>?

    init(limits: Limits) {
        self.limits = limits
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for timer in [bodyTimer, responseTimer, lingerTimer] { timer?.cancel() }
    }

    // MARK: - The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that closes only its sending half cannot be told from one that closes: both have sent all they had
        // to. As in Go's server, its request is cancelled.
        if let event = event as? ChannelEvent, event == .inputClosed { departure.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        departure.leave()
        context.fireChannelInactive()
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            requestsBegun += 1
            isReceiving = true
            receivedBytes = 0
            announcedBytes = head.headerFields[.contentLength].flatMap(Int.init)
            receivingSince = .now()
            context.fireChannelRead(data)
            isWaitingForContinue = head.headerFields[.expect]?.lowercased() == "100-continue"
            continueIfExpected(head, context: context)
        case .body(let part):
            isWaitingForContinue = false
            receivedBytes += part.readableBytes
            if bodyTimer == nil { startBodyTimer(limits.bodyTimeout, context: context) }
            if !isLingering { context.fireChannelRead(data) }
        case .end:
            isReceiving = false
            bodyTimer?.cancel()
            bodyTimer = nil
            if isLingering {
                context.close(promise: nil)
                return
            }
            if receivedBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(ByteBuffer()))) }
            context.fireChannelRead(data)
        }
    }

    private func continueIfExpected(_ head: HTTPRequest, context: ChannelHandlerContext) {
        // A body may also never begin: the timer runs from the head on when one was announced.
        guard let length = announcedBytes ?? chunkedLength(head) else { return }
        if length != 0 { startBodyTimer(limits.bodyTimeout, context: context) }
        guard isWaitingForContinue, length <= limits.bodyLimit,
            requestsBegun == responsesEnded + 1
        else { return }
        isWaitingForContinue = false
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    /// -1, "some", for a body of unknown length.
    private func chunkedLength(_ head: HTTPRequest) -> Int? {
        head.headerFields[.transferEncoding] == nil ? nil : -1
    }

    private func startBodyTimer(_ delay: TimeAmount, context: ChannelHandlerContext) {
        bodyTimer?.cancel()
        bodyTimer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            bodyTimer = nil
            guard isReceiving else { return }
            let allowed = limits.bodyTimeout + .seconds(Int64(receivedBytes >> 16))
            let left = receivingSince + allowed - .now()
            if left > .zero {
                startBodyTimer(left, context: context)
            } else {
                context.close(promise: nil)
            }
        }
    }

    // MARK: - Responses

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            if isReceiving && requestsBegun == responsesEnded + 1 && !isRestSmall {
                closesAfterResponse = true
                head.headerFields[.connection] = "close"
            }
            startResponseTimer(context: context)
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            responsesEnded += 1
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { [self] _ in
                responseTimer?.cancel()
                responseTimer = nil
            }
            context.write(data, promise: written)
            if closesAfterResponse { linger(context: context) }
        default:
            context.write(data, promise: promise)
        }
    }

    /// A sender that waits for `100 Continue` sends nothing after an error, so for it the rest is never small.
    private var isRestSmall: Bool {
        guard let announcedBytes else { return false }
        return announcedBytes - receivedBytes <= Self.smallRest && !isWaitingForContinue
    }

    private func linger(context: ChannelHandlerContext) {
        context.flush()
        guard isReceiving else {
            context.close(promise: nil)
            return
        }
        isLingering = true
        lingerTimer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) {
            context.close(promise: nil)
        }
        context.read()
    }

    private func startResponseTimer(context: ChannelHandlerContext) {
        responseTimer?.cancel()
        responseTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.responseTimeout) {
            context.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension RequestGuard: Sendable {}
