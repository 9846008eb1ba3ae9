// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct QuantitiesTests {
    @Test(arguments: [
        ("15s", 15), ("24h", 86_400), ("30d", 2_592_000), ("1h30m", 5_400), ("2w", 1_209_600), ("0s", 0),
        ("1d1s", 86_401),
    ])
    func `durations are read`(text: String, seconds: Int) {
        #expect(parseDuration(text) == seconds)
    }

    @Test(arguments: [
        "", "15", "s", "1x", "-1s", "1.5h", "1s1h", "1h1h", " 1s", "99999999999999999999s", "9223372036854775807w",
    ])
    func `other durations are not`(text: String) {
        #expect(parseDuration(text) == nil)
    }

    @Test(arguments: [
        ("64MiB", 64 << 20), ("1GiB", 1 << 30), ("4096", 4096), ("10MB", 10_000_000), ("3 kB", 3_000), ("7B", 7),
    ])
    func `sizes are read`(text: String, bytes: Int) {
        #expect(parseSize(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "1.5GiB", "-1", "1mib", "1 M", "9223372036854775807TiB"])
    func `other sizes are not`(text: String) {
        #expect(parseSize(text) == nil)
    }
}

@Suite struct ServerURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:9590", "127.0.0.1", 9590, ""), ("http://ads.example", "ads.example", 80, ""),
        ("HTTP://[::1]:9590/", "::1", 9590, ""), ("http://h:1/tidemark/", "h", 1, "/tidemark"),
    ])
    func `addresses are read`(text: String, host: String, port: Int, prefix: String) throws {
        let url = try ServerURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.prefix == prefix)
    }

    @Test(arguments: [
        "", "127.0.0.1:9590", "http://", "http://:80", "http://h:0", "http://h:x", "http://u:p@h/", "http://h/?a=b",
        "ftp://h",
    ])
    func `others are refused`(text: String) {
        #expect(throws: CommandFailure.self) { try ServerURL(text) }
    }

    @Test func `https has its own port`() throws {
        let url = try ServerURL("https://metrics.example/tidemark")
        #expect(url.usesTLS)
        #expect(url.port == 443)
        #expect(url.authority == "metrics.example")
        #expect(url.description == "https://metrics.example/tidemark")
        #expect(try ServerURL("https://h:80").authority == "h:80")
        #expect(try ServerURL("http://h:443").authority == "h:443")
    }
}
