// SPDX-License-Identifier: Apache-2.0

/// The base address of a server: `http://HOST[:PORT][/PREFIX]`, or `https`.
struct ServerURL: Equatable, CustomStringConvertible {
    let host: String
    /// Whether the connection is protected by TLS.
    let usesTLS: Bool
    /// 80, or 443 with TLS, when the address names none, as everywhere.
    let port: Int
    /// Where the server's own paths begin: empty, or starting with a slash and not ending in one.
    let prefix: String

    /// - Throws: ``CommandFailure``, one line for a person.
    init(_ text: String) throws(CommandFailure) {
        let lowercased = text.lowercased()
        usesTLS = lowercased.hasPrefix("https://")
        guard usesTLS || lowercased.hasPrefix("http://") else {
            throw CommandFailure("'\(text)' is not an address such as http://127.0.0.1:9590")
        }
        let rest = text.dropFirst(usesTLS ? "https://".count : "http://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(authority.count)
        guard !path.contains("?"), !path.contains("#"), !path.contains(where: { $0.isWhitespace || !$0.isASCII }) else {
            throw CommandFailure("'\(text)': give the server's base address only, without query or spaces")
        }
        guard !authority.contains("@") else {
            throw CommandFailure("'\(text)': a user and its password come in a file, --http-config")
        }
        var hostPart = authority
        var portPart: Substring?
        let afterBrackets = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        if let colon = authority[afterBrackets...].lastIndex(of: ":") {
            hostPart = authority[..<colon]
            portPart = authority[authority.index(after: colon)...]
        }
        if hostPart.hasPrefix("["), hostPart.hasSuffix("]") { hostPart = hostPart.dropFirst().dropLast() }
        let port = portPart.map { Int($0) } ?? (usesTLS ? 443 : 80)
        guard !hostPart.isEmpty, let port, (1...65535).contains(port) else {
            throw CommandFailure("'\(text)' is not an address such as http://127.0.0.1:9590")
        }
        self.host = String(hostPart)
        self.port = port
        var prefix = String(path)
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = prefix
    }

    /// What the `Host` header says.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (usesTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(usesTLS ? "https" : "http")://\(authority)\(prefix)" }
}
