// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore

extension HTTPService {
    /// Every endpoint, behind what is done for all of them. ``RouteAccess`` says who may ask for which.
    func makeRouter(_ dashboards: [Dashboard]) -> Router<ConnectionContext> {
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
        let page = PageEndpoint(runner: api.runner, dashboards: dashboards)
        router.endpoint(
            "/",
            get: { request, context in
                PageEndpoint.isWanted(by: request) ? try await page.start(request, context) : pages.index()
            }
        )
        router.endpoint("/endpoints", get: { _, _ in pages.index() })
        router.endpoint("/d/:uid", get: { try await page.dashboard($0, $1) })
        router.endpoint("/query", get: { try await page.query($0, $1) })
        router.endpoint("/page.css", get: { _, _ in page.style() })
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
}
