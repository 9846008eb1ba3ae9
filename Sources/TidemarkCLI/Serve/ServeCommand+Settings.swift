// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TidemarkServer

/// What the flags and the files that they name come to.
extension ServeCommand {
    /// The file's settings, and the flags over them.
    func resolvedSettings() throws -> ServeSettings {
        var settings = try config.map(ServeSettings.init(contentsOf:)) ?? ServeSettings()
        if let data { settings.data = data }
        if let listen { settings.server.listen = try ListenAddress(listen) }
        if let queryLogThreshold { settings.server.queryLogThreshold = queryLogThreshold }
        if receivesRemoteWrite { settings.server.receivesRemoteWrite = true }
        if enablesAdminAPI { settings.server.enablesAdminAPI = true }
        if allowsUnauthenticated { settings.server.allowsUnauthenticated = true }
        if let webConfig { settings.webConfig = webConfig }
        if let tokens { settings.tokens = tokens }
        if let backupFolder { settings.backupFolder = backupFolder }
        settings.server.backupFolder = settings.server.enablesAdminAPI ? settings.backupFolder : nil
        retention.apply(to: &settings.options.retention)
        if !metrics.isEmpty { settings.metrics = metrics }
        if !mappings.isEmpty { settings.mappings = mappings }
        if !rules.isEmpty { settings.rules = rules }
        for url in alertmanagers where !settings.notify.alertmanagers.contains(where: { $0.endpoint.url == url }) {
            settings.notify.alertmanagers.append(AlertmanagerSettings(url: url))
        }
        for url in remoteWrite where !settings.remoteWrite.contains(where: { $0.endpoint.url == url }) {
            settings.remoteWrite.append(try RemoteWriteSettings(url: url))
        }
        if let remoteWriteFrom {
            for index in settings.remoteWrite.indices where settings.remoteWrite[index].from == nil {
                settings.remoteWrite[index].from = remoteWriteFrom
            }
        }
        return settings
    }

    static func definitions(_ settings: ServeSettings) throws -> [MetricDefinition] {
        settings.metrics.isEmpty ? try MetricDefinition.shipped : try MetricDefinition.load(settings.metrics)
    }

    static func rules(_ settings: ServeSettings, _ access: AccessControl) throws -> RuleConfiguration {
        var rules = settings.ruleSettings
        if rules.externalURL.isEmpty { rules.externalURL = "\(access.scheme)://\(settings.server.listen)" }
        rules.queryOptions.lookback = settings.server.queryOptions.lookback
        rules.queryOptions.maximumSamples = settings.server.queryOptions.maximumSamples
        rules.queryOptions.timeout = settings.server.queryOptions.timeout
        return RuleConfiguration(
            groups: settings.rules.isEmpty ? try RuleGroup.shipped : try RuleGroup.load(settings.rules),
            settings: rules,
            notify: settings.notify
        )
    }

    static func mappings(_ settings: ServeSettings) throws -> [EventMapping] {
        try TextFile.matching(settings.mappings).map { try EventMapping(contentsOf: $0) }
    }
}

extension AccessControl {
    /// How addresses of the server begin.
    var scheme: String { usesTLS ? "https" : "http" }
}
