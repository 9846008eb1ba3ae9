// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import YAML

/// The section `tls_server_config` of the web configuration.
struct ServerTLSSettings: Sendable {
    /// What clients have to show (Go's `tls.ClientAuthType`).
    enum ClientCertificate: String, Sendable {
        case none = "NoClientCert"
        case requested = "RequestClientCert"
        case required = "RequireAnyClientCert"
        case verifiedIfGiven = "VerifyClientCertIfGiven"
        case verified = "RequireAndVerifyClientCert"
    }

    /// PEM that stands in the file or beside it.
    enum Source: Equatable, Sendable {
        case text(String)
        case file(String)
    }

    var certificate: Source
    var key: Source
    var clientCertificate = ClientCertificate.none
    /// Who may sign certificates of clients; nil: the system's authorities.
    var clientAuthorities: Source?
    /// Alternative names of which a client's certificate must have one; nil: any will do.
    var clientNames: Set<String>?
    /// For TLS 1.2 and older; nil: the library's.
    var cipherSuites: [NIOTLSCipher]?
    var curves: [NIOTLSCurve]?
    var oldest = TLSVersion.tlsv12
    var newest = TLSVersion.tlsv13

    /// The files that are read beside the configuration's.
    var files: [String] {
        [certificate, key, clientAuthorities].compactMap { if case .file(let path)? = $0 { path } else { nil } }
    }

    private static let keys: Set<String> = [
        "cert", "cert_file", "key", "key_file", "client_auth_type", "client_ca", "client_ca_file",
        "client_allowed_sans",
        "cipher_suites", "curve_preferences", "min_version", "max_version", "prefer_server_cipher_suites",
    ]

    /// Reads the section; nil when it asks for nothing, which is plain HTTP.
    init?(yaml: YAMLValue, folder: String) throws(FileError) {
        let members = try yaml.members(ServerTLSSettings.keys).filter { !$0.value.isEmptyText }
        func source(_ key: String) throws(FileError) -> Source? {
            // As in exporter-toolkit, the file counts when both are given.
            if let value = members[key + "_file"] { return .file(try path(value, folder: folder)) }
            guard let text = try members[key]?.string() else { return nil }
            return .text(text)
        }
        let (certificate, key) = (try source("cert"), try source("key"))
        clientAuthorities = try source("client_ca")
        guard certificate != nil || key != nil || clientAuthorities != nil || members["client_auth_type"] != nil else {
            return nil
        }
        guard let certificate else { throw yaml.fault("the key 'cert_file' is missing") }
        guard let key else { throw yaml.fault("the key 'key_file' is missing") }
        self.certificate = certificate
        self.key = key
        try readClients(members, of: yaml)
        try readVersions(members)
        if let value = members["cipher_suites"] { try readCipherSuites(value) }
        if let value = members["curve_preferences"] {
            var curves: [NIOTLSCurve] = []
            for element in try value.sequence() { curves.append(try TLSNames.curve(element)) }
            self.curves = curves.isEmpty ? nil : curves
        }
        // The library has its own order, of the server's choice, as Go has had since 1.18 whatever this says.
        _ = try members["prefer_server_cipher_suites"]?.boolean()
    }

    private mutating func readClients(_ members: [String: YAMLValue], of whole: YAMLValue) throws(FileError) {
        if let value = members["client_auth_type"] {
            let text = try value.string()
            // The older name of the toolkit's.
            let name = text == "RequireClientCert" ? ClientCertificate.required.rawValue : text
            guard let type = ClientCertificate(rawValue: name) else {
                throw value.fault("'\(text)' is no client_auth_type")
            }
            clientCertificate = type
        }
        guard clientAuthorities == nil || clientCertificate != .none else {
            throw whole.fault("there is a client CA, but 'client_auth_type' asks for no certificate")
        }
        guard let value = members["client_allowed_sans"] else { return }
        guard clientCertificate == .required || clientCertificate == .verified else {
            throw value.fault(
                "'client_allowed_sans' needs the client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert"
            )
        }
        clientNames = Set(try value.strings())
    }

    private mutating func readVersions(_ members: [String: YAMLValue]) throws(FileError) {
        if let value = members["min_version"] { oldest = try TLSNames.version(value) }
        guard let value = members["max_version"] else { return }
        newest = try TLSNames.version(value)
        guard TLSNames.rank(oldest) <= TLSNames.rank(newest) else {
            throw value.fault("'max_version' is older than 'min_version'")
        }
    }

    private mutating func readCipherSuites(_ value: YAMLValue) throws(FileError) {
        var suites: [NIOTLSCipher] = []
        for element in try value.sequence() { suites.append(try TLSNames.cipherSuite(element)) }
        guard !suites.isEmpty else { return }
        // Those of TLS 1.3 cannot be chosen from, here as in Go; without others there is nothing but TLS 1.3.
        cipherSuites = suites.filter { $0.rawValue >> 8 != 0x13 }
        guard cipherSuites?.isEmpty == true else { return }
        cipherSuites = nil
        guard newest == .tlsv13 else { throw value.fault("no cipher suite is left for the versions that are allowed") }
        oldest = .tlsv13
    }
}
