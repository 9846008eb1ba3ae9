// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import Tidemark

/// `/-/healthy`, `/-/ready`, `/-/reload`, `/` and build information: what operators and orchestrators ask.
struct StatusPages: Sendable {
    let store: any EventStore
    let state: ServiceState
    let reload: @Sendable () async throws -> Void

    /// 200 while events are accepted; 503 and the reason after a failed write.
    ///
    /// - Parameter saysWhy: false for somebody unknown, who is not to read of files and disks.
    func healthy(saysWhy: Bool) -> Response {
        switch store.health {
        case .healthy: plain("Tidemark is Healthy.\n")
        case .poisoned where !saysWhy: plain("Tidemark is not healthy.\n", status: .serviceUnavailable)
        case .poisoned(let reason): plain("Tidemark is not healthy: \(reason)\n", status: .serviceUnavailable)
        case .closed: plain("Tidemark is not healthy: the store is closed.\n", status: .serviceUnavailable)
        }
    }

    /// 200 between the start and the stop; 503 before and after. Sources: Prometheus' management API.
    func ready() -> Response {
        switch (state.phase, store.health) {
        case (.ready, .closed), (.stopping, _): plain("Tidemark is stopping.\n", status: .serviceUnavailable)
        case (.ready, _): plain("Tidemark is Ready.\n")
        case (.starting, _): plain("Tidemark is not ready yet.\n", status: .serviceUnavailable)
        }
    }

    /// Reads configuration and definitions again; a bad file changes nothing and the answer, 500, says why.
    func reloaded() async throws(APIError) -> Response {
        do {
            try await reload()
        } catch {
            throw APIError(.internalServerError, "failed to reload: \(error)")
        }
        return plain("")
    }

    /// The endpoints, for whoever opens the address with a program that does not read HTML.
    func index() -> Response {
        plain(
            """
            Tidemark \(BuildInformation.version)

            POST /api/v1/events             send events: NDJSON, JSON, CloudEvents, CSV with ?mapping=NAME
            POST /api/v1/write              Prometheus's remote write, when it is enabled
            POST /api/v1/read               Prometheus's remote read
            GET  /                          in a browser: what the dashboards show; also /d/UID, /query
            GET  /metrics                   what Prometheus scrapes
            GET  /api/v1/query, query_range PromQL, as Prometheus answers it; also POST
            GET  /api/v1/series, labels, label/NAME/values, metadata, format_query, rules, alerts
            GET  /federate?match[]=…        the newest sample of series, with its time
            POST /api/v1/admin/baselines    set a model's baseline, GET shows; off without --enable-admin-api
            GET  /-/healthy                 200 while events are accepted
            GET  /-/ready                   200 while requests are served
            POST /api/v1/admin/backup       a backup, ?name=NAME; with --enable-admin-api
            POST /-/reload                  read configuration and definitions again
            GET  /api/v1/status/buildinfo   the version; also runtimeinfo, flags, config, tsdb

            """
        )
    }

    /// The envelope Grafana reads the version from. It decides by it what it may ask, so that it is the version of the
    /// Prometheus whose API this is; ours stands beside it. No `features` member: Grafana would take the server for Mimir.
    func buildInformation() -> Response {
        var version = ""
        appendJSON(BuildInformation.prometheusVersion, to: &version)
        var revision = ""
        appendJSON("tidemark \(BuildInformation.version)", to: &revision)
        let json =
            #"{"status":"success","data":{"version":"# + version + #","revision":"# + revision
            + #","branch":"","buildUser":"","buildDate":"","goVersion":""}}"#
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json))
        )
    }

    private func plain(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
