// SPDX-License-Identifier: Apache-2.0

/// Who may ask for a route.
enum RouteAccess: Equatable, Sendable {
    /// Everyone, also without credentials where the others need them.
    case open
    /// Those with this scope.
    case needs(Scope)
    /// Everyone with credentials, whatever their scopes: paths that are no endpoint.
    case anyScope

    /// Every endpoint, as docs/security.md has it. It holds for all methods of a path, 405 included.
    ///
    /// Health and readiness are open, unlike in Prometheus: what asks for them, a kubelet or a load balancer, has no good
    /// place for a password, and without one they say no more than yes or no.
    static let table: [String: RouteAccess] = [
        "/": .needs(.read),
        "/-/healthy": .open,
        "/-/ready": .open,
        "/-/reload": .needs(.admin),
        "/api/v1/admin/backup": .needs(.admin),
        "/api/v1/admin/baselines": .needs(.admin),
        "/api/v1/alertmanagers": .needs(.read),
        "/api/v1/alerts": .needs(.read),
        "/api/v1/events": .needs(.ingest),
        "/api/v1/format_query": .needs(.read),
        "/api/v1/label/{name}/values": .needs(.read),
        "/api/v1/labels": .needs(.read),
        "/api/v1/metadata": .needs(.read),
        "/api/v1/query": .needs(.read),
        "/api/v1/query_exemplars": .needs(.read),
        "/api/v1/query_range": .needs(.read),
        "/api/v1/read": .needs(.read),
        "/api/v1/rules": .needs(.read),
        "/api/v1/series": .needs(.read),
        "/api/v1/status/buildinfo": .needs(.read),
        "/api/v1/status/config": .needs(.read),
        "/api/v1/status/flags": .needs(.read),
        "/api/v1/status/runtimeinfo": .needs(.read),
        "/api/v1/status/tsdb": .needs(.read),
        "/api/v1/write": .needs(.ingest),
        "/d/{uid}": .needs(.read),
        "/endpoints": .needs(.read),
        "/federate": .needs(.read),
        "/metrics": .needs(.read),
        "/page.css": .needs(.read),
        "/query": .needs(.read),
    ]

    /// Of the endpoint that a request goes to.
    ///
    /// - Parameter path: the endpoint's, with names for its variable parts; nil when there is none. One that the table
    ///   does not have needs the most.
    init(path: String?) {
        guard let path else {
            self = .anyScope
            return
        }
        self = RouteAccess.table[path] ?? .needs(.admin)
    }
}
