// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOHTTPTypes
public import ServiceLifecycle
import Synchronization
public import Tidemark

/// Tidemark's HTTP server: takes events, shows metrics, and owns the store's end.
///
/// ```swift
/// let store = try MetricsStore.open(at: "tidemark-data", definitions: MetricDefinition.shipped)
/// let service = HTTPService(store: store, configuration: ServerConfiguration(), logger: Logger(label: "tidemark"))
/// try await ServiceGroup(services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
///
/// On graceful shutdown it stops accepting, answers the requests in flight (for at most
/// ``ServerConfiguration/stopTimeout``), and closes the store, which commits what is pending.
public final class HTTPService: Service {
    let store: any EventStore
    let engine: any QueryAnswering
    let clock: any WallClock
    let configuration: ServerConfiguration
    let access: AccessControl
    let state: ServiceState
    let logger: Logger
    private let reloading: @Sendable () throws -> Reloaded
    private let reloadLock = Mutex<Void>(())
    let rules: RuleService?
    let remoteWrite: RemoteWriteService?
    private let onListening: @Sendable (ListenAddress) -> Void

    /// A server of an open store; ``run()`` starts it.
    ///
    /// - Parameters:
    ///   - store: it is closed when ``run()`` returns, however that ends.
    ///   - configuration: where to listen, and the limits.
    ///   - access: who may ask for what, and TLS; everyone for everything unless said otherwise.
    ///   - mappings: what `?mapping=NAME` can mean.
    ///   - rules: what is evaluated while it serves; of the same store. Nil for nothing.
    ///   - remoteWrite: who is sent what is in the store; of the same store. Nil for nobody.
    ///   - logger: requests that fail on our side, reloads, and the stop.
    ///   - reload: reads anew what `POST /-/reload` and ``reload()`` are to bring, and changes nothing. Called by one thread
    ///     at a time, which may block.
    ///   - onListening: called once with the bound address, its real port included, before the first request is served.
    public convenience init(
        store: MetricsStore,
        configuration: ServerConfiguration,
        access: AccessControl = AccessControl(),
        mappings: [EventMapping] = [],
        rules: RuleService? = nil,
        remoteWrite: RemoteWriteService? = nil,
        logger: Logger,
        reload: @escaping @Sendable () throws -> Reloaded = { Reloaded() },
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) {
        self.init(
            eventStore: OpenStore(store: store),
            clock: store.options.clock,
            configuration: configuration,
            access: access,
            mappings: mappings,
            rules: rules,
            remoteWrite: remoteWrite,
            logger: logger,
            reload: reload,
            onListening: onListening
        )
    }

    init(
        eventStore: any EventStore,
        engine: any QueryAnswering = EngineAnswers(),
        clock: any WallClock = SystemClock(),
        configuration: ServerConfiguration,
        access: AccessControl = AccessControl(),
        mappings: [EventMapping] = [],
        rules: RuleService? = nil,
        remoteWrite: RemoteWriteService? = nil,
        logger: Logger,
        reload: @escaping @Sendable () throws -> Reloaded = { Reloaded() },
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) {
        self.rules = rules
        self.remoteWrite = remoteWrite
        self.store = eventStore
        self.engine = engine
        self.clock = clock
        self.configuration = configuration
        self.access = access
        self.state = ServiceState(mappings: mappings)
        self.logger = logger
        self.reloading = reload
        self.onListening = onListening
    }

    /// What a reload brings; nil leaves what there is.
    public struct Reloaded: Sendable {
        /// Which events count in which metrics.
        public var definitions: [MetricDefinition]?
        /// What `?mapping=NAME` can mean.
        public var mappings: [EventMapping]?
        /// Rules, and who is told.
        public var rules: RuleConfiguration?

        /// Nothing new.
        public init(
            definitions: [MetricDefinition]? = nil,
            mappings: [EventMapping]? = nil,
            rules: RuleConfiguration? = nil
        ) {
            self.definitions = definitions
            self.mappings = mappings
            self.rules = rules
        }
    }

    /// Serves until graceful shutdown or cancellation, then closes the store.
    ///
    /// - Throws: ``ServerError``: `cannotListen`, or `closeFailed` when what was pending could not be committed.
    public func run() async throws {
        var failure: (any Error)?
        do {
            try checkAddress()
            try await serve()
        } catch {
            failure = listenError(error)
        }
        state.phase = .stopping
        await rules?.stop()
        await remoteWrite?.stop()
        do {
            try store.close()
        } catch {
            failure = failure ?? ServerError(code: .closeFailed, message: error.message)
        }
        if let failure { throw failure }
    }

