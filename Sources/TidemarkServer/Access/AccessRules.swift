// SPDX-License-Identifier: Apache-2.0

import YAML

/// What the files of `--web-config` and `--tokens` say, read and usable.
struct AccessRules: Sendable {
    private let config: WebConfig
    private let tokenFile: TokenFile
    /// Nil: plain HTTP.
    let tls: ServerTLS?
    /// All that was read, the certificates' included.
    let files: [String]

    /// Everyone may do everything.
    init() {
        config = WebConfig()
        tokenFile = TokenFile()
        tls = nil
        files = []
    }

    /// Reads the files, and those that they name.
    init(webConfig: String?, tokens: String?) throws(FileError) {
        var (config, tokenFile) = (WebConfig(), TokenFile())
        if let webConfig { config = try WebConfig(contentsOf: webConfig) }
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
        files = [webConfig, tokens].compactMap { $0 } + (config.tls?.files ?? [])
    }

    var users: [String: BcryptHash] { config.users }
    var decoyCost: Int { config.decoyCost }
    var headers: [(name: String, value: String)] { config.headers }
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
