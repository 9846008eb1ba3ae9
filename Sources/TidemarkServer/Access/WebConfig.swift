// SPDX-License-Identifier: Apache-2.0

import YAML

/// The file of `--web-config`, in the format of Prometheus's exporter-toolkit: TLS, headers, users.
///
/// Source: prometheus/exporter-toolkit, docs/web-configuration.md and web/tls_config.go. What `promtool check web-config`
/// takes is taken here, and unknown keys are faults here as there.
struct WebConfig: Sendable {
    /// Of `tls_server_config`; nil: the server speaks plain HTTP.
    var tls: ServerTLSSettings?
    /// Of `http_server_config`: headers of every answer, by name.
    var headers: [(name: String, value: String)] = []
    /// Of `basic_auth_users`: the hashes of their passwords.
    var users: [String: BcryptHash] = [:]
    /// Of `rate_limit`, over all clients.
    var rateLimit: RateLimiter.Limit?

    /// Nothing is asked of clients.
    init() {}

    /// Reads a file; its relative paths start at its own folder.
    ///
    /// - Throws: `FileError` with file, line and reason.
    init(contentsOf path: String) throws(FileError) {
        try self.init(yaml: try TextFile.read(path), file: path, folder: TextFile.folder(of: path))
    }

    /// Reads the text of a file.
    ///
    /// - Parameter folder: where relative paths start: empty, or ending in a slash.
    init(yaml text: String, file: String, folder: String = "") throws(FileError) {
        guard YAMLValue.hasContent(text) else { return }
        let members = try YAMLValue.parse(text, file: file)
            .members(["tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"])
        if let value = members["tls_server_config"] { tls = try ServerTLSSettings(yaml: value, folder: folder) }
        if let value = members["http_server_config"] { try readHTTP(value) }
        for (name, value) in try members["basic_auth_users"]?.pairs() ?? [] {
            // What stands there stays out of the message: it may be the password itself.
            guard let hash = BcryptHash(try value.string()) else {
                throw value.fault("this is no bcrypt hash, such as 'htpasswd -nBC 10 \"\"' prints after its colon")
            }
            guard !name.contains(":") else { throw value.fault("a user's name has no colon") }
            guard users.updateValue(hash, forKey: name) == nil else { throw value.fault("'\(name)' is given twice") }
        }
        if let value = members["rate_limit"] { rateLimit = try WebConfig.limit(value) }
    }

    /// The cost of checking a password of a user that is not there.
    var decoyCost: Int { users.values.map(\.cost).max() ?? 10 }

    // MARK: - Sections

    /// The headers that can be set, and the values that they can have; none: any.
    private static let possibleHeaders: [String: [String]] = [
        "Content-Security-Policy": [],
        "Strict-Transport-Security": [],
        "X-Content-Type-Options": ["nosniff"],
        "X-Frame-Options": ["deny", "sameorigin"],
        "X-XSS-Protection": [],
    ]

    private mutating func readHTTP(_ section: YAMLValue) throws(FileError) {
        let members = try section.members(["http2", "headers"])
        // HTTP/2 may be offered, and is not: clients then speak HTTP/1.1, which is what they get.
        _ = try members["http2"]?.boolean()
        for (name, value) in try members["headers"]?.pairs() ?? [] {
            guard let possible = WebConfig.possibleHeaders[name] else {
                throw value.fault(
                    "the header '\(name)' cannot be set; only \(WebConfig.possibleHeaders.keys.sorted().joined(separator: ", "))"
                )
            }
            let text = try value.string()
            guard possible.isEmpty || possible.contains(text) else {
                throw value.fault("'\(text)' is no value of \(name), but \(possible.joined(separator: " or "))")
            }
            guard HeaderText.isValue(text) else { throw value.fault("a control character is in the text") }
            headers.append((name, text))
        }
    }

    private static func limit(_ section: YAMLValue) throws(FileError) -> RateLimiter.Limit? {
        let members = try section.members(["interval", "burst"])
        // Without an interval there is no limit, whatever the burst.
        guard let value = members["interval"] else { return nil }
        let interval = try value.duration()
        let burst = try members["burst"]?.integer() ?? 0
        guard burst >= 0 else { throw value.fault("'burst' is a number from 0 on") }
        return interval > .zero ? RateLimiter.Limit(interval: interval, burst: burst) : nil
    }
}
