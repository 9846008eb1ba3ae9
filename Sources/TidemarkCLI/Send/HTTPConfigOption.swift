// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TidemarkServer

/// The option of every command that asks a server.
struct HTTPConfigOption: ParsableArguments {
    @Option(
        name: .customLong("http-config"),
        help: ArgumentHelp(
            "With --url: user, token, CA and certificate, in the format of promtool's --http.config.file.",
            valueName: "file"
        )
    )
    var path: String?

    /// - Throws: `ValidationError` when it is given and there is no server that it is for.
    func validate(url: String?) throws {
        guard path == nil || url != nil else { throw ValidationError("--http-config belongs to --url.") }
    }

    /// - Throws: `FileError` with file, line and reason.
    func load() throws -> HTTPClientConfig {
        try path.map { try HTTPClientConfig(contentsOf: $0) } ?? HTTPClientConfig()
    }
}
