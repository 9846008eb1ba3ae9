// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOSSL
import NIOTLS

/// Lets nothing through but from clients whose certificate has one of some alternative names.
///
/// It stands above TLS and looks when the handshake is done, before the first byte of a request: a client without such a
/// name finds its connection closed.
final class ClientNameGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let names: Set<String>
    private var isOpen = false

    init(names: Set<String>) { self.names = names }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            isOpen = certificate.map { !names.isDisjoint(with: ClientNameGate.names(of: $0)) } ?? false
            if !isOpen {
                context.close(promise: nil)
                // Nobody else reads on this connection, and TLS waits for the client's goodbye.
                context.read()
                return
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOpen { context.fireChannelRead(data) }
    }

    /// DNS names, mail addresses, URIs and IP addresses as Go writes them.
    static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName, .email, .uri: String(validating: name.contents, as: UTF8.self)
            case .ipAddress: address(Array(name.contents))
            default: nil
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

@available(*, unavailable)
extension ClientNameGate: Sendable {}
