// SPDX-License-Identifier: Apache-2.0

/// Where requests go and how they prove who sends them: what Alertmanagers and webhooks have in common.
public struct EndpointSettings: Equatable, Sendable {
    /// How a request says who sends it.
    public enum Authorization: Equatable, Sendable {
        /// Name and password (RFC 7617).
        case basic(username: String, password: Secret)
        /// A token (RFC 6750).
        case bearer(Secret)
    }

    /// What the connection is protected with, beside what the system trusts.
    public struct TLS: Equatable, Sendable {
        /// The only certificate authorities that are trusted, instead of the system's: a PEM file.
        public var authorities: String?
        /// The certificate that this side shows: a PEM file.
        public var certificate: String?
        /// The key of that certificate: a PEM file.
        public var key: String?
        /// The name that the other side's certificate has to carry, when it is not the URL's host.
        public var serverName: String?
        /// Whether any certificate will do, under any name.
        public var isInsecure = false

        /// The system's authorities, no certificate of our own.
        public init() {}
    }

    /// `http` or `https`, complete.
    public var url: String
    /// The longest that one request may take, from the connection to the last byte of the answer.
    public var timeout: Duration = .seconds(10)
    /// How requests say who sends them.
    public var authorization: Authorization?
    /// Of an `https` URL.
    public var tls = TLS()
    /// Headers of each request, beside those that HTTP needs.
    public var headers: [String: Secret] = [:]

    /// An endpoint that asks for nothing.
    public init(url: String) { self.url = url }
}

/// One Alertmanager.
public struct AlertmanagerSettings: Equatable, Sendable {
    /// The URL is the one that `/api/v2/alerts` is appended to.
    public var endpoint: EndpointSettings

    /// An Alertmanager at a URL, a path prefix allowed.
    public init(url: String) { endpoint = EndpointSettings(url: url) }
}

/// One webhook: a URL that alerts are posted to in groups, as Alertmanager would.
///
/// Source of the defaults: Alertmanager, `dispatch/route.go` and `config/notifiers.go`; but `group_wait` is 10 s, not 30.
public struct WebhookSettings: Equatable, Sendable {
    /// What the receiver is called, in payloads, logs and metrics.
    public var name: String
    /// Where to.
    public var endpoint: EndpointSettings
    /// The labels whose values make a group; `...` alone: all of them.
    public var groupBy = ["alertname"]
    /// How long the first payload of a group waits for more alerts.
    public var groupWait: Duration = .seconds(10)
    /// How long a group that was told waits before changes of it are.
    public var groupInterval: Duration = .seconds(300)
    /// After how long what still fires is told again.
    public var repeatInterval: Duration = .seconds(14_400)
    /// Whether the end of alerts is told.
    public var sendsResolved = true
    /// Labels and the values that an alert must have for this webhook; an empty value stands for an absent label.
    public var match: [String: String] = [:]
    /// The most alerts of one payload; 0: no bound.
    public var maximumAlerts = 0
    /// The header that carries a value which is the same for one incident of one group.
    public var idempotencyHeader: String?
    /// For how long after firing alerts of a group were delivered no firing ones of it are.
    public var cooldown: Duration = .zero

    /// A webhook with all defaults.
    public init(name: String, url: String) {
        self.name = name
        endpoint = EndpointSettings(url: url)
    }
}
