// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TidemarkServer

/// A server's answer to one request.
struct HTTPAnswer: Sendable {
    var status: Int
    /// Seconds the server asks to wait before the next try.
    var retryAfter: Int?
    var body: ByteBuffer
    /// The server keeps the connection open for more.
    var isKeptAlive: Bool
}

/// Why there was no answer; sending again may help.
enum HTTPConnectionError: Error, CustomStringConvertible {
    case closed
    case timedOut
    case tooLong

    var description: String {
        switch self {
        case .closed: "the server closed the connection"
        case .timedOut: "the server did not answer in time"
        case .tooLong: "the server's answer is too long"
        }
    }
}

/// One HTTP/1.1 connection that carries one request at a time.
struct HTTPConnection: Sendable {
    private let channel: any Channel
    private let client: HTTPClientConfig

    /// Connects.
    ///
    /// - Parameters:
    ///   - client: who we are, and whom we trust.
    ///   - longestAnswer: in bytes; of an answer to events by default, which is counts and at most 20 errors.
    /// - Throws: also ``CommandFailure`` when a certificate or key cannot be used.
    static func open(
        to server: ServerURL,
        as client: HTTPClientConfig,
        longestAnswer: Int = 1 << 20
    ) async throws -> HTTPConnection {
        let tls = server.usesTLS ? try ClientTLS(client.tls, host: server.host) : nil
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try tls?.add(to: channel.pipeline.syncOperations)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(longestAnswer: longestAnswer))
                }
            }
            .connect(host: server.host, port: server.port)
            .get()
        return HTTPConnection(channel: channel, client: client)
    }

    /// Sends one request and waits for the whole answer.
    ///
    /// - Throws: ``HTTPConnectionError`` or an `IOError`; the connection is of no more use then.
    func exchange(_ head: HTTPRequestHead, body: ByteBuffer, timeout: TimeAmount) async throws -> HTTPAnswer {
        var head = head
        if let authorization = try client.authorizationHeader() {
            head.headers.replaceOrAdd(name: "Authorization", value: authorization)
        }
        let promise = channel.eventLoop.makePromise(of: HTTPAnswer.self)
        let exchange = HTTPExchange(head: head, body: body, timeout: timeout, promise: promise)
        channel.writeAndFlush(exchange).whenFailure { promise.fail($0) }
        return try await promise.futureResult.get()
    }

    /// Closes; an exchange under way fails.
    func close() {
        channel.close(promise: nil)
    }
}

/// A request and the promise of its answer.
private struct HTTPExchange: Sendable {
    var head: HTTPRequestHead
    var body: ByteBuffer
    var timeout: TimeAmount
    var promise: EventLoopPromise<HTTPAnswer>
}

/// Writes the parts of a request and collects those of the answer.
private final class AnswerCollector: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPExchange
    typealias OutboundOut = HTTPClientRequestPart

    private let longestAnswer: Int
    private var promise: EventLoopPromise<HTTPAnswer>?
    private var answer: HTTPAnswer?
    private var timer: Scheduled<Void>?

    init(longestAnswer: Int) {
        self.longestAnswer = longestAnswer
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        self.promise = exchange.promise
        answer = nil
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: exchange.timeout) { [self] in
            fail(HTTPConnectionError.timedOut, context: context)
        }
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(exchange.body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = HTTPAnswer(
                status: Int(head.status.code),
                retryAfter: head.headers.first(name: "Retry-After").flatMap { Int($0) },
                body: ByteBuffer(),
                isKeptAlive: head.isKeepAlive
            )
        case .body(var part):
            answer?.body.writeBuffer(&part)
            if let size = answer?.body.readableBytes, size > longestAnswer {
                fail(HTTPConnectionError.tooLong, context: context)
            }
        case .end:
            timer?.cancel()
            guard let promise, let answer else { return }
            self.promise = nil
            promise.succeed(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTPConnectionError.closed, context: context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(HTTPConnectionError.closed, context: context)
    }

    private func fail(_ error: any Error, context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        promise?.fail(error)
        promise = nil
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension AnswerCollector: Sendable {}
