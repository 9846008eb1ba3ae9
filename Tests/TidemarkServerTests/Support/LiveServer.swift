// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import Tidemark

@testable import TidemarkServer

/// A running `HTTPService` on a free port of the loopback, stopped gracefully when the body returns.
struct LiveServer {
    let port: Int
    let group: ServiceGroup

    /// Begins the graceful stop, as SIGTERM does.
    func stop() async { await group.triggerGracefulShutdown() }

    /// Talks to the server from a thread of its own: the client blocks, and must not block what it waits for.
    func talk<R: Sendable>(_ body: @escaping @Sendable (RawClient) throws -> R) async throws -> R {
        let port = port
        return try await onThread { try body(RawClient(port: port)) }
    }
}

/// A clock that stands still: a test may have to wait for its turn longer than a sample stays new.
struct StoppedClock: WallClock {
    let now: Timestamp

    /// 2026-03-01T12:00:00Z unless said otherwise.
    init(_ seconds: Int64 = 1_772_366_400) { now = Timestamp(seconds: seconds) }
}

/// Runs `body` beside a server.
func withServer<R>(
    _ store: some EventStore,
    mappings: [EventMapping] = [],
    engine: any QueryAnswering = EngineAnswers(),
    clock: any WallClock = SystemClock(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    rules: RuleService? = nil,
    access: AccessControl = AccessControl(),
    reload: @escaping @Sendable () throws -> HTTPService.Reloaded = { HTTPService.Reloaded() },
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (LiveServer) async throws -> R
) async throws -> R {
    var configuration = ServerConfiguration()
    configuration.listen = ListenAddress(host: "127.0.0.1", port: 0)
    configuration.stopTimeout = .seconds(10)
    configure(&configuration)
    let (addresses, address) = AsyncStream.makeStream(of: ListenAddress.self)
    let service = HTTPService(
        eventStore: store,
        engine: engine,
        clock: clock,
        configuration: configuration,
        access: access,
        mappings: mappings,
        rules: rules,
        logger: logger,
        reload: reload,
        onListening: { address.yield($0) }
    )
    let group = ServiceGroup(
        configuration: .init(
            services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
            logger: logger
        )
    )
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { address.finish() }
            try await group.run()
        }
        guard let bound = await addresses.first(where: { _ in true }) else {
            try await tasks.waitForAll()
            throw ClientError("the server did not start")
        }
        let result = try await body(LiveServer(port: bound.port, group: group))
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return result
    }
}
