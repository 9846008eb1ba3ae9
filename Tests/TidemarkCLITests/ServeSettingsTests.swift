// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark
import TidemarkServer

@testable import TidemarkCLI

@Suite struct ServeSettingsTests {
    @Test func `every key is read, and relative paths start at the file's folder`() throws {
        let settings = try ServeSettings(
            yaml: """
                listen: "[::1]:8080"
                data: store
                resolution: 30s
                dedupe_window: 48h
                idle_timeout: 1h
                identity_memory: 2GiB
                join_memory: 256MiB
                queue: 16MiB
                body_limit: 1MiB
                metrics: [a.yml, /etc/b.yml]
                mappings: maps/*.yml
                remote_write: [{url: "http://127.0.0.1:9090/api/v1/write", header_files: {X-Key: /dev/null}}]
                """,
            file: "conf/tidemark.yml",
            folder: "conf/"
        )
        #expect(settings.server.listen.description == "[::1]:8080")
        #expect(settings.data == "conf/store")
        #expect(settings.options.resolution == 30)
        #expect(settings.options.dedupeWindow == 172_800)
        #expect(settings.options.idleTimeout == 3_600)
        #expect(settings.options.identityMemory == 2 << 30)
        #expect(settings.options.joinMemory == 256 << 20)
        #expect(settings.options.queue == 16 << 20)
        #expect(settings.server.bodyLimit == 1 << 20)
        #expect(settings.metrics == ["conf/a.yml", "/etc/b.yml"])
        #expect(settings.mappings == ["conf/maps/*.yml"])
        #expect(settings.remoteWrite.map(\.name) == ["http://127.0.0.1:9090/api/v1/write"])
        #expect(settings.remoteWrite[0].endpoint.headers == ["X-Key": .file("/dev/null")])
    }

    @Test(arguments: ["", "# nothing\n", "---\n"])
    func `an empty file is all defaults`(yaml: String) throws {
        let settings = try ServeSettings(yaml: yaml, file: "t.yml")
        #expect(settings.data == "./tidemark-data")
        #expect(settings.server.listen.description == "127.0.0.1:9590")
    }

    @Test(arguments: [
        ("data: x\nport: 1\n", "t.yml:2: unknown key 'port'"),
        ("queue: 64MiB\n\nresolution: fast\n", "t.yml:3: 'fast' is not a duration"),
        ("resolution: 0s\n", "t.yml:1: '0s' is not a duration"),
        ("body_limit: much\n", "t.yml:1: 'much' is not a size"),
        ("listen: here\n", "t.yml:1: 'here' is not HOST:PORT"),
        ("data: [a]\n", "t.yml:1: text is expected here"),
        ("data:\n", "t.yml:1: text is expected here"),
        ("metrics: [{a: b}]\n", "t.yml:1: text is expected here"),
        ("data: a\ndata: b\n", "t.yml:1: key given twice: data"),
        ("- a\n", "t.yml:1: a mapping is expected here"),
        ("data: \"x\nqueue: 1\n", "t.yml:"),
    ])
    func `a bad file is refused with file, line and reason`(yaml: String, message: String) {
        let error = #expect(throws: FileError.self) { try ServeSettings(yaml: yaml, file: "t.yml") }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
