// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TidemarkServer

/// What `tidemark serve` runs with, and how its configuration file is read.
///
/// Every key is optional. An unknown key, a key given twice or a bad value is refused with `file:line: reason`.
struct ServeSettings: Sendable {
    var data = "./tidemark-data"
    var server = ServerConfiguration()
    var options = StoreOptions()
    /// Patterns of metric definition files; empty means the shipped definitions.
    var metrics: [String] = []
    /// Patterns of mapping files.
    var mappings: [String] = []
    /// Patterns of rule files; empty means the shipped rules.
    var rules: [String] = []
    /// What holds for all rules.
    var ruleSettings = RuleSettings()
    /// Who is told of alerts.
    var notify = NotifySettings()
    /// Where the admin API makes backups.
    var backupFolder = "./tidemark-backups"

    /// Who is sent what is in the store.
    var remoteWrite: [RemoteWriteSettings] = []

    /// TLS, headers and users, in exporter-toolkit's format.
    var webConfig: String?
    /// Bearer tokens with scopes.
    var tokens: String?

    /// All defaults.
    init() {}

    /// Reads a file; its relative paths start at its own folder.
    ///
    /// - Throws: `FileError` with file, line and reason.
    init(contentsOf path: String) throws(FileError) {
        try self.init(yaml: try TextFile.read(path), file: path, folder: TextFile.folder(of: path))
    }

    /// Reads the text of a file.
    ///
    /// - Parameters:
    ///   - file: its name, for errors.
    ///   - folder: where relative paths start: empty, or ending in a slash.
    init(yaml: String, file: String, folder: String = "") throws(FileError) {
        // A file of nothing but comments is all defaults.
        guard YAMLValue.hasContent(yaml) else { return }
        let members = try YAMLValue.parse(yaml, file: file).mapping(keys: Set(ServeSettings.keys))
        for key in ServeSettings.keys {
            if let value = members[key] { try apply(key, Setting(value: value, folder: folder)) }
        }
    }

    // MARK: - Keys

    private static let keys = [
        "listen", "data", "resolution", "dedupe_window", "idle_timeout", "identity_memory", "join_memory", "queue",
        "retention", "retention_size", "min_free_disk", "seal_after",
        "body_limit", "query_timeout", "query_lookback", "query_samples", "query_concurrency", "query_log_threshold",
        "remote_write_receiver", "metrics", "mappings", "rules", "evaluation_interval", "external_url",
        "external_labels", "resend_delay", "alertmanagers", "webhooks",
        "remote_write", "rotation_interval", "backup_dir",
        "enable_admin_api", "web_config", "tokens", "allow_unauthenticated",
    ]

    private mutating func apply(_ key: String, _ setting: Setting) throws(FileError) {
        switch key {
        case "listen":
            let text = try setting.value.string()
            do {
                server.listen = try ListenAddress(text)
            } catch {
                throw setting.value.fault(error.message)
            }
        case "data": data = setting.path(try setting.value.string())
        case "resolution": options.resolution = try setting.duration()
        case "dedupe_window": options.dedupeWindow = try setting.duration()
        case "idle_timeout": options.idleTimeout = try setting.duration()
        case "identity_memory": options.identityMemory = try setting.size()
        case "join_memory": options.joinMemory = try setting.size()
        case "queue": options.queue = try setting.size()
        case "retention": options.retention.age = try setting.duration()
        case "retention_size": options.retention.bytes = try setting.size()
        case "min_free_disk": options.retention.leastFreeBytes = try setting.size()
        case "seal_after": options.days.lateness = try setting.duration()
        case "body_limit": server.bodyLimit = try setting.size()
        case "query_timeout": server.queryOptions.timeout = try setting.milliseconds()
        case "query_lookback": server.queryOptions.lookback = try setting.milliseconds()
        case "query_samples": server.queryOptions.maximumSamples = try setting.count()
        case "query_concurrency": server.maximumQueries = try setting.count()
        case "query_log_threshold": server.queryLogThreshold = .milliseconds(try setting.milliseconds(from: 0))
        case "remote_write_receiver": server.receivesRemoteWrite = try setting.value.boolean()
        case "metrics": metrics = try setting.paths()
        case "mappings": mappings = try setting.paths()
        case "rules": rules = try setting.paths()
        case "evaluation_interval": ruleSettings.interval = try setting.milliseconds()
        case "external_url": ruleSettings.externalURL = try setting.url()
        case "external_labels": ruleSettings.externalLabels = try setting.labels()
        case "resend_delay": ruleSettings.resendDelay = try setting.milliseconds()
        case "alertmanagers":
            notify.alertmanagers = try NotifySettings.alertmanagers(yaml: setting.value, folder: setting.folder)
        case "webhooks": notify.webhooks = try NotifySettings.webhooks(yaml: setting.value, folder: setting.folder)
        case "remote_write": remoteWrite = try RemoteWriteSettings.list(yaml: setting.value, folder: setting.folder)
        case "rotation_interval": options.rotation.interval = try setting.duration()
        case "backup_dir": backupFolder = setting.path(try setting.value.string())
        case "enable_admin_api": server.enablesAdminAPI = try setting.value.boolean()
        case "web_config": webConfig = setting.path(try setting.value.string())
        case "tokens": tokens = setting.path(try setting.value.string())
        case "allow_unauthenticated": server.allowsUnauthenticated = try setting.value.boolean()
        default: preconditionFailure("every key of the list is handled")
        }
    }
}

/// One value of the file.
private struct Setting {
    let value: YAMLValue
    let folder: String

    /// Seconds, at least 1.
    func duration() throws(FileError) -> Int {
        let text = try value.string()
        guard let seconds = parseDuration(text), seconds > 0 else {
            throw value.fault("'\(text)' is not a duration such as 15s, 90m or 24h")
        }
        return seconds
    }

    /// Milliseconds of a duration such as `100ms`, at least `least`.
    func milliseconds(from least: Int64 = 1) throws(FileError) -> Int64 {
        let text = try value.string()
        guard let nanoseconds = try? nanoseconds(parameter: text), nanoseconds >= least * 1_000_000 else {
            throw value.fault("'\(text)' is not a duration such as 100ms, 15s or 2m")
        }
        return nanoseconds / 1_000_000
    }

    /// A whole number, at least 1.
    func count() throws(FileError) -> Int {
        let text = try value.string()
        guard let count = Int(text), count > 0 else { throw value.fault("'\(text)' is not a number from 1 on") }
        return count
    }

    /// Bytes, at least 1.
    func size() throws(FileError) -> Int {
        let text = try value.string()
        guard let bytes = parseSize(text), bytes > 0 else {
            throw value.fault("'\(text)' is not a size such as 64MiB or 1GiB")
        }
        return bytes
    }

    func path(_ text: String) -> String {
        text.hasPrefix("/") || text.hasPrefix("~") ? text : folder + text
    }

    /// The address of a server, without a slash at its end.
    func url() throws(FileError) -> String {
        var text = try value.string()
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw value.fault("'\(text)' is not a URL such as https://metrics.example.com")
        }
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// Label names and values.
    func labels() throws(FileError) -> Labels {
        var labels: [(name: String, value: String)] = []
        for (name, value) in try value.pairs() {
            guard Labels.isValidName(name) else { throw value.fault("'\(name)' is not a label name") }
            // YAML tells `true` and "true" apart.
            if labels.contains(where: { $0.name == name }) { throw value.fault("'\(name)' is given twice") }
            labels.append((name, try value.string()))
        }
        return Labels(labels)
    }

    /// One pattern or a list of them.
    func paths() throws(FileError) -> [String] {
        try value.strings().map(path)
    }
}
