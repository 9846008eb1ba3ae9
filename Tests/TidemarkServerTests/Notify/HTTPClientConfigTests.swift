// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import YAML

@testable import TidemarkServer

@Suite struct HTTPClientConfigTests {
    @Test func `a password and a token become the header, files read when they are needed`() throws {
        let folder = try TemporaryDirectory()
        try writeBytes("pass:word\n".utf8, to: folder.path + "/password")
        let basic = try HTTPClientConfig(
            yaml: "basic_auth: {username: a, password_file: password}\nfollow_redirects: true",
            file: "client.yml",
            folder: folder.path + "/"
        )
        #expect(try basic.authorizationHeader() == "Basic " + Data("a:pass:word".utf8).base64EncodedString())
        try writeBytes("new".utf8, to: folder.path + "/password")
        #expect(try basic.authorizationHeader() == "Basic " + Data("a:new".utf8).base64EncodedString())
        for yaml in [
            "authorization: {credentials: t}", "authorization: {type: Bearer, credentials: t}", "bearer_token: t",
        ] {
            #expect(try HTTPClientConfig(yaml: yaml, file: "client.yml").authorizationHeader() == "Bearer t")
        }
        #expect(try HTTPClientConfig(yaml: "# nothing", file: "client.yml").authorizationHeader() == nil)
    }

    @Test(arguments: [
        ("authorization: {credentials: t}\nbearer_token: u", "beside another"),
        ("basic_auth: {username: a}\nbearer_token: u", "not both"),
        ("authorization: {type: Digest, credentials: t}", "'Digest' is not known"),
        ("authorization: {type: Bearer}", "'credentials' is missing"),
        ("tls_config: {ca_file: /nonexistent.pem}", "No such file"),
        ("tls_config: {cert_file: /dev/null}", "go together"),
        ("proxy_url: http://a", "unknown key 'proxy_url'"),
    ])
    func `a bad file is refused with its reason`(yaml: String, reason: String) {
        let error = #expect(throws: FileError.self) { try HTTPClientConfig(yaml: yaml, file: "client.yml") }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func `a header is read as its scheme says`() {
        func basic(_ text: String) -> PresentedCredentials? {
            PresentedCredentials("Basic " + Data(text.utf8).base64EncodedString())
        }
        #expect(basic("a:b:c") == .basic(name: "a", password: "b:c"))
        #expect(basic(":") == .basic(name: "", password: ""))
        #expect(basic("no colon") == nil)
        #expect(PresentedCredentials("Basic /w==") == nil, "not UTF-8")
        #expect(PresentedCredentials("BEARER abc") == .bearer("abc"))
        #expect(PresentedCredentials("Bearer") == nil)
        #expect(PresentedCredentials("Negotiate abc") == nil)
        #expect(PresentedCredentials("") == nil)
    }

    @Test func `the examples of the documentation are read`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/security.md")
        let examples = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "```yaml\n").dropFirst()
            .map { String($0.prefix(upTo: $0.range(of: "```")?.lowerBound ?? $0.endIndex)) }
        try #require(examples.count == 4)
        let web = try WebConfig(yaml: examples[0], file: "web.yml")
        #expect(web.users.count == 1 && web.rateLimit != nil && web.tls?.clientNames != nil)
        let tokens = try TokenFile(yaml: examples[1], file: "tokens.yml")
        #expect(tokens.tokens.map(\.name) == ["shop"] && tokens.users == ["prometheus": [.read]])
        let folder = try TemporaryDirectory()
        for name in ["password", "ca.pem"] { try writeBytes("x".utf8, to: "\(folder.path)/\(name)") }
        let client = try HTTPClientConfig(yaml: examples[2], file: "client.yml", folder: folder.path + "/")
        #expect(client.tls.authorities == folder.path + "/ca.pem")
        #expect(examples[3].contains("scheme: https"))
    }
}
