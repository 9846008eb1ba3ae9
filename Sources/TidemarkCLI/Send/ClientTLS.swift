// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOSSL
import TidemarkServer

/// What a connection to an `https` server needs: whom it trusts, and what it shows.
struct ClientTLS: Sendable {
    private let context: NIOSSLContext
    /// What is asked for, and looked for in the certificate; nil for an address, which is looked for as such.
    private let name: String?

    /// - Parameter host: of the server's URL.
    /// - Throws: ``CommandFailure`` when a file cannot be used.
    init(_ settings: EndpointSettings.TLS, host: String) throws(CommandFailure) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if settings.isInsecure { configuration.certificateVerification = .none }
        if let path = settings.authorities {
            configuration.trustRoots = .certificates(try ClientTLS.certificates(path))
        }
        if let path = settings.certificate {
            configuration.certificateChain = try ClientTLS.certificates(path).map { .certificate($0) }
        }
        do {
            if let path = settings.key {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: path, format: .pem))
            }
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw CommandFailure("\(settings.key ?? "TLS"): the key cannot be used with the certificate")
        }
        let name = settings.serverName ?? host
        self.name = ClientTLS.isAddress(name) ? nil : name
    }

    /// Puts TLS below what the pipeline gets next. On the channel's event loop.
    func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(try NIOSSLClientHandler(context: context, serverHostname: name))
    }

    private static func certificates(_ path: String) throws(CommandFailure) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw CommandFailure("\(path): there is no certificate in PEM form")
        }
        return certificates
    }

    private static func isAddress(_ host: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }
}
