// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import YAML

/// What a connection needs to speak TLS, with certificates as they were in their files.
struct ServerTLS: Sendable {
    private let context: NIOSSLContext
    private let settings: ServerTLSSettings

    /// Reads certificates and key.
    ///
    /// - Throws: `FileError` when one cannot be read, or the key is not the certificate's.
    init(_ settings: ServerTLSSettings, file: String) throws(FileError) {
        let chain = try ServerTLS.certificates(settings.certificate, what: "the certificate", file: file)
        let key = try ServerTLS.key(settings.key, file: file)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = settings.oldest
        configuration.maximumTLSVersion = settings.newest
        configuration.applicationProtocols = ["http/1.1"]
        // What a client may take for its goodbye; a connection without one is closed all the same.
        configuration.shutdownTimeout = .seconds(1)
        if let suites = settings.cipherSuites { configuration.cipherSuiteValues = suites }
        configuration.curves = settings.curves
        if let authorities = settings.clientAuthorities {
            configuration.trustRoots = .certificates(
                try ServerTLS.certificates(authorities, what: "the client CA", file: file)
            )
            configuration.sendCANameList = true
        }
        switch settings.clientCertificate {
        case .none: configuration.certificateVerification = .none
        case .requested, .verifiedIfGiven: configuration.certificateVerification = .optionalVerification
        case .required, .verified: configuration.certificateVerification = .noHostnameVerification
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw FileError(
                file: file,
                line: nil,
                reason: "the key is not that of the certificate, or TLS cannot use it"
            )
        }
        self.settings = settings
    }

    /// Whether every client has shown a certificate of a trusted authority.
    var verifiesClients: Bool { settings.clientCertificate == .verified }

    /// Puts TLS below what the pipeline gets next. On the channel's event loop.
    func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        let handler: NIOSSLServerHandler
        switch settings.clientCertificate {
        case .requested, .required:
            // Asked for, and taken as it is.
            handler = NIOSSLServerHandler(context: context) { _, promise in promise.succeed(.certificateVerified) }
        case .none, .verifiedIfGiven, .verified:
            handler = NIOSSLServerHandler(context: context)
        }
        try pipeline.addHandler(handler)
        if let names = settings.clientNames { try pipeline.addHandler(ClientNameGate(names: names)) }
    }

    // MARK: - PEM

    private static func certificates(
        _ source: ServerTLSSettings.Source,
        what: String,
        file: String
    ) throws(FileError) -> [NIOSSLCertificate] {
        let (text, place) = try read(source, file: file)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(text.utf8)), !certificates.isEmpty else {
            throw FileError(file: place, line: nil, reason: "\(what) is not in PEM form")
        }
        return certificates
    }

    private static func key(_ source: ServerTLSSettings.Source, file: String) throws(FileError) -> NIOSSLPrivateKey {
        let (text, place) = try read(source, file: file)
        guard let key = try? NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem) else {
            throw FileError(file: place, line: nil, reason: "the key is not in PEM form, or is encrypted")
        }
        return key
    }

    private static func read(
        _ source: ServerTLSSettings.Source,
        file: String
    ) throws(FileError) -> (text: String, place: String) {
        switch source {
        case .text(let text): (text, file)
        case .file(let path): (try TextFile.read(path), path)
        }
    }
}
