// SPDX-License-Identifier: Apache-2.0

public import YAML

/// To whom alerts are told: the keys `alertmanagers` and `webhooks` of the configuration file.
///
/// Both are optional lists. An unknown key or a bad value is refused with `file:line: reason`; files that are named must
/// be there.
public struct NotifySettings: Equatable, Sendable {
    /// Each gets every alert.
    public var alertmanagers: [AlertmanagerSettings] = []
    /// Each gets the alerts that match it, in groups.
    public var webhooks: [WebhookSettings] = []

    /// Nobody.
    public init() {}

    /// Reads the two keys, each when it is there.
    ///
    /// - Parameter folder: where relative paths start: empty, or ending in a slash.
    public init(alertmanagers: YAMLValue?, webhooks: YAMLValue?, folder: String) throws(FileError) {
        if let alertmanagers { self.alertmanagers = try Self.alertmanagers(yaml: alertmanagers, folder: folder) }
        if let webhooks { self.webhooks = try Self.webhooks(yaml: webhooks, folder: folder) }
    }

    /// The value of the key `alertmanagers`.
    public static func alertmanagers(yaml: YAMLValue, folder: String) throws(FileError) -> [AlertmanagerSettings] {
        var settings: [AlertmanagerSettings] = []
        for element in try yaml.sequence() {
            let one = try AlertmanagerSettings(yaml: element, folder: folder)
            guard !settings.contains(where: { $0.label == one.label }) else {
                throw element.fault("the Alertmanager \(one.label) is given twice")
            }
            settings.append(one)
        }
        return settings
    }

    /// The value of the key `webhooks`.
    public static func webhooks(yaml: YAMLValue, folder: String) throws(FileError) -> [WebhookSettings] {
        var settings: [WebhookSettings] = []
        for element in try yaml.sequence() {
            let one = try WebhookSettings(yaml: element, folder: folder)
            guard !settings.contains(where: { $0.name == one.name }) else {
                throw element.fault("the webhook '\(one.name)' is given twice")
            }
            settings.append(one)
        }
        return settings
    }
}

extension AlertmanagerSettings {
    /// What it is called in logs and metrics: its URL without user and password.
    var label: String { EndpointURL(endpoint.url)?.printable ?? "" }

    fileprivate init(yaml: YAMLValue, folder: String) throws(FileError) {
        let members = try yaml.mapping(keys: EndpointSettings.keys)
        endpoint = try EndpointSettings(members: members, of: yaml, folder: folder)
        guard !endpoint.url.contains("?") else {
            throw (members["url"] ?? yaml).fault("the URL of an Alertmanager has no query")
        }
    }
}
