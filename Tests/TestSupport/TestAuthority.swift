// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate authority of a test's own, in a folder: `ca.pem`, `NAME.pem`, `NAME.key`. Made with the openssl command.
package struct TestAuthority: Sendable {
    package let folder: String

    /// What openssl could not do.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Makes an authority.
    ///
    /// - Parameter name: of its files: `ca` unless said otherwise.
    package init(in folder: String, name: String = "ca") throws {
        self.folder = folder
        try TestAuthority.openssl(
            ["req", "-x509"] + TestAuthority.newKey + [
                "-days", "2", "-subj", "/CN=\(name)", "-keyout", "\(folder)/\(name).key", "-out",
                "\(folder)/\(name).pem",
            ]
        )
    }

    /// Signs a certificate of a new key, and puts both into the folder.
    ///
    /// - Parameters:
    ///   - name: of the files, and the common name.
    ///   - names: what it is made out to, such as `DNS:localhost,IP:127.0.0.1`.
    package func sign(_ name: String, names: String) throws {
        let path = "\(folder)/\(name)"
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(filePath: path + ".ext"))
        try TestAuthority.openssl(
            ["req"] + TestAuthority.newKey + ["-subj", "/CN=\(name)", "-keyout", path + ".key", "-out", path + ".csr"]
        )
        try TestAuthority.openssl([
            "x509", "-req", "-in", path + ".csr", "-CA", folder + "/ca.pem", "-CAkey", folder + "/ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", path + ".ext", "-out", path + ".pem",
        ])
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "openssl \(arguments[0]) failed") }
    }
}
