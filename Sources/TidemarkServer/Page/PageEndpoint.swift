// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import PromQL
import Tidemark
import TimeSeries

/// The built-in page: what the dashboards of Grafana show, for someone without Grafana.
///
/// `/` and `/d/{uid}`, which is Grafana's own path, draw the dashboards that are compiled in; `/query` asks anything. Drawn on
/// the threads of the query API, within its bounds, and without a script.
struct PageEndpoint: Sendable {
    let runner: QueryRunner
    let dashboards: [Dashboard]

    init(runner: QueryRunner, dashboards: [Dashboard]) {
        self.runner = runner
        self.dashboards = dashboards
    }

    /// Whether somebody asks who reads HTML: a browser says so, a program does not.
    static func isWanted(by request: Request) -> Bool {
        acceptedItems(request.headers[.accept] ?? "").contains { $0.name == "text/html" }
    }

    /// The first dashboard.
    func start(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        guard let first = dashboards.first else { throw APIError(.notFound, "no dashboards are built in") }
        return try await show(first, request, context)
    }

    /// The dashboard that the path names.
    func dashboard(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let uid = context.parameters.get("uid") ?? ""
        guard let dashboard = dashboards.first(where: { $0.uid == uid }) else {
            throw APIError(.notFound, "there is no such dashboard; GET / shows what there is")
        }
        return try await show(dashboard, request, context)
    }

    private func show(_ dashboard: Dashboard, _ request: Request, _ context: ConnectionContext) async throws -> Response
    {
        let address = PageAddress(try await runner.parameters(of: request), defaults: dashboard.time)
        return try await page(request, context, dashboard.title, "/d/\(dashboard.uid)", address) { queries in
            try DashboardPage(dashboard: dashboard, address: address, queries: queries).markup()
        }
    }

    /// The query box.
    func query(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let defaults = Dashboard.TimeRange(from: "now-24h", to: "now")
        let address = PageAddress(try await runner.parameters(of: request), defaults: defaults)
        return try await page(request, context, "Query", PageFrame.queryPath, address) { queries in
            try QueryPage(address: address, queries: queries).markup()
        }
    }

    /// The style sheet. It hangs on the version only.
    func style() -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "max-age=300"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.page_css))
        )
    }

    private func page(
        _ request: Request,
        _ context: ConnectionContext,
        _ title: String,
        _ path: String,
        _ address: PageAddress,
        _ content: @escaping @Sendable (PageQueries) throws -> Markup
    ) async throws -> Response {
        let window = try address.window(now: runner.clock.now)
        let client = context.client
        let frame = PageFrame(title: title, path: path, menu: dashboards.map { ("/d/\($0.uid)", $0.title) })
        var response = try await runner.answer(request, context) { [runner] source, work in
            let queries = PageQueries(
                runner: runner,
                source: source,
                work: work,
                window: window,
                choices: address.choices.merging(allChoices(dashboards)) { chosen, _ in chosen },
                path: path,
                client: client
            )
            let text = frame.markup(try content(queries)).text
            return AnswerBody(contentType: "text/html; charset=utf-8", pieces: [ByteBuffer(string: text)])
        }
        // Nothing is loaded but the style sheet, no script runs, and nobody shows the page within another.
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// Every variable of every dashboard, nothing chosen.
private func allChoices(_ dashboards: [Dashboard]) -> [String: [String]] {
    Dictionary(dashboards.flatMap(\.choices).map { ($0.name, []) }) { first, _ in first }
}
