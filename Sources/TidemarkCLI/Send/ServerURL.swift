// SPDX-License-Identifier: Apache-2.0

/// The base address of a server: `http://HOST[:PORT][/PREFIX]`.
struct ServerURL: Equatable, CustomStringConvertible {
    let host: String
    /// 80 when the address names none, as everywhere.
    let port: Int
    /// Where the server's own paths begin: empty, or starting with a slash and not ending in one.
    let prefix: String

    /// - Throws: ``CommandFailure``, one line for a person.
    init(_ text: String) throws(CommandFailure) {
        let lowercased = text.lowercased()
        guard !lowercased.hasPrefix("https://") else {
            throw CommandFailure("https is not supported yet; use http, or a proxy that speaks TLS for you")
        }
        guard lowercased.hasPrefix("http://") else {
            throw CommandFailure("'\(text)' is not an address such as http://127.0.0.1:9590")
        }
        let rest = text.dropFirst("http://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(authority.count)
        guard !path.contains("?"), !path.contains("#"), !path.contains(where: { $0.isWhitespace || !$0.isASCII }) else {
            throw CommandFailure("'\(text)': give the server's base address only, without query or spaces")
        }
        guard !authority.contains("@") else {
            throw CommandFailure("'\(text)': user names in addresses are not supported")
        }
        var hostPart = authority
        var portPart: Substring?
        let afterBrackets = authority.lastIndex(of: "]").map { authority.index(after: $0) } ?? authority.startIndex
        if let colon = authority[afterBrackets...].lastIndex(of: ":") {
            hostPart = authority[..<colon]
            portPart = authority[authority.index(after: colon)...]
        }
        if hostPart.hasPrefix("["), hostPart.hasSuffix("]") { hostPart = hostPart.dropFirst().dropLast() }
        let port = portPart.map { Int($0) } ?? 80
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
        return port == 80 ? name : "\(name):\(port)"
    }

    var description: String { "http://\(authority)\(prefix)" }
}
