// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Somebody who is told of alerts, with all that is set about it.
enum Receiver: Equatable, Sendable {
    case alertmanager(AlertmanagerSettings)
    /// With the address at which Tidemark itself can be looked at.
    case webhook(WebhookSettings, externalURL: String)

    /// Which one it is, whatever else is set: a URL of an Alertmanager, the name of a webhook.
    enum Identity: Hashable, Sendable {
        case alertmanager(String)
        case webhook(String)
    }

    /// Those of some settings, Alertmanagers first.
    static func all(_ settings: NotifySettings, externalURL: String) -> [Receiver] {
        settings.alertmanagers.map { .alertmanager($0) }
            + settings.webhooks.map { .webhook($0, externalURL: externalURL) }
    }

    var identity: Identity {
        switch self {
        case .alertmanager(let settings): .alertmanager(settings.label)
        case .webhook(let settings, _): .webhook(settings.name)
        }
    }

    /// What it is called in logs and metrics.
    var name: String {
        switch identity {
        case .alertmanager(let name), .webhook(let name): name
        }
    }

    /// Where requests go.
    var endpoint: EndpointSettings {
        switch self {
        case .alertmanager(let settings):
            var endpoint = settings.endpoint
            endpoint.url = EndpointURL(endpoint.url)?.appending(path: "/api/v2/alerts")?.text() ?? ""
            return endpoint
        case .webhook(let settings, _): return settings.endpoint
        }
    }

    /// An outbox for it.
    ///
    /// - Parameter told: what it was told before a stop.
    func outbox(_ limits: DeliveryLimits, told: [ToldGroup], at now: Moment) -> any Outbox {
        switch self {
        case .alertmanager: return AlertmanagerOutbox(limits: limits)
        case .webhook(let settings, let externalURL):
            var outbox = WebhookOutbox(settings: settings, externalURL: externalURL, limits: limits)
            outbox.takeUp(told, at: now)
            return outbox
        }
    }
}
