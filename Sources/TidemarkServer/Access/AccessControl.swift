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
        /// Of the files as they were when they were last read, whatever came of it.
        var stamps: [FileStamp?]
        /// Whether the files as they are now are what holds.
        var isCurrent = true
        /// Whether nobody may be let in without saying who it is.
        var staysClosed = false
    }

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
        let rules = try AccessRules(webConfig: webConfig, tokens: tokens)
        usesTLS = rules.tls != nil
        state = Mutex(State(rules: rules, stamps: rules.files.map { FileStamp($0) }))
    }

    /// Everyone may do everything, in the clear.
    public init() {
        webConfig = nil
        tokens = nil
        logger = Logger(label: "tidemark") { _ in SwiftLogNoOpLogHandler() }
        usesTLS = false
        state = Mutex(State(rules: AccessRules(), stamps: []))
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

    /// What holds now. Reads the files when they have changed; blocks for as long as that takes.
    func current() -> AccessRules {
        guard webConfig != nil || tokens != nil else { return state.withLock { $0.rules } }
        let files = state.withLock { $0.rules.files }
        // They are looked at before they are read: what changes meanwhile is read the next time.
        let stamps = files.map { FileStamp($0) }
        return state.withLock { state in
            if stamps != state.stamps, files == state.rules.files { readAgain(&state, stamps: stamps) }
            return state.rules
        }
    }

    private func readAgain(_ state: inout State, stamps: [FileStamp?]) {
        state.stamps = stamps
        do throws(FileError) {
            let fresh = try AccessRules(webConfig: webConfig, tokens: tokens)
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
            if fresh.files != state.rules.files { state.stamps = fresh.files.map { FileStamp($0) } }
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
