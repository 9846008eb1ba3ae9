// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import YAML

@testable import TidemarkServer

/// The keys `alertmanagers` and `webhooks`.
@Suite struct NotifySettingsTests {
    private func read(_ yaml: String, folder: String = "") throws -> NotifySettings {
        let members = try YAMLValue.parse(yaml, file: "t.yml").mapping(keys: ["alertmanagers", "webhooks"])
        return try NotifySettings(
            alertmanagers: members["alertmanagers"],
            webhooks: members["webhooks"],
            folder: folder
        )
    }

    @Test func `little has to be said`() throws {
        let settings = try read("alertmanagers: [{url: http://127.0.0.1:9093}]\nwebhooks: [{name: p, url: http://h/x}]")
        #expect(settings.alertmanagers == [AlertmanagerSettings(url: "http://127.0.0.1:9093")])
        #expect(settings.webhooks == [WebhookSettings(name: "p", url: "http://h/x")])
        #expect(settings.webhooks[0].groupWait == .seconds(10))
        #expect(settings.webhooks[0].groupInterval == .seconds(300))
        #expect(settings.webhooks[0].repeatInterval == .seconds(4 * 3_600))
        #expect(try NotifySettings(alertmanagers: nil, webhooks: nil, folder: "") == NotifySettings())
    }

    @Test func `everything can be said`() throws {
        let directory = try TemporaryDirectory()
        for file in ["token", "ca.pem", "c.pem", "k.pem"] {
            try writeBytes("t\n".utf8, to: "\(directory.path)/\(file)")
        }
        let folder = directory.path + "/"
        let settings = try read(
            """
            alertmanagers:
              - url: https://am.example/prefix
                timeout: 3s
                basic_auth: {username: u, password_file: token}
                tls: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem, server_name: x, insecure_skip_verify: true}
              - url: http://b:9093
                bearer_token: abc
            webhooks:
              - name: pager
                url: https://h/x?y
                bearer_token_file: token
                group_by: [alertname, campaign]
                group_wait: 0s
                group_interval: 1m
                repeat_interval: 1h30m
                send_resolved: false
                match: {alertname: ModelFeatureDrift, absent: ""}
                max_alerts: 5
                headers: {X-Source: tidemark}
                header_files: {X-Token: \(directory.path)/token}
                idempotency_header: Idempotency-Key
                cooldown: 1h
            """,
            folder: folder
        )
        var first = AlertmanagerSettings(url: "https://am.example/prefix")
        first.endpoint.timeout = .seconds(3)
        first.endpoint.authorization = .basic(username: "u", password: .file(folder + "token"))
        first.endpoint.tls.authorities = folder + "ca.pem"
        first.endpoint.tls.certificate = folder + "c.pem"
        first.endpoint.tls.key = folder + "k.pem"
        first.endpoint.tls.serverName = "x"
        first.endpoint.tls.isInsecure = true
        var second = AlertmanagerSettings(url: "http://b:9093")
        second.endpoint.authorization = .bearer(.text("abc"))
        #expect(settings.alertmanagers == [first, second])
        var webhook = WebhookSettings(name: "pager", url: "https://h/x?y")
        webhook.endpoint.authorization = .bearer(.file(folder + "token"))
        webhook.endpoint.headers = ["X-Source": .text("tidemark"), "X-Token": .file(folder + "token")]
        webhook.groupBy = ["alertname", "campaign"]
        webhook.groupWait = .zero
        webhook.groupInterval = .seconds(60)
        webhook.repeatInterval = .seconds(5_400)
        webhook.sendsResolved = false
        webhook.match = ["alertname": "ModelFeatureDrift", "absent": ""]
        webhook.maximumAlerts = 5
        webhook.idempotencyHeader = "Idempotency-Key"
        webhook.cooldown = .seconds(3_600)
        #expect(settings.webhooks == [webhook])
    }

