// SPDX-License-Identifier: Apache-2.0

import Glibc
import YAML

extension EndpointSettings {
    /// The keys of an endpoint.
    static let keys: Set<String> = ["url", "timeout", "basic_auth", "bearer_token", "bearer_token_file", "tls"]

    /// Reads an endpoint from the members of its mapping.
    ///
    /// - Parameters:
    ///   - members: may have other keys, which the caller reads.
    ///   - whole: the mapping, for faults that no member has.
    ///   - folder: where relative paths start: empty, or ending in a slash.
    init(members: [String: YAMLValue], of whole: YAMLValue, folder: String) throws(FileError) {
        guard let place = members["url"] else { throw whole.fault("the key 'url' is missing") }
        let text = try place.string()
        guard let parts = EndpointURL(text) else {
            // The text stays out of the message: it may hold a password.
            throw place.fault("this is not a URL such as https://host:9093/prefix")
        }
        self.init(url: text)
        if let value = members["timeout"] { timeout = try value.duration() }
        authorization = try EndpointSettings.authorization(members, folder: folder)
        if authorization != nil, parts.userInfo != nil { throw place.fault("the URL has a user beside the other one") }
        if let value = members["tls"] {
            guard parts.scheme == "https" else { throw value.fault("'tls' is for https URLs") }
            tls = try TLS(yaml: value, folder: folder)
        }
    }

    /// Of `basic_auth` or `bearer_token`; nil when neither is there.
    static func authorization(
        _ members: [String: YAMLValue],
        folder: String
    ) throws(FileError) -> Authorization? {
        let token = try secret("bearer_token", in: members, folder: folder)
        if let value = members["basic_auth"] {
            guard token == nil else { throw value.fault("either a bearer token or basic_auth, not both") }
            let basic = try value.mapping(keys: ["username", "password", "password_file"])
            guard let username = try basic["username"]?.string() else {
                throw value.fault("the key 'username' is missing")
            }
            guard !username.contains(":"), HeaderText.isValue(username) else {
                throw value.fault("a user's name has no colon and no control character")
            }
            let password = try secret("password", in: basic, folder: folder) ?? .text("")
            return .basic(username: username, password: password)
        }
        return token.map { .bearer($0) }
    }
}

extension EndpointSettings.TLS {
    /// Reads the mapping of `tls`.
    init(yaml: YAMLValue, folder: String) throws(FileError) {
        let members = try yaml.mapping(
            keys: ["ca_file", "cert_file", "key_file", "server_name", "insecure_skip_verify"]
        )
        self.init()
        authorities = try readablePath(members["ca_file"], folder: folder)
        certificate = try readablePath(members["cert_file"], folder: folder)
        key = try readablePath(members["key_file"], folder: folder)
        guard (certificate == nil) == (key == nil) else { throw yaml.fault("'cert_file' and 'key_file' go together") }
        if let value = members["server_name"] {
            let name = try value.string()
            guard EndpointURL("https://\(name)")?.host == name else {
                throw value.fault("'\(name)' is not a host name")
            }
            serverName = name
        }
        if let value = members["insecure_skip_verify"] { isInsecure = try flag(value) }
    }
}

/// `key` or `key_file`, not both.
func secret(_ key: String, in members: [String: YAMLValue], folder: String) throws(FileError) -> Secret? {
    if let file = members[key + "_file"] {
        guard members[key] == nil else { throw file.fault("either '\(key)' or '\(key)_file', not both") }
        return try secretFile(file, folder: folder)
    }
    guard let value = members[key] else { return nil }
    return try secretText(value)
}

/// A secret that stands in the configuration.
func secretText(_ value: YAMLValue) throws(FileError) -> Secret {
    let text = try value.string()
    guard HeaderText.isValue(text) else { throw value.fault("a control character is in the text") }
    return .text(text)
}

/// A secret in a file, which can be read now.
func secretFile(_ value: YAMLValue, folder: String) throws(FileError) -> Secret {
    let secret = Secret.file(try path(value, folder: folder))
    do {
        _ = try secret.read()
    } catch {
        throw value.fault(error.description)
    }
    return secret
}

/// `true` or `false`.
func flag(_ value: YAMLValue) throws(FileError) -> Bool {
    switch try value.string() {
    case "true": return true
    case "false": return false
    case let text: throw value.fault("'\(text)' is neither true nor false")
    }
}

/// A path that is relative to a folder unless it begins with a slash.
func path(_ value: YAMLValue, folder: String) throws(FileError) -> String {
    let text = try value.string()
    return text.hasPrefix("/") ? text : folder + text
}

private func readablePath(_ value: YAMLValue?, folder: String) throws(FileError) -> String? {
    guard let value else { return nil }
    let path = try path(value, folder: folder)
    guard access(path, R_OK) == 0 else { throw value.fault("\(path): \(errorText(errno))") }
    return path
}
