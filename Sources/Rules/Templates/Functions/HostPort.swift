// SPDX-License-Identifier: Apache-2.0

import Glibc

/// `host:port` or `[host]:port`, as an `instance` label has it.
///
/// Source: Go, package net, SplitHostPort.
struct HostPort {
    let host: String
    let port: String

    /// Nil when there is no port, or brackets or colons are where they must not be.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        var name = bytes[..<colon]
        var rest = 0
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")), bracket + 1 == colon else { return nil }
            name = bytes[1..<bracket]
            rest = bracket + 1
        } else if name.contains(UInt8(ascii: ":")) {
            return nil
        }
        // No bracket but the two.
        if bytes[(rest == 0 ? 0 : 1)...].contains(UInt8(ascii: "[")) { return nil }
        if bytes[rest...].contains(UInt8(ascii: "]")) { return nil }
        host = String(decoding: name, as: UTF8.self)
        port = String(decoding: bytes[(colon + 1)...], as: UTF8.self)
    }

    /// The host up to its first dot, with the port where there is one; an address of IP stays.
    ///
    /// Source: Prometheus, `template/template.go`.
    static func withoutDomain(_ text: String) -> String {
        let split = HostPort(text)
        let host = split?.host ?? text
        if isAddress(host) { return text }
        let name = String(Substring(host.utf8.prefix { $0 != UInt8(ascii: ".") }))
        guard let port = split?.port, !port.isEmpty else { return name }
        return name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]:\(port)" : "\(name):\(port)"
    }

    /// Whether it is an address of IPv4 or IPv6.
    private static func isAddress(_ host: String) -> Bool {
        if host.utf8.contains(0) { return false }
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }
}
