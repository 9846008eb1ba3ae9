// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import YAML

/// What the files of `--web-config` and `--tokens` say, read and usable.
final class AccessRules: Sendable {
    private let config: WebConfig
    private let tokenFile: TokenFile
    /// Nil: plain HTTP.
    let tls: ServerTLS?
    /// Of every answer.
    let headers: HTTPFields

    /// Everyone may do everything.
    init() {
        config = WebConfig()
        tokenFile = TokenFile()
        tls = nil
        headers = [:]
    }

    /// Reads the files, and those that they name.
    ///
    /// - Parameter watched: gets each file that counts before it is read, also when one cannot be used.
    init(webConfig: String?, tokens: String?, watched: inout WatchedFiles) throws(FileError) {
        for path in [webConfig, tokens].compactMap({ $0 }) { watched.add(path) }
        var (config, tokenFile) = (WebConfig(), TokenFile())
        if let webConfig { config = try WebConfig(contentsOf: webConfig) }
        for path in config.tls?.files ?? [] { watched.add(path) }
        if let tokens { tokenFile = try TokenFile(contentsOf: tokens) }
        if let stranger = tokenFile.users.keys.sorted().first(where: { config.users[$0] == nil }) {
            throw FileError(
                file: tokens ?? "",
                line: nil,
                reason: "the user '\(stranger)' is none of 'basic_auth_users'"
            )
        }
        var tls: ServerTLS?
        if let settings = config.tls { tls = try ServerTLS(settings, file: webConfig ?? "") }
        self.tls = tls
        self.config = config
        self.tokenFile = tokenFile
        headers = HTTPFields(
            config.headers.compactMap { header in
                HTTPField.Name(header.name).map { HTTPField(name: $0, value: header.value) }
            }
        )
    }

    var users: [String: BcryptHash] { config.users }
    var decoyCost: Int { config.decoyCost }
    var rateLimit: RateLimiter.Limit? { config.rateLimit }
    var hasTokens: Bool { !tokenFile.tokens.isEmpty }

    /// Whether requests have to carry a password or a token.
    var needsCredentials: Bool { hasTokens || !users.isEmpty }

    /// Whether a client has to say who it is, in a request or with a certificate.
    var authenticates: Bool { needsCredentials || tls?.verifiesClients == true }

    /// What a user of basic authentication may do.
    func scopes(ofUser name: String) -> Set<Scope> {
        tokenFile.users[name] ?? Set(Scope.allCases)
    }

    /// The token that was presented; nil for what is none.
    func token(_ presented: String) -> AccessToken? { tokenFile.token(presented) }
}
