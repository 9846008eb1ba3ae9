// SPDX-License-Identifier: Apache-2.0

/// A host and a port to listen on: `127.0.0.1:9590`, `localhost:0`, `[::1]:9590`, `:9590` for every interface.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public var host: String
    /// 0 to 65535; 0 is "any free port".
    public var port: Int

    /// An address from its parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`.
    ///
    /// - Throws: ``ServerError`` with code `invalidAddress` when the port is missing or not 0 to 65535, or when an IPv6
    ///   address has no brackets.
    public init(_ text: String) throws(ServerError) {
        func invalid(_ reason: String) -> ServerError {
            ServerError(code: .invalidAddress, message: "'\(text)' is not HOST:PORT: \(reason)")
        }
        guard let colon = text.lastIndex(of: ":") else { throw invalid("the port is missing, as in 127.0.0.1:9590") }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = Int(digits), port <= 65535
        else { throw invalid("the port must be a number from 0 to 65535") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw invalid("brackets are for IPv6 addresses, as in [::1]:9590") }
        } else if host.contains(":") {
            throw invalid("an IPv6 address needs brackets, as in [::1]:9590")
        }
        self.init(host: host.isEmpty ? "::" : String(host), port: port)
    }

    /// `HOST:PORT`, with brackets where they belong.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
