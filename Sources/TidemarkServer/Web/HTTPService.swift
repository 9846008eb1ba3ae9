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
    private let store: any EventStore
    private let engine: any QueryAnswering
    private let clock: any WallClock
    private let configuration: ServerConfiguration
    private let access: AccessControl
    private let state: ServiceState
    private let logger: Logger
    private let reloading: @Sendable () throws -> Reloaded
    private let reloadLock = Mutex<Void>(())
    private let rules: RuleService?
    private let remoteWrite: RemoteWriteService?
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
        let application = makeApplication()
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

    private func makeApplication() -> some ApplicationProtocol {
        var quiet = logger
        // Hummingbird says at `info` what `onListening` says in our words.
        quiet.logLevel = max(logger.logLevel, .warning)
        let limits = RequestGuard.Limits(
            bodyLimit: configuration.bodyLimit,
            bodyTimeout: TimeAmount(configuration.bodyTimeout),
            responseTimeout: TimeAmount(configuration.responseTimeout)
        )
        return Application(
            router: makeRouter(),
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

    func makeRouter() -> Router<ConnectionContext> {
        let counters = RequestCounters()
        let pages = StatusPages(store: store, state: state) { [weak self] in try await self?.reload() }
        let budget = BodyBudget(bytes: configuration.bodyMemory)
        let events = EventsEndpoint(
            store: store,
            state: state,
            bodies: BodyCollector(
                limit: configuration.bodyLimit,
                budget: budget,
                advice: "; send it in smaller batches"
            )
        )
        let baselines = BaselinesEndpoint(
            store: store,
            isEnabled: configuration.enablesAdminAPI,
            bodies: BodyCollector(
                limit: configuration.bodyLimit,
                budget: budget,
                advice: "; leave columns out, or set the baseline with --data while no server runs"
            ),
            clock: clock
        )
        let queries = QueryCounters()
        let threads = QueryThreads(
            count: configuration.maximumQueries,
            maximumWaiting: configuration.maximumWaitingQueries
        )
        let api = QueryAPI(
            store: store,
            engine: engine,
            configuration: configuration,
            bodies: BodyCollector(limit: min(configuration.bodyLimit, 10 << 20), budget: budget, advice: ""),
            counters: queries,
            threads: threads,
            logger: logger,
            clock: clock,
            rules: RulesEndpoint(rules: rules?.engine) { [rules] in rules?.alertmanagers ?? [] }
        )
        let received = RemoteWriteCounters()
        let metrics = MetricsEndpoint(
            store: store,
            counters: counters,
            queries: {
                var counts = queries.read()
                (counts.running, counts.waiting) = threads.load
                return counts
            },
            received: configuration.receivesRemoteWrite ? received : nil,
            rules: rules,
            sending: remoteWrite,
            access: access,
            maximumScrapes: configuration.maximumScrapes
        )
        rules?.observe { metrics.renderOwn(.openMetrics) }

        let router = Router(context: ConnectionContext.self)
        router.add(middleware: AnswerHeadersMiddleware(access: access))
        router.add(middleware: AnswerMiddleware(counters: counters))
        router.add(middleware: AccessMiddleware(access: access))
        router.endpoint("/", get: { _, _ in pages.index() })
        router.endpoint("/metrics", get: { request, _ in try metrics.respond(to: request) })
        router.endpoint("/api/v1/events", post: { request, _ in try await events.respond(to: request) })
        if configuration.receivesRemoteWrite {
            let write = makeRemoteWrite(budget, received)
            router.endpoint("/api/v1/write", post: { request, _ in try await write.respond(to: request) })
        } else {
            router.endpoint(
                "/api/v1/write",
                post: { _, _ in
                    throw APIError(.notFound, "remote write is off; serve has --enable-remote-write-receiver")
                }
            )
        }
        router.endpoint(
            "/api/v1/admin/baselines",
            get: { request, _ in try await baselines.show(request) },
            post: { request, _ in try await baselines.set(request) }
        )
        router.endpoint("/api/v1/status/buildinfo", get: { _, _ in pages.buildInformation() }, hasOptions: true)
        api.register(in: router)
        let backups = BackupEndpoint(store: store, folder: configuration.backupFolder, clock: clock)
        router.endpoint("/api/v1/admin/backup", post: { request, _ in try await backups.respond(to: request) })
        router.endpoint("/-/healthy", get: { _, context in pages.healthy(saysWhy: context.principal != nil) })
        router.endpoint("/-/ready", get: { _, _ in pages.ready() })
        router.endpoint("/-/reload", post: { _, _ in try await pages.reloaded() })
        return router
    }

    private func makeRemoteWrite(_ budget: BodyBudget, _ counters: RemoteWriteCounters) -> RemoteWriteEndpoint {
        let metadata = RemoteMetadataTable()
        return RemoteWriteEndpoint(
            bodies: BodyCollector(
                limit: configuration.bodyLimit,
                budget: budget,
                advice: "; send fewer samples in a request"
            ),
            writers: RemoteWriters(count: 4, mostBytes: configuration.bodyMemory) { [store] in
                RemoteWriter(metadata: metadata, samples: store.sampleWriter, series: store.series)
            },
            counters: counters,
            logger: logger
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
