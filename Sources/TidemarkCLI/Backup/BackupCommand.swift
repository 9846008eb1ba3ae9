// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Tidemark
import TidemarkServer
import TimeSeries

/// `tidemark backup`: a copy that `restore` makes a data directory of.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a store as it is after one commit, of a directory or of a running server.",
        discussion: """
            --data takes a directory that no server has open; DIR is the folder to be made. --url asks a server that was
            started with --enable-admin-api, which goes on taking events; DIR is then the backup's name below the
            server's own --backup-dir. The folder gets its name when everything in it is on the disk. The last line on
            stdout is JSON:
              {"path":"…","bytes":N,"commits":N}

            EXAMPLES
              tidemark backup --data data /backups/monday
              tidemark backup --url http://127.0.0.1:9590 monday
            """
    )

    @Argument(help: ArgumentHelp("The folder to be made, or with --url its name.", valueName: "dir"))
    var target: String

    @Option(help: ArgumentHelp("Data directory that no server has open. (default: ./tidemark-data)", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("A running server, such as http://127.0.0.1:9590.", valueName: "url"))
    var url: String?

    @OptionGroup
    var http: HTTPConfigOption

    /// A backup of a large store takes minutes.
    private static let timeout: TimeAmount = .hours(6)

    func validate() throws {
        guard data == nil || url == nil else { throw ValidationError("Give --data or --url, not both.") }
        try http.validate(url: url)
        if let url {
            do {
                _ = try ServerURL(url)
            } catch {
                throw ValidationError(error.description)
            }
        }
    }

    func run() async throws {
        if let url {
            printLine(try await ask(try ServerURL(url)))
            return
        }
        let store = try openDataDirectory(data ?? "./tidemark-data")
        defer { try? store.close() }
        printBackup(try store.backup(to: target))
    }

    /// The answer of a server.
    private func ask(_ server: ServerURL) async throws -> String {
        let answer = try await server.answer(
            .POST,
            "/api/v1/admin/backup?name=" + percentEncoded(target),
            as: try http.load(),
            body: ByteBuffer(),
            timeout: BackupCommand.timeout,
            longestAnswer: 1 << 20
        )
        let bytes = Array(answer.body.readableBytesView)
        guard answer.status == 200 else {
            let reason = topLevelValue("error", of: bytes).flatMap {
                try? JSONDecoder().decode(String.self, from: Data($0))
            }
            throw CommandFailure("\(server): \(reason ?? "HTTP status \(answer.status)")")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// `tidemark restore`: a data directory made of a backup.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory of a backup.",
        discussion: """
            The backup is verified first, and copied: it stays what it is. The directory gets its name when everything in
            it is on the disk. The last line on stdout is JSON:
              {"path":"…","bytes":N,"commits":N}
            """
    )

    @Argument(help: ArgumentHelp("The folder of a backup.", valueName: "backup"))
    var backup: String

    @Option(help: ArgumentHelp("Data directory to be made: nothing, or an empty folder.", valueName: "dir"))
    var data: String

    func run() throws {
        printBackup(try MetricsStore.restore(backup, to: data))
    }
}

private func printBackup(_ report: BackupReport) {
    var path = ""
    QuotedText.appendJSON(report.path, to: &path)
    printLine("{\"path\":\(path),\"bytes\":\(report.bytes),\"commits\":\(report.commits)}")
}
