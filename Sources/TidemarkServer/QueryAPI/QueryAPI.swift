// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import PromQL
import Tidemark

/// The query API of Prometheus, as Grafana speaks it: its endpoints and what they share.
struct QueryAPI: Sendable {
    let runner: QueryRunner
    let status: StatusEndpoint
    let rules: RulesEndpoint

    /// - Parameters:
    ///   - bodies: of forms.
    ///   - counters: for the self metrics.
    init(
        store: any EventStore,
        engine: any QueryAnswering,
        configuration: ServerConfiguration,
        bodies: BodyCollector,
        counters: QueryCounters,
        threads: QueryThreads,
        logger: Logger,
        clock: any WallClock,
        rules: RulesEndpoint
    ) {
        self.rules = rules
        runner = QueryRunner(
            store: store,
            engine: engine,
            threads: threads,
            bodies: bodies,
            counters: counters,
            log: QueryLog(
                logger: logger,
                threshold: configuration.queryLogThreshold.map { $0 / .seconds(1) }
            ),
            clock: clock,
            options: configuration.queryOptions
        )
        status = StatusEndpoint(runner: runner, configuration: configuration, started: clock.now)
    }

    /// Adds all endpoints.
    func register(in router: Router<ConnectionContext>) {
        let instant = InstantQueryEndpoint(runner: runner)
        let range = RangeQueryEndpoint(runner: runner)
        let exemplars = ExemplarsEndpoint(runner: runner)
        let format = FormatQueryEndpoint(runner: runner)
        let series = SeriesEndpoint(runner: runner)
        let labels = LabelsEndpoint(runner: runner)
        let metadata = MetadataEndpoint(runner: runner)
        let federate = FederateEndpoint(runner: runner)
        let rules = rules
        let status = status

        router.query("/api/v1/query") { try await instant.respond(to: $0, $1) }
        router.query("/api/v1/query_range") { try await range.respond(to: $0, $1) }
        router.query("/api/v1/query_exemplars") { try await exemplars.respond(to: $0, $1) }
        router.query("/api/v1/format_query") { try await format.respond(to: $0, $1) }
        router.query("/api/v1/series") { try await series.respond(to: $0, $1) }
        router.query("/api/v1/labels") { try await labels.names($0, $1) }
        router.query("/api/v1/label/:name/values", takesForm: false) { try await labels.values($0, $1) }
        router.query("/api/v1/metadata", takesForm: false) { try await metadata.respond(to: $0, $1) }
        router.query("/api/v1/rules", takesForm: false) { request, _ in
            try rules.rules(request).response(to: request)
        }
        router.query("/api/v1/alerts", takesForm: false) { request, _ in rules.alerts().response(to: request) }
        router.query("/api/v1/alertmanagers", takesForm: false) { request, _ in
            rules.alertmanagers().response(to: request)
        }
        router.query("/api/v1/status/runtimeinfo", takesForm: false) { request, _ in
            status.runtimeInformation().response(to: request)
        }
        router.query("/api/v1/status/flags", takesForm: false) { request, _ in status.flags().response(to: request) }
        router.query("/api/v1/status/config", takesForm: false) { request, _ in
            status.configurationFile().response(to: request)
        }
        router.query("/api/v1/status/tsdb", takesForm: false) { try await status.store($0, $1) }
        let read = RemoteReadEndpoint(runner: runner)
        router.endpoint("/api/v1/read", post: { try await read.respond(to: $0, $1) })
        router.endpoint("/federate", get: { try await federate.respond(to: $0, $1) })
    }
}

extension Router where Context == ConnectionContext {
    /// Registers an endpoint of the query API: GET and HEAD, POST with a form where one is taken, and 204 for OPTIONS.
    ///
    /// 405 for the rest is what makes Grafana, which tries POST first, go on with GET.
    fileprivate func query(_ path: String, takesForm: Bool = true, _ answer: @escaping Answer) {
        endpoint(path, get: answer, post: takesForm ? answer : nil, hasOptions: true)
    }
}

extension AnswerBody {
    /// The answer to a request that took no work, compressed as the client likes it.
    func response(to request: Request) -> Response {
        let encoding = AnswerEncoding(accepting: request.headers[.acceptEncoding])
        return (encoding.map { $0.encoded(self) } ?? EncodedAnswer(self)).response
    }
}
