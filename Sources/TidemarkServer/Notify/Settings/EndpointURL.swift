// SPDX-License-Identifier: Apache-2.0

/// An `http` or `https` URL in its parts, as far as they are needed.
struct EndpointURL: Equatable, Sendable {
    /// `http` or `https`.
    let scheme: String
    /// What stands before the `@`: a user's name, and maybe a password.
    let userInfo: String?
    /// A name or an address, an IPv6 address in its brackets.
    let host: String
    /// As given, or nil.
    let port: Int?
    /// Path and query as given; empty, or beginning with `/` or `?`.
    let path: String

    /// Nil when the text is no such URL.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#"),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        scheme = text[..<colon].lowercased()
        var rest = text[colon...]
        guard ["http", "https"].contains(scheme), rest.hasPrefix("://") else { return nil }
        rest = rest.dropFirst(3)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        path = String(rest[end...])
        var authority = rest[..<end]
        if let at = authority.lastIndex(of: "@") {
            userInfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            userInfo = nil
        }
        let afterHost =
            authority.hasPrefix("[") ? authority.firstIndex(of: "]") ?? authority.endIndex : authority.startIndex
        guard afterHost < authority.endIndex || !authority.hasPrefix("[") else { return nil }
        if let colon = authority[afterHost...].firstIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65_535).contains(number)
            else { return nil }
            port = number
            host = String(authority[..<colon])
        } else {
            port = nil
            host = String(authority)
        }
        guard !host.isEmpty, !host.contains("@") else { return nil }
    }

    /// The port that is meant.
    var effectivePort: Int { port ?? (scheme == "https" ? 443 : 80) }

    /// Host and port, as the header `Host` has them.
    var authority: String { host + (port.map { ":\($0)" } ?? "") }

    /// The URL without what a person must not read: user and password.
    var printable: String { scheme + "://" + authority + path }

    /// The whole URL.
    ///
    /// - Parameter name: stands where the host does, for the sake of its certificate.
    func text(host name: String? = nil) -> String {
        let authority = name.map { $0 + (port.map { ":\($0)" } ?? "") } ?? authority
        return scheme + "://" + (userInfo.map { $0 + "@" } ?? "") + authority + path
    }

    /// The URL with a path put behind its own.
    func appending(path suffix: String) -> EndpointURL? {
        var path = path[...]
        while path.hasSuffix("/") { path = path.dropLast() }
        return EndpointURL(scheme + "://" + (userInfo.map { $0 + "@" } ?? "") + authority + path + suffix)
    }
}
