// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import Testing

@testable import TidemarkServer

@Suite struct RouteAccessTests {
    /// The paths of all routes of a server with everything on.
    private func paths() throws -> Set<String> {
        var configuration = ServerConfiguration()
        configuration.enablesAdminAPI = true
        configuration.receivesRemoteWrite = true
        configuration.backupFolder = "backups"
        let service = HTTPService(
            eventStore: FakeStore(),
            configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return Set(try service.makeRouter(Dashboard.shipped).routes.map { $0.path.description })
    }

    @Test func `every route has its line in the table, and every line its route`() throws {
        let paths = try paths()
        #expect(paths.count > 20)
        #expect(paths.subtracting(RouteAccess.table.keys) == [], "these need a scope, or to be open")
        #expect(Set(RouteAccess.table.keys).subtracting(paths) == [], "these are no routes")
    }

    @Test func `the documentation's table is the code's`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/security.md")
        var documented: [String: String] = [:]
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where line.hasPrefix("| `/") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            for path in cells[0].split(separator: ",") {
                documented[path.trimmingCharacters(in: CharacterSet(charactersIn: "` "))] = cells[1]
            }
        }
        let expected = RouteAccess.table.mapValues { access in
            switch access {
            case .open: "none"
            case .needs(let scope): "`\(scope.rawValue)`"
            case .anyScope: "any"
            }
        }
        #expect(documented == expected)
    }

    @Test func `what is not in the table needs the most`() {
        #expect(RouteAccess(path: "/api/v1/new") == .needs(.admin))
        #expect(RouteAccess(path: nil) == .anyScope)
    }
}
