// SPDX-License-Identifier: Apache-2.0

import YAML

/// A bearer token (RFC 6750): what is known of it is a digest, so the file that lists it gives nothing away.
///
/// A digest without salt and rounds is enough: tokens are random, unlike passwords, and cannot be guessed.
struct AccessToken: Equatable, Sendable {
    /// For people; it is not secret.
    var name: String
    var digest: SHA256Digest
    var scopes: Set<Scope>
}

/// The file of `--tokens`: bearer tokens, and what the users of the web configuration may do.
///
/// ```yaml
/// tokens:
///   - name: shop
///     scopes: [ingest]
///     sha256: 6cafd5…
/// users:
///   prometheus: [read]
/// ```
struct TokenFile: Equatable, Sendable {
    var tokens: [AccessToken] = []
    /// By the name of a user of `basic_auth_users`. Who is not here may do everything.
    var users: [String: Set<Scope>] = [:]

    /// Nobody.
    init() {}

    /// Reads a file, strictly.
    ///
    /// - Throws: `FileError` with file, line and reason.
    init(contentsOf path: String) throws(FileError) {
        try self.init(yaml: try TextFile.read(path), file: path)
    }

    /// Reads the text of a file.
    init(yaml text: String, file: String) throws(FileError) {
        guard YAMLValue.hasContent(text) else { return }
        let members = try YAMLValue.parse(text, file: file).members(["tokens", "users"])
        for value in try members["tokens"]?.sequence() ?? [] { try add(value) }
        for (name, value) in try members["users"]?.pairs() ?? [] { users[name] = try TokenFile.scopes(value) }
    }

    /// The token that was presented. Every one is compared, so that the time does not tell which it was.
    func token(_ presented: String) -> AccessToken? {
        let digest = SHA256Digest(of: Array(presented.utf8))
        var found: AccessToken?
        for token in tokens where token.digest == digest { found = token }
        return found
    }

    private mutating func add(_ value: YAMLValue) throws(FileError) {
        let members = try value.members(["name", "scopes", "sha256"])
        guard let name = try members["name"]?.string(), !name.isEmpty else {
            throw value.fault("the key 'name' is missing")
        }
        guard !tokens.contains(where: { $0.name == name }) else { throw value.fault("'\(name)' is given twice") }
        guard let place = members["sha256"] else { throw value.fault("the key 'sha256' is missing") }
        // What stands there stays out of the message: it may be the token itself.
        guard let digest = SHA256Digest(hexadecimal: try place.string()) else {
            throw place.fault("this is not the SHA-256 of a token: 64 hexadecimal digits, as sha256sum prints them")
        }
        guard !tokens.contains(where: { $0.digest == digest }) else {
            throw place.fault("another token has this digest already")
        }
        guard let scopes = members["scopes"] else { throw value.fault("the key 'scopes' is missing") }
        tokens.append(AccessToken(name: name, digest: digest, scopes: try TokenFile.scopes(scopes)))
    }

    private static func scopes(_ value: YAMLValue) throws(FileError) -> Set<Scope> {
        var scopes: Set<Scope> = []
        for text in try value.strings() {
            guard let scope = Scope(rawValue: text) else {
                throw value.fault(
                    "'\(text)' is no scope; there are \(Scope.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            scopes.insert(scope)
        }
        return scopes
    }
}
