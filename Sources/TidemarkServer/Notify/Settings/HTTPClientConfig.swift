// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import YAML

/// How a command of ours proves to a server who it is, and which server it trusts: the file of `--http-config`, in the
/// format that `promtool --http.config.file` and curl's users know from Prometheus's `http_config`.
///
/// `basic_auth`, `authorization` (`type`, `credentials`, `credentials_file`), `bearer_token`, `bearer_token_file` and
/// `tls_config`. `follow_redirects` and `enable_http2` are read and have no effect: neither is done.
package struct HTTPClientConfig: Equatable, Sendable {
    /// How requests say who sends them.
    package var authorization: EndpointSettings.Authorization?
    /// Of `https` addresses.
    package var tls = EndpointSettings.TLS()

    private static let keys: Set<String> = [
        "authorization", "basic_auth", "bearer_token", "bearer_token_file", "enable_http2", "follow_redirects",
        "tls_config",
    ]

    /// Nothing is said, and the system's authorities are trusted.
    package init() {}

    /// Reads a file; its relative paths start at its own folder.
    ///
    /// - Throws: `FileError` with file, line and reason.
    package init(contentsOf path: String) throws(FileError) {
        try self.init(yaml: try TextFile.read(path), file: path, folder: TextFile.folder(of: path))
    }

    /// Reads the text of a file.
    ///
    /// - Parameter folder: where relative paths start: empty, or ending in a slash.
    package init(yaml text: String, file: String, folder: String = "") throws(FileError) {
        guard YAMLValue.hasContent(text) else { return }
        let whole = try YAMLValue.parse(text, file: file)
        let members = try whole.members(HTTPClientConfig.keys)
        authorization = try EndpointSettings.authorization(members, folder: folder)
        if let value = members["authorization"] {
            guard authorization == nil else { throw value.fault("'authorization' is given beside another one") }
            authorization = try HTTPClientConfig.bearer(value, folder: folder)
        }
        if let value = members["tls_config"] { tls = try EndpointSettings.TLS(yaml: value, folder: folder) }
        for key in ["enable_http2", "follow_redirects"] { _ = try members[key]?.boolean() }
    }

    private static func bearer(_ value: YAMLValue, folder: String) throws(FileError) -> EndpointSettings.Authorization {
        let members = try value.members(["type", "credentials", "credentials_file"])
        let type = try members["type"]?.string() ?? "Bearer"
        guard type.lowercased() == "bearer" else { throw value.fault("the type '\(type)' is not known; Bearer is") }
        guard let secret = try secret("credentials", in: members, folder: folder) else {
            throw value.fault("the key 'credentials' is missing")
        }
        return .bearer(secret)
    }

    /// The value of the header `Authorization`, secrets as they are in their files now; nil: none.
    ///
    /// - Throws: `FileError` when a file cannot be read.
    package func authorizationHeader() throws(FileError) -> String? {
        switch authorization {
        case .basic(let username, let password):
            "Basic " + Data("\(username):\(try password.read())".utf8).base64EncodedString()
        case .bearer(let token): "Bearer " + (try token.read())
        case nil: nil
        }
    }
}