    @Test(arguments: [
        ("alertmanagers: {url: x}", "t.yml:1: a list is expected here"),
        ("alertmanagers:\n  - timeout: 1s", "t.yml:2: the key 'url' is missing"),
        (
            "alertmanagers:\n  - url: http://h\n    retries: 3",
            "t.yml:3: unknown key 'retries'; known are basic_auth, bearer_token, bearer_token_file, timeout, tls, url"
        ),
        ("alertmanagers: [{url: 'ftp://u:s3cret@h'}]", "t.yml:1: this is not a URL such as https://host:9093/prefix"),
        ("alertmanagers: [{url: 'http://h?x'}]", "t.yml:1: the URL of an Alertmanager has no query"),
        ("alertmanagers: [{url: http://h}, {url: 'http://u@h'}]", "t.yml:1: the Alertmanager http://h is given twice"),
        ("alertmanagers: [{url: http://h, timeout: 0s}]", "t.yml:1: '0s' is not a duration such as 400d or 1h30m"),
        ("alertmanagers: [{url: http://h, tls: {}}]", "t.yml:1: 'tls' is for https URLs"),
        (
            "alertmanagers: [{url: https://h, tls: {cert_file: /dev/null}}]",
            "t.yml:1: 'cert_file' and 'key_file' go together"
        ),
        (
            "alertmanagers: [{url: https://h, tls: {ca_file: nowhere.pem}}]",
            "t.yml:1: nowhere.pem: No such file or directory"
        ),
        (
            "alertmanagers: [{url: https://h, tls: {insecure_skip_verify: yes}}]",
            "t.yml:1: 'yes' is neither true nor false"
        ),
        (
            "alertmanagers: [{url: http://h, bearer_token_file: nowhere}]",
            "t.yml:1: nowhere: No such file or directory"
        ),
        (
            "alertmanagers: [{url: http://h, bearer_token: a, bearer_token_file: b}]",
            "t.yml:1: either 'bearer_token' or 'bearer_token_file', not both"
        ),
        (
            "alertmanagers: [{url: http://h, bearer_token: a, basic_auth: {username: u}}]",
            "t.yml:1: either a bearer token or basic_auth, not both"
        ),
        ("alertmanagers: [{url: http://h, basic_auth: {password: p}}]", "t.yml:1: the key 'username' is missing"),
        (
            "alertmanagers: [{url: 'http://u@h', basic_auth: {username: u}}]",
            "t.yml:1: the URL has a user beside the other one"
        ),
        ("webhooks: [{url: http://h}]", "t.yml:1: the key 'name' is missing"),
        ("webhooks: [{name: a, url: http://h}, {name: a, url: http://i}]", "t.yml:1: the webhook 'a' is given twice"),
        (
            "webhooks: [{name: a, url: http://h, group_by: ['...', x]}]",
            "t.yml:1: '...' stands for all labels, and alone"
        ),
        (
            "webhooks: [{name: a, url: http://h, group_interval: 0s}]",
            "t.yml:1: '0s' is not a duration such as 400d or 1h30m"
        ),
        ("webhooks: [{name: a, url: http://h, max_alerts: -1}]", "t.yml:1: the number of alerts is not negative"),
        ("webhooks: [{name: a, url: http://h, headers: {'a b': x}}]", "t.yml:1: 'a b' is not the name of a header"),
        ("webhooks: [{name: a, url: http://h, headers: {Host: x}}]", "t.yml:1: the header 'Host' cannot be set"),
        (
            "webhooks: [{name: a, url: http://h, bearer_token: t, headers: {authorization: x}}]",
            "t.yml:1: the header 'authorization' is made of basic_auth or of the bearer token already"
        ),
        (
            "webhooks: [{name: a, url: http://h, headers: {X: x}, idempotency_header: x}]",
            "t.yml:1: the header 'x' is given twice"
        ),
        (
            #"webhooks: [{name: a, url: http://h, headers: {X: "s3cret\n"}}]"#,
            "t.yml:1: a control character is in the text"
        ),
    ])
    func `what cannot be meant is refused with its place and without secrets`(yaml: String, message: String) throws {
        let error = try #require(throws: FileError.self) { try read(yaml) }
        #expect(error.description == message)
        #expect(!error.description.contains("s3cret"))
    }
}