    /// Reads definitions, mappings and rules again, as `POST /-/reload` does. All of it counts from now on, or nothing does.
    ///
    /// - Throws: what the closure throws, or why something cannot be used; nothing has changed then.
    public func reload() async throws {
        // Files are read, and an evaluation of rules under way is waited for.
        try await SenderThread.run { [self] in try reloadBlocking() }
    }

    private func reloadBlocking() throws {
        try reloadLock.withLock { _ in
            do {
                let fresh = try reloading()
                // What can fail comes first, and the last of it changes nothing when it fails.
                let prepared = try fresh.rules.flatMap { try rules?.prepare($0) }
                do {
                    if let definitions = fresh.definitions { try store.reload(definitions: definitions) }
                } catch {
                    prepared?.abandon()
                    throw error
                }
                if let mappings = fresh.mappings { state.replaceMappings(mappings) }
                if let prepared { rules?.apply(prepared) }
                logger.info("reloaded")
            } catch {
                logger.error("not reloaded: \(error)")
                throw error
            }
        }
    }

    // MARK: - Serving

    /// Whoever reaches the server may do everything unless clients have to say who they are: other machines may not.
    private func checkAddress() throws(ServerError) {
        guard !configuration.listen.isLoopback, !configuration.allowsUnauthenticated else { return }
        guard access.authenticates else {
            throw ServerError(
                code: .cannotListen,
                message:
                    "not listening on \(configuration.listen): everyone who reaches it could do everything. Give users "
                    + "or client certificates (--web-config), or tokens (--tokens), or say --allow-unauthenticated"
            )
        }
        access.stayClosed()
        if !access.usesTLS {
            logger.warning("passwords and tokens come in the clear: the web configuration has no tls_server_config")
        }
    }

    private func serve() async throws {
        let application = makeApplication(try Dashboard.shipped)
        let stopTimeout = configuration.stopTimeout
        let (state, rules) = (state, rules)
        let watch = StoreWatch(store: store, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask { await watch.run() }
            group.addTask {
                // Ends in one of three ways: the server is done first (cancelled), or it finishes in time, or the time is up.
                do {
                    try await gracefulShutdown()
                } catch {
                    return
                }
                state.phase = .stopping
                // A reload waits for the evaluation under way, and is a request to be answered.
                rules?.engine.breakOff()
                try? await Task.sleep(for: stopTimeout)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func makeApplication(_ dashboards: [Dashboard]) -> some ApplicationProtocol {
        var quiet = logger
        // Hummingbird says at `info` what `onListening` says in our words.
        quiet.logLevel = max(logger.logLevel, .warning)
        let limits = RequestGuard.Limits(
            bodyLimit: configuration.bodyLimit,
            bodyTimeout: TimeAmount(configuration.bodyTimeout),
            responseTimeout: TimeAmount(configuration.responseTimeout)
        )
        return Application(
            router: makeRouter(dashboards),
            server: HTTPServerBuilder { [access, configuration] responder in
                SecureChannel(
                    base: HTTP1Channel(
                        responder: responder,
                        configuration: .init(
                            additionalChannelHandlers: [RequestGuard(limits: limits)],
                            idleTimeout: TimeAmount(configuration.idleTimeout),
                            httpDecoderConfiguration: .init(
                                maxHeaderFieldSize: configuration.headerLimit,
                                maxHeaderListSize: configuration.headerLimit
                            )
                        )
                    ),
                    access: access
                )
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.listen.host, port: configuration.listen.port),
                availableConnectionsDelegate: .maximum(configuration.maximumConnections, logger: quiet)
            ),
            onServerRunning: { [state, rules, remoteWrite, onListening, configuration] channel in
                let port = channel.localAddress?.port ?? configuration.listen.port
                rules?.start()
                remoteWrite?.start()
                onListening(ListenAddress(host: configuration.listen.host, port: port))
                state.phase = .ready
            },
            logger: quiet
        )
    }

    /// What a person can act on, from what NIO throws when it cannot bind.
    private func listenError(_ error: any Error) -> any Error {
        let address = configuration.listen
        switch error {
        case let error as IOError:
            let reason = error.errnoCode == EADDRINUSE ? "the address is in use" : errorText(error.errnoCode)
            return ServerError(code: .cannotListen, message: "cannot listen on \(address): \(reason)")
        case let error as SocketAddressError:
            return ServerError(code: .cannotListen, message: "cannot listen on \(address): \(error)")
        case is SocketAddressError.UnknownHost:
            return ServerError(code: .cannotListen, message: "cannot listen on \(address): there is no such host")
        default:
            return error
        }
    }
}
