// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// Where baselines are: in a data directory, or with the server that has it open.
struct BaselinePlace: ParsableArguments {
    @Option(help: ArgumentHelp("Data directory that no server has open. (default: ./tidemark-data)", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "A running server with --enable-admin-api, such as http://127.0.0.1:9590.",
            valueName: "url"
        )
    )
    var url: String?

    @OptionGroup
    var http: HTTPConfigOption

    func validate() throws {
        guard data == nil || url == nil else { throw ValidationError("Give --data or --url, not both.") }
        try http.validate(url: url)
        do {
            _ = try server
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The server; nil for a directory.
    var server: ServerURL? {
        get throws(CommandFailure) {
            guard let url else { return nil }
            return try ServerURL(url)
        }
    }

    /// Opens the directory; says how else it goes when a server has it.
    func opening(_ open: (String) throws -> MetricsStore) throws -> MetricsStore {
        do {
            return try open(data ?? "./tidemark-data")
        } catch let error as MetricsStoreError where error.code == .inUse {
            throw CommandFailure("\(error.message); ask its server with --url")
        }
    }
}
