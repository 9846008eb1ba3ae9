// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A new user's way, as the README shows it.
@Suite struct FirstStepsTests {
    private static let script = Program.packageRoot + "/deploy/first-steps"

    @Test func `the README shows the script as it is`() throws {
        let script = try String(contentsOfFile: Self.script, encoding: .utf8)
        let readme = try String(contentsOfFile: Program.packageRoot + "/README.md", encoding: .utf8)
        let shown = try #require(script.components(separatedBy: "# README: from here on\n").last)
        #expect(shown.contains("ManyClicks"))
        #expect(readme.contains("```sh\n" + shown + "```\n"))
        #expect(readme.contains("\ndeploy/first-steps\n"))
    }

    @Test func `a port that somebody has is told, with what to set`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess(data: folder + "/data")
        for variable in ["TIDEMARK_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT"] {
            var ports = ["TIDEMARK_PORT": "1", "PROMETHEUS_PORT": "1", "ALERTMANAGER_PORT": "1"]
            ports[variable] = "\(server.port)"
            let result = try Program.run("/bin/bash", [Self.script], environment: ports)
            #expect(result.status == 1)
            #expect(result.errors == "port \(server.port) of 127.0.0.1 is taken: set \(variable) to a free one\n")
            #expect(result.output.isEmpty)
        }
        #expect(server.stop() == 0)
    }

    @Test(
        .enabled("Debian's prometheus, prometheus-alertmanager or curl is not installed") {
            ["prometheus", "promtool", "prometheus-alertmanager", "amtool", "curl"].allSatisfy {
                Program.exists("/usr/bin/" + $0)
            }
        }
    )
    func `the script ends with an alert in Alertmanager`() throws {
        let result = try Program.run(
            "/bin/bash",
            [Self.script],
            environment: [
                "TIDEMARK": Program.tidemark, "TIDEMARK_PORT": "\(try freePort())",
                "PROMETHEUS_PORT": "\(try freePort())", "ALERTMANAGER_PORT": "\(try freePort())",
            ]
        )
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("\"rejected\":0"))
        #expect(result.output.contains("campaign_clicks_total{"))
        let last = result.output.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("ManyClicks") && last.contains("active"), "\(result.output)")
    }
}
