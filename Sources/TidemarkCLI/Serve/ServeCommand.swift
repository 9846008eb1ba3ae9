// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import Tidemark
import TidemarkServer
import UnixSignals

/// `tidemark serve`: opens the data, listens, and stays until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Take events over HTTP, show the counters on /metrics, and answer PromQL.",
        discussion: """
            Events go to POST /api/v1/events and are answered after they are safe on disk. Prometheus scrapes /metrics.
            SIGTERM or SIGINT: stop accepting, answer what is in flight, commit, exit 0. SIGHUP or POST /-/reload: read
            the configuration, definitions and mappings again; a bad file changes nothing and says why.

            The configuration file is YAML; flags win over it, and its relative paths start at its own folder:

              listen: 127.0.0.1:9590
              data: tidemark-data
              resolution: 15s             # width of a slot of event time
              dedupe_window: 24h          # how long an event's identity is remembered
              idle_timeout: 24h           # how long a series without events stays on /metrics
              identity_memory: 1GiB       # beyond it the oldest identities go to the disk
              join_memory: 1GiB           # the same for what waits in joins
              queue: 64MiB                # events taken but not yet committed; beyond it 429
              retention: 400d             # days older than this are dropped; kept for ever when not given
              retention_size: 100GiB      # the oldest days are dropped while the data takes more
              min_free_disk: 5GiB         # and while less than this is free
              seal_after: 6h              # how late events of a day may be before it is sealed
              body_limit: 32MiB           # one request, decompressed; beyond it 413
              query_timeout: 2m           # how long one PromQL query may take
              query_lookback: 5m          # how old the newest sample of a series may be
              query_samples: 50000000     # samples one query may hold in memory
              query_concurrency: 20       # queries at once; more wait
              query_log_threshold: 10s    # slower queries are logged; none when not given
              remote_write_receiver: false   # whether POST /api/v1/write takes samples
              metrics: [metrics/*.yml]    # metric definitions; the shipped ones when not given
              mappings: [mappings/*.yml]  # for CSV and foreign JSON, used as ?mapping=NAME
              rules: [rules/*.yml]        # rule files; the shipped ones when not given
              evaluation_interval: 1m     # between two evaluations of groups that say nothing else
              external_url: http://metrics.example.com   # where people reach this server: the start of links in alerts
              external_labels: {site: a}  # added to what is sent about alerts, and by remote write
              resend_delay: 1m            # how often an alert that fires is told again
              alertmanagers: [{url: http://127.0.0.1:9093}]   # docs/notifications.md has all keys
              rotation_interval: 24h      # how often the database is exchanged for a fresh one; also when it has grown
              backup_dir: backups         # where the admin API makes backups
              enable_admin_api: false     # whether it does
              web_config: web.yml         # TLS and users, as Prometheus's --web.config.file; docs/security.md
              tokens: tokens.yml          # bearer tokens with scopes
              allow_unauthenticated: false   # whether others than this machine may be served without either
              webhooks: [{name: pager, url: http://127.0.0.1:8080/hook}]
              remote_write: [{url: http://127.0.0.1:9090/api/v1/write}]   # docs/remote-storage.md has all keys

            EXAMPLES
              tidemark serve
              tidemark serve --data /var/lib/tidemark/data --listen [::]:9590 --web-config web.yml
              curl --data-binary @events.ndjson http://127.0.0.1:9590/api/v1/events
            """
    )

    @Option(help: ArgumentHelp("YAML configuration file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Data directory; made when missing. (default: ./tidemark-data)", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Address to listen on; port 0 takes a free one. (default: 127.0.0.1:9590)",
            valueName: "host:port"
        )
    )
    var listen: String?

    @Option(
        help: ArgumentHelp("Metric definition files instead of the shipped ones; may be repeated.", valueName: "glob")
    )
    var metrics: [String] = []

    @Option(help: ArgumentHelp("Rule files instead of the shipped ones; may be repeated.", valueName: "glob"))
    var rules: [String] = []

    @Option(
        help: ArgumentHelp(
            "Mapping files for ?mapping=NAME, NAME being the file's without extension; may be repeated.",
            valueName: "glob"
        )
    )
    var mappings: [String] = []

    @Option(
        name: .customLong("web-config"),
        help: ArgumentHelp(
            "TLS, users and headers, in the format of Prometheus's --web.config.file; read again when it changes.",
            valueName: "file"
        )
    )
    var webConfig: String?

    @Option(
        help: ArgumentHelp(
            "Bearer tokens with scopes ingest, read and admin; read again when it changes.",
            valueName: "file"
        )
    )
    var tokens: String?

    @Flag(
        name: .customLong("allow-unauthenticated"),
        help:
            "Listen to other machines although nobody has to say who it is: whoever reaches the server may do everything."
    )
    var allowsUnauthenticated = false

    @OptionGroup
    var retention: RetentionOptions

    @Option(
        name: .customLong("query-log-threshold"),
        help: ArgumentHelp("Log PromQL queries that take at least this long, such as 500ms.", valueName: "duration"),
        transform: parseThreshold
    )
    var queryLogThreshold: Duration?

    @Option(
        name: .customLong("alertmanager"),
        help: ArgumentHelp(
            "An Alertmanager to tell of alerts, beside those of the configuration; may be repeated.",
            valueName: "url"
        )
    )
    var alertmanagers: [String] = []

    @Option(
        name: .customLong("remote-write"),
        help: ArgumentHelp(
            "Where all samples are sent by Prometheus's remote write, beside the receivers of the configuration; may be repeated.",
            valueName: "url"
        )
    )
    var remoteWrite: [String] = []

    @Option(
        name: .customLong("remote-write-from"),
        help: ArgumentHelp(
            "Where receivers begin that were sent nothing yet, such as 2026-03-01T00:00:00Z. (default: now)",
            valueName: "time"
        ),
        transform: parseQueryTime
    )
    var remoteWriteFrom: Timestamp?

    @Flag(
        name: .customLong("enable-remote-write-receiver"),
        help: "Take samples at POST /api/v1/write, Prometheus's remote write."
    )
    var receivesRemoteWrite = false

    @Flag(
        name: .customLong("enable-admin-api"),
        help: "Answer /api/v1/admin/…, which sets baselines and makes backups: for those with the scope admin."
    )
    var enablesAdminAPI = false

    @Option(
        name: .customLong("backup-dir"),
        help: ArgumentHelp(
            "Folder that the admin API makes backups in; made when missing. (default: ./tidemark-backups)",
            valueName: "dir"
        )
    )
    var backupFolder: String?

    func validate() throws {
        for url in remoteWrite where !url.hasPrefix("http://") && !url.hasPrefix("https://") {
            throw ValidationError("--remote-write '\(url)' is not a URL such as http://127.0.0.1:9090/api/v1/write.")
        }
        for url in alertmanagers where !url.hasPrefix("http://") && !url.hasPrefix("https://") {
            throw ValidationError("--alertmanager '\(url)' is not a URL such as http://127.0.0.1:9093.")
        }
        guard let listen else { return }
        do {
            _ = try ListenAddress(listen)
        } catch {
            throw ValidationError(error.message)
        }
    }

    private static func parseThreshold(_ text: String) throws -> Duration {
        guard let nanoseconds = try? nanoseconds(parameter: text), nanoseconds >= 0 else {
            throw ValidationError("--query-log-threshold '\(text)' is not a duration such as 500ms or 10s.")
        }
        return .nanoseconds(nanoseconds)
    }

    func run() async throws {
        let settings = try resolvedSettings()
        if let folder = settings.server.backupFolder, mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw CommandFailure("cannot make \(folder): \(errorText(errno))")
        }
        let access = try AccessControl(webConfig: settings.webConfig, tokens: settings.tokens, logger: logger)
        let store = try MetricsStore.open(
            at: settings.data,
            definitions: try Self.definitions(settings),
            options: settings.options
        )
        let service: HTTPService
        do {
            service = makeService(
                store: store,
                settings: settings,
                access: access,
                mappings: try Self.mappings(settings),
                rules: try RuleService(
                    store: store,
                    configuration: try Self.rules(settings, access),
                    logger: logger
                ),
                remoteWrite: try RemoteWriteService(
                    store: store,
                    settings: settings.remoteWrite,
                    externalLabels: settings.ruleSettings.externalLabels,
                    logger: logger
                )
            )
        } catch {
            try? store.close()
            throw error
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service), .init(service: SignalReload(service: service))],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quietLogger
            )
        )
        try await group.run()
    }

    private func makeService(
        store: MetricsStore,
        settings: ServeSettings,
        access: AccessControl,
        mappings: [EventMapping],
        rules: RuleService,
        remoteWrite: RemoteWriteService
    ) -> HTTPService {
        HTTPService(
            store: store,
            configuration: settings.server,
            access: access,
            mappings: mappings,
            rules: rules,
            remoteWrite: remoteWrite,
            logger: logger,
            reload: {
                let fresh = try resolvedSettings()
                return HTTPService.Reloaded(
                    definitions: try Self.definitions(fresh),
                    mappings: try Self.mappings(fresh),
                    rules: try Self.rules(fresh, access)
                )
            },
            onListening: { address in
                printLine(
                    "Tidemark \(BuildInformation.version) listens on \(access.scheme)://\(address), data in \(settings.data)"
                )
            }
        )
    }

    private var logger: Logger {
        var logger = Logger(label: "tidemark") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        return logger
    }

    /// ServiceLifecycle's own lines are of no use to an operator.
    private var quietLogger: Logger {
        var logger = Logger(label: "tidemark.lifecycle") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        return logger
    }
}
