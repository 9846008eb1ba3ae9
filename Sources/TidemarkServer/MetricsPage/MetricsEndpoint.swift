// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Tidemark

/// `GET /metrics`: one commit's totals, then Tidemark's own metrics, in the format the scraper asked for.
final class MetricsEndpoint: Sendable {
    private let store: any EventStore
    private let counters: RequestCounters
    private let queries: @Sendable () -> QueryCounters.Counts
    private let received: RemoteWriteCounters?
    private let rules: RuleService?
    private let sending: RemoteWriteService?
    private let access: AccessControl
    private let maximumScrapes: Int
    private let scrapes = Atomic<Int>(0)
    /// The size of the last page, plus some: the next one is written without growing its buffer.
    private let sizeGuess = Atomic<Int>(64 << 10)

    /// - Parameters:
    ///   - queries: what queries have come to.
    ///   - received: nil when no samples are taken.
    ///   - rules: nil when none are evaluated.
    ///   - sending: nil when nobody is sent anything.
    ///   - access: who may ask.
    ///   - maximumScrapes: pages that may be in memory at once; one more scrape is answered 503.
    init(
        store: any EventStore,
        counters: RequestCounters,
        queries: @escaping @Sendable () -> QueryCounters.Counts = { QueryCounters.Counts() },
        received: RemoteWriteCounters? = nil,
        rules: RuleService? = nil,
        sending: RemoteWriteService? = nil,
        access: AccessControl = AccessControl(),
        maximumScrapes: Int
    ) {
        self.store = store
        self.counters = counters
        self.queries = queries
        self.received = received
        self.rules = rules
        self.sending = sending
        self.access = access
        self.maximumScrapes = maximumScrapes
    }

    /// Answers one scrape.
    ///
    /// - Throws: ``APIError``, 503, when too many scrapers are being answered already.
    func respond(to request: Request) throws(APIError) -> Response {
        let place = try enter()
        let negotiated = NegotiatedFormat(accept: request.headers[.accept])
        var page = render(negotiated.format)
        var headers: HTTPFields = [
            .contentType: negotiated.contentType,
            .vary: "Accept, Accept-Encoding",
        ]
        if acceptsGzip(request.headers[.acceptEncoding]), let compressed = gzipped(page) {
            headers[.contentEncoding] = "gzip"
            page = compressed
        }
        let body = page
        // The place is held until the last byte is handed over: a slow reader keeps its page in memory for as long.
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(contentLength: body.readableBytes) { writer in
                try await writer.write(body)
                try await writer.finish(nil)
                _ = place
            }
        )
    }

    /// The whole page.
    func render(_ format: PageFormat) -> ByteBuffer {
        var page = PageText(format: format, capacity: sizeGuess.load(ordering: .relaxed))
        store.totals().append(to: &page)
        appendOwn(to: &page)
        page.end()
        sizeGuess.store(page.bytes.readableBytes + page.bytes.readableBytes / 16 + 4096, ordering: .relaxed)
        return page.bytes
    }

    /// A page of Tidemark's metrics about itself alone.
    func renderOwn(_ format: PageFormat) -> ByteBuffer {
        var page = PageText(format: format, capacity: 16 << 10)
        appendOwn(to: &page)
        page.end()
        return page.bytes
    }

    private func appendOwn(to page: inout PageText) {
        let own = SelfMetrics(statistics: store.statistics(), health: store.health, requests: counters.entries())
        own.append(to: &page)
        queries().append(to: &page)
        received?.append(to: &page)
        rules?.engine.counts.append(to: &page)
        rules?.destinations.append(to: &page)
        sending?.statistics.append(to: &page)
        access.append(to: &page)
        ProcessMetrics.current().append(to: &page)
    }

    // MARK: - Scrapes at once

    /// One of the places for scrapes; free again when the last reference goes.
    private final class Place: Sendable {
        let endpoint: MetricsEndpoint
        init(_ endpoint: MetricsEndpoint) { self.endpoint = endpoint }
        deinit { endpoint.scrapes.subtract(1, ordering: .relaxed) }
    }

    private func enter() throws(APIError) -> Place {
        let place = scrapes.add(1, ordering: .relaxed).newValue
        let held = Place(self)
        guard place <= maximumScrapes else {
            _ = held
            throw APIError(
                .serviceUnavailable,
                "\(maximumScrapes) scrapes are being answered already",
                retryAfter: 1
            )
        }
        return held
    }
}
