// SPDX-License-Identifier: Apache-2.0

public import Tidemark

/// Where the server listens and what it puts up with.
///
/// The limits bound its memory: at most ``bodyMemory`` for bodies being received, ``maximumScrapes`` pages, and about
/// 640 KB of socket data for each of ``maximumConnections``.
public struct ServerConfiguration: Sendable {
    /// The address to bind; port 0 picks a free one. Default 127.0.0.1:9590.
    public var listen = ListenAddress(host: "127.0.0.1", port: 9590)

    /// Whether an address that other machines reach may be listened on although nobody has to say who it is. Default
    /// false: ``HTTPService/run()`` throws.
    public var allowsUnauthenticated = false

    /// The largest body of one request in bytes, after decompression; a larger one is answered 413. Default 32 MiB.
    public var bodyLimit = 32 << 20

    /// Bytes of bodies, over all connections, that are held before the store has taken them. One more request is
    /// answered 429. Default 256 MiB.
    public var bodyMemory = 256 << 20

    /// Open connections; more wait in the system's accept queue until one closes. Default 256.
    public var maximumConnections = 256

    /// Metrics pages in memory at once; one more scrape is answered 503. Default 8.
    public var maximumScrapes = 8

    /// Bytes of a request's line and headers; more is answered 400, and the connection ends. Default 64 KiB.
    public var headerLimit = 64 << 10

    /// How long a connection may be silent between requests, or take for a TLS handshake and a request's headers, however
    /// they come. Default 75 s.
    public var idleTimeout: Duration = .seconds(75)

    /// How long a request's body may take, on top of one second for each 64 KiB received. Default 30 s.
    public var bodyTimeout: Duration = .seconds(30)

    /// How long the client may take to read an answer. Default 60 s.
    public var responseTimeout: Duration = .seconds(60)

    /// How long requests in flight may take after the signal to stop; then their connections close. Default 20 s.
    public var stopTimeout: Duration = .seconds(20)

    /// What one query may cost: lookback, timeout, samples. Its `threads` is for each of them.
    public var queryOptions = QueryOptions()

    /// Queries that run at once; more wait. Default 20, as in Prometheus.
    public var maximumQueries = 20

    /// Queries that wait; one more is answered 503. Default 200.
    public var maximumWaitingQueries = 200

    /// Queries that take at least so long, waiting included, are told in the log. Default nil: none.
    public var queryLogThreshold: Duration?

    /// Whether samples are taken at `POST /api/v1/write`. Default false.
    public var receivesRemoteWrite = false

    /// Whether `/api/v1/admin/…` is answered, which changes what is stored beside events. Default false: 403.
    public var enablesAdminAPI = false

    /// The folder below which `POST /api/v1/admin/backup` makes backups. Default nil: it makes none.
    public var backupFolder: String?

    /// All defaults.
    public init() {}
}
