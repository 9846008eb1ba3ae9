// SPDX-License-Identifier: Apache-2.0

public import Logging
import Synchronization
public import YAML

/// Who may ask the server for what, and what protects connections: the files of `--web-config` and `--tokens`.
///
/// They are looked at with every request and every connection, and read again when one has changed, certificates
/// included. A file that cannot be used changes nothing; the log says why, once. Whether the server speaks TLS is decided
/// at its start.
public final class AccessControl: Sendable {
    private struct State {
        var rules: AccessRules
        /// The files as they were when they were last read, whatever came of it.
        var watched: WatchedFiles
        /// Whether the files as they are now are what holds.
        var isCurrent = true
        /// Whether nobody may be let in without saying who it is.
        var staysClosed = false
    }

    /// Everyone may do everything.
    static let everyone = AccessRules()

    /// Whether the server speaks TLS.
    public let usesTLS: Bool
    let passwords = PasswordVerifier()
    let limiter = RateLimiter()
    private let webConfig: String?
    private let tokens: String?
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - webConfig: in the format of exporter-toolkit; nil: plain HTTP, and no users.
    ///   - tokens: bearer tokens with scopes; nil: none.
    /// - Throws: `FileError` with file, line and reason.
    public init(webConfig: String? = nil, tokens: String? = nil, logger: Logger) throws(FileError) {
        self.webConfig = webConfig
        self.tokens = tokens
        self.logger = logger
        var watched = WatchedFiles()
        let rules = try AccessRules(webConfig: webConfig, tokens: tokens, watched: &watched)
        usesTLS = rules.tls != nil
        state = Mutex(State(rules: rules, watched: watched))
    }

    /// Everyone may do everything, in the clear.
    public init() {
        webConfig = nil
        tokens = nil
        logger = Logger(label: "tidemark") { _ in SwiftLogNoOpLogHandler() }
        usesTLS = false
        state = Mutex(State(rules: AccessControl.everyone, watched: WatchedFiles()))
    }

    /// Whether clients have to say who they are: with a password, a token, or a certificate.
    public var authenticates: Bool { current().authenticates }

    /// Whether the files can be used as they are now; nil when there are none. Looks at them.
    var isCurrent: Bool? {
        guard webConfig != nil || tokens != nil else { return nil }
        _ = current()
        return state.withLock { $0.isCurrent }
    }

    /// From now on a file with which nobody would have to say who it is cannot be used.
    func stayClosed() {
        state.withLock { $0.staysClosed = true }
    }

    /// What holds now. Reads the files when they have changed; who asks meanwhile waits until that is done.
    func current() -> AccessRules {
        let (rules, watched) = state.withLock { ($0.rules, $0.watched) }
        guard watched.haveChanged else { return rules }
        return state.withLock { state in
            // Unless somebody else has read them by now.
            if state.watched == watched { readAgain(&state) }
            return state.rules
        }
    }

    private func readAgain(_ state: inout State) {
        state.watched = WatchedFiles()
        do throws(FileError) {
            let fresh = try AccessRules(webConfig: webConfig, tokens: tokens, watched: &state.watched)
            guard (fresh.tls != nil) == usesTLS else {
                throw FileError(file: webConfig ?? "", line: nil, reason: "TLS goes on or off with a restart only")
            }
            guard fresh.authenticates || !state.staysClosed else {
                throw FileError(
                    file: webConfig ?? tokens ?? "",
                    line: nil,
                    reason: "with it everyone could do everything, and the server listens to other machines"
                )
            }
            state.rules = fresh
            state.isCurrent = true
            passwords.keep(fresh.users.keys)
            logger.info("the web configuration was read again")
        } catch {
            state.isCurrent = false
            logger.error("the web configuration is left as it was: \(error)")
        }
    }
}
