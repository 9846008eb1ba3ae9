// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Rules
import Testing
import Tidemark
import TidemarkServer
import Yams

@testable import TidemarkCLI

/// What stands in `deploy/` is what the binary has, and what the programs around it take.
@Suite struct DeployFilesTests {
    private static let folder = Program.packageRoot + "/deploy/"

    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: folder + path, encoding: .utf8)
    }

    /// Every file of `deploy/`, by its path below it.
    private static func files() throws -> [(path: String, text: String)] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().compactMap { path in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder + path, isDirectory: &isFolder), !isFolder.boolValue
            else { return nil }
            return (path, try text(path))
        }
    }

    // MARK: - What the binary has

    /// The arguments of Tidemark, as each file has them.
    private static func commandLines() throws -> [String: [String]] {
        let compose = try Yams.load(yaml: try text("compose.yaml")) as? [String: Any]
        let service = (compose?["services"] as? [String: Any])?["tidemark"] as? [String: Any]
        let instructions = try text("Dockerfile").split(separator: "\n")
        let command = try #require(instructions.last { $0.hasPrefix("CMD ") }).dropFirst(4)
        let start = try #require(
            try text("systemd/tidemark.service").split(separator: "\n").first { $0.hasPrefix("ExecStart=") }
        )
        var container: [String: Any]?
        for object in try Yams.load_all(yaml: try text("kubernetes/tidemark.yaml")) {
            let object = object as? [String: Any]
            guard object?["kind"] as? String == "StatefulSet" else { continue }
            let template = (object?["spec"] as? [String: Any])?["template"] as? [String: Any]
            container = ((template?["spec"] as? [String: Any])?["containers"] as? [[String: Any]])?.first
        }
        return [
            "compose.yaml": try #require(service?["command"] as? [String]),
            "Dockerfile": try #require(try JSONSerialization.jsonObject(with: Data(command.utf8)) as? [String]),
            "tidemark.service": start.split(separator: " ").dropFirst().map { String($0) },
            "kubernetes/tidemark.yaml": try #require(container?["args"] as? [String]),
        ]
    }

    @Test func `every command line is taken by the binary`() throws {
        for (file, arguments) in try Self.commandLines() {
            #expect(arguments.first == "serve", "\(file)")
            #expect(throws: Never.self, "\(file)") { _ = try TidemarkCommand.parseAsRoot(arguments) as? ServeCommand }
        }
        // The test can fail: a flag that is none is not taken.
        #expect(throws: (any Error).self) { try TidemarkCommand.parseAsRoot(["serve", "--no-such-flag"]) }
    }

    @Test func `every configuration file is read`() throws {
        for path in ["tidemark.yml", "systemd/tidemark.yml"] {
            let settings = try ServeSettings(yaml: try Self.text(path), file: path)
            // Links in alerts lead to where people are, and nothing is dropped to make room unless somebody has asked.
            #expect(settings.ruleSettings.externalURL == "http://localhost:9590", "\(path)")
            #expect(settings.options.retention.leastFreeBytes == nil, "\(path)")
        }
        // What is there as a comment is read, too.
        let proposed = try Self.text("systemd/tidemark.yml").split(separator: "\n")
            .map { $0.firstMatch(of: /^# ([a-z_]+: .+)/).map { String($0.output.1) } ?? String($0) }
            .joined(separator: "\n")
        let settings = try ServeSettings(yaml: proposed, file: "tidemark.yml", folder: "/etc/tidemark/")
        #expect(settings.server.enablesAdminAPI)
        #expect(settings.backupFolder.hasPrefix("/var/lib/tidemark/"))
        #expect(settings.options.retention.leastFreeBytes == 512 << 20)
        #expect(settings.rules.last == "/etc/tidemark/rules/*.yml")
        var configurations = 0
        for object in try Yams.load_all(yaml: try Self.text("kubernetes/tidemark.yaml")) {
            let data = (object as? [String: Any])?["data"] as? [String: String]
            guard let yaml = data?["tidemark.yml"] else { continue }
            configurations += 1
            let settings = try ServeSettings(yaml: yaml, file: "tidemark.yml")
            #expect(settings.webConfig == "/etc/tidemark/web/web.yml")
            #expect(settings.options.retention.leastFreeBytes == nil)
        }
        #expect(configurations == 1)
    }

    @Test func `every port is one that somebody listens on`() throws {
        let own = ServerConfiguration().listen.port
        // Prometheus, Alertmanager, Grafana; and those of deploy/first-steps, out of the way of what runs already.
        let known: Set<Int> = [own, 9090, 9093, 3000, 10_000 + own, 19_090, 19_093]
        var found: Set<Int> = []
        for (path, text) in try Self.files() {
            for match in text.matches(of: /(?::|[Pp]ort: |EXPOSE |[_-])(\d{4,5})\b/) {
                let port = try #require(Int(match.output.1))
                // What else follows a colon: users, sizes.
                guard (1_024...49_151).contains(port), port != 8192 else { continue }
                #expect(known.contains(port), "\(path): \(port)")
                found.insert(port)
            }
        }
        #expect(found == known)
    }

    @Test func `every path and metric is served`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "tokens: []".write(toFile: folder + "/tokens.yml", atomically: true, encoding: .utf8)
        let server = try ServerProcess(
            data: folder + "/data",
            arguments: [
                "--alertmanager", "http://127.0.0.1:\(try freePort())", "--tokens", folder + "/tokens.yml",
            ]
        )
        // The first answered request is counted on the next page.
        #expect(PlainHTTP.send("GET", "/-/ready", port: server.port)?.status == 200)
        let page = try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body
        let families = Set(
            page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) }
        )
        #expect(families.contains("campaign_clicks_total"))
        var (paths, metrics) = (0, 0)
        for (path, text) in try Self.files() where path != "demo" {
            for match in text.matches(
                of: /(?:\s|:\d+|GET |POST |\$port)(\/(?:-\/[a-z]+|metrics|federate|api\/v1\/[a-z_\/]+))\b/
            ) {
                let answer = try #require(PlainHTTP.send("GET", String(match.output.1), port: server.port))
                #expect(answer.status != 404, "\(path): \(match.output.1)")
                paths += 1
            }
            for match in text.matches(
                of: /\b((?:tidemark|campaign|model)_[a-z_]+_(?:total|seconds|bytes|info|successful)|tidemark_up)\b/
            ) {
                #expect(families.contains(String(match.output.1)), "\(path): \(match.output.1)")
                metrics += 1
            }
        }
        #expect(paths > 5)
        #expect(metrics > 3)
        #expect(server.stop() == 0)
    }

    @Test(
        .enabled("dpkg or readelf is not there") {
            Program.exists("/usr/bin/dpkg") && Program.exists("/usr/bin/readelf")
        }
    )
    func `the image has the libraries that the binary needs`() throws {
        let dockerfile = try Self.text("Dockerfile")
        let runtime = try #require(dockerfile.components(separatedBy: "FROM debian").last)
        let needed = try Program.run("/usr/bin/readelf", ["-d", Program.tidemark]).output
            .matches(of: /NEEDED.*\[(.+)\]/).map { String($0.output.1) }
        #expect(needed.count > 5)
        // libc and what comes with every Debian; Swift's own are linked into the image's binary.
        let given: Set<String> = ["libc6", "libgcc-s1"]
        for library in needed where !library.hasPrefix("libswift") {
            let owner = try Program.run("/usr/bin/dpkg", ["-S", "*/" + library])
            guard owner.status == 0 else { continue }
            let package = String(owner.output.prefix { $0 != ":" })
            if given.contains(package) { continue }
            #expect(runtime.matches(of: /[a-z0-9+.-]+/).contains { $0.output == package }, "\(library): \(package)")
        }
        // What is built with is what `make` installs.
        let setup = try String(contentsOfFile: Program.packageRoot + "/.ci/setup", encoding: .utf8)
        let packages = try #require(setup.firstMatch(of: /build=\((.+?)\)/)).output.1.split(separator: " ")
        let build = try #require(dockerfile.components(separatedBy: "FROM debian").first)
        for package in packages { #expect(build.contains(package), "\(package)") }
    }

    /// Whether Docker sends a file to the build: the last pattern that matches it, or a folder that it is in, decides.
    private static func isSent(_ path: String, past patterns: [String]) -> Bool {
        let parts = path.split(separator: "/")
        var isSent = true
        for pattern in patterns {
            let wanted = pattern.drop { $0 == "!" }.split(separator: "/")
            let isAbout = wanted.count <= parts.count && zip(wanted, parts).allSatisfy { $0 == "*" || $0 == $1 }
            if isAbout { isSent = pattern.hasPrefix("!") }
        }
        return isSent
    }

    @Test func `what the sources link to is in the image's build`() throws {
        let build = try #require(try Self.text("Dockerfile").components(separatedBy: "FROM debian").first)
        let copied = build.matches(of: /\nCOPY ([^ \n]+) ([^ \n]+)/)
        let patterns = try Self.text("Dockerfile.dockerignore").split(separator: "\n").map { String($0) }
        let root = Program.packageRoot + "/"
        // Where a folder has its own path in the image, links between such folders lead where they do here.
        let folders = copied.filter { $0.output.1 == $0.output.2 }.map { String($0.output.1) + "/" }
        func isThere(_ path: String) -> Bool {
            Program.exists(root + path) && folders.contains { path.hasPrefix($0) } && Self.isSent(path, past: patterns)
        }
        var links = 0
        for path in try FileManager.default.subpathsOfDirectory(atPath: root + "Sources") {
            let link = "Sources/" + path
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: root + link) else { continue }
            var parts = link.split(separator: "/").dropLast()
            for part in target.split(separator: "/") {
                if part == ".." { _ = parts.popLast() } else { parts.append(part) }
            }
            #expect(!target.hasPrefix("/") && isThere(parts.joined(separator: "/")), "\(link) leads to \(target)")
            links += 1
        }
        #expect(links > 10)
        #expect(isThere("rules/alerts/tidemark.yml"))
        // The test can fail.
        #expect(!isThere("docs/deploy.md"))
        #expect(!isThere("grafana/generate"))
    }

    @Test func `the steps for systemd install what the image has`() throws {
        let runtime = try #require(try Self.text("Dockerfile").components(separatedBy: "FROM debian").last)
        let image = try #require(runtime.firstMatch(of: /--no-install-recommends ([^&]+)&&/)).output.1
        let docs = try String(contentsOfFile: Program.packageRoot + "/docs/deploy.md", encoding: .utf8)
        let steps = try #require(docs.firstMatch(of: /\napt-get install ([^\n]+)/)).output.1
        let packages = Set(image.matches(of: /[a-z0-9][a-z0-9+.-]+/).map { String($0.output) })
        #expect(packages.count > 5)
        #expect(Set(steps.split(separator: " ").map { String($0) }) == packages)
    }

    // MARK: - What the others take

    /// The alerting rules of a file.
    private static func alerts(_ path: String) throws -> [[String: Any]] {
        let text = try String(contentsOfFile: Program.packageRoot + path, encoding: .utf8)
        let groups = (try Yams.load(yaml: text) as? [String: Any])?["groups"] as? [[String: Any]] ?? []
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }.filter { $0["alert"] != nil }
    }

    @Test func `every alert from outside says what it is and has a runbook`() throws {
        let alerts = try Self.alerts("/deploy/tidemark-alerts.yml")
        #expect(alerts.count == 6)
        for alert in alerts {
            let name = try #require(alert["alert"] as? String)
            let annotations = try #require(alert["annotations"] as? [String: String])
            for key in ["summary", "description"] { #expect(annotations[key]?.isEmpty == false, "\(name): \(key)") }
            let page = "/docs/runbooks/\(name).md"
            #expect(annotations["runbook_url"]?.hasSuffix(page) == true, "\(name)")
            let runbook = try String(contentsOfFile: Program.packageRoot + page, encoding: .utf8)
            for heading in ["# \(name)\n", "\n## Confirm\n", "\n## Find the cause\n", "\n## Act\n"] {
                #expect(runbook.contains(heading), "\(name): \(heading)")
            }
        }
    }

    @Test func `an inhibition reaches the alerts that it is about`() throws {
        let alertmanager = try Yams.load(yaml: try Self.text("alertmanager.yml")) as? [String: Any]
        let rules = try #require(alertmanager?["inhibit_rules"] as? [[String: Any]])
        #expect(rules.count == 2)
        let outside = try Self.alerts("/deploy/tidemark-alerts.yml").compactMap { $0["alert"] as? String }
        let own = try Self.alerts("/rules/alerts/tidemark.yml").compactMap { $0["alert"] as? String }
        for rule in rules {
            let matcher = try #require((rule["target_matchers"] as? [String])?.first)
            let pattern = try Regex(String(matcher.dropFirst("alertname=~".count + 1).dropLast()))
            func reached(_ names: [String]) -> Int { names.filter { $0.wholeMatch(of: pattern) != nil }.count }
            // What Tidemark says of itself has no instance: nothing of it would be equal.
            let isByInstance = rule["equal"] as? [String] == ["instance"]
            #expect(reached(outside) == (isByInstance ? 4 : 0), "\(matcher)")
            #expect(reached(own) == (isByInstance ? 0 : 2), "\(matcher)")
        }
    }

    @Test(.enabled("promtool is not installed") { Program.exists("/usr/bin/promtool") })
    func `one destination that is not told is told of, whatever became of what it was to be told`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func series(_ destination: String, _ result: String, _ values: String) -> String {
            let labels = #"instance="a",destination="\#(destination)",result="\#(result)""#
            return "{series: 'tidemark_notifications_total{\(labels)}', values: \(values)}"
        }
        let test = """
            rule_files: [\(Self.folder)tidemark-alerts.yml]
            evaluation_interval: 1m
            tests:
              - interval: 1m
                input_series:
                  - \(series("pager", "sent", "0+9x60"))
                  - \(series("pager", "failed", "0x60"))
                  - \(series("pager", "dropped", "0x20 10x40"))
                  - \(series("other", "failed", "0x60"))
                promql_expr_test:
                  - expr: count by (destination) (ALERTS{alertname="TidemarkNotificationsFailing",alertstate="firing"})
                    eval_time: 20m
                    exp_samples: []
                  - expr: count by (destination) (ALERTS{alertname="TidemarkNotificationsFailing",alertstate="firing"})
                    eval_time: 28m
                    exp_samples: [{labels: '{destination="pager"}', value: 1}]
                  - expr: count by (destination) (ALERTS{alertname="TidemarkNotificationsFailing",alertstate="firing"})
                    eval_time: 50m
                    exp_samples: []
            """
        try test.write(toFile: folder + "/test.yml", atomically: true, encoding: .utf8)
        let tested = try Program.run("/usr/bin/promtool", ["test", "rules", folder + "/test.yml"])
        #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
    }

    @Test(
        .enabled("promtool or amtool is not installed") {
            Program.exists("/usr/bin/promtool") && Program.exists("/usr/bin/amtool")
        }
    )
    func `promtool and amtool have no complaint`() throws {
        for (tool, arguments) in [
            ("promtool", ["check", "config", Self.folder + "prometheus.yml"]),
            ("promtool", ["check", "rules", Self.folder + "tidemark-alerts.yml"]),
            ("amtool", ["check-config", Self.folder + "alertmanager.yml"]),
        ] {
            let checked = try Program.run("/usr/bin/" + tool, arguments)
            #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
        }
    }

    @Test(.enabled("systemd is not installed") { Program.exists("/usr/bin/systemd-analyze") })
    func `systemd takes the unit, and finds little that it may do`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let unit = try Self.text("systemd/tidemark.service")
            .replacingOccurrences(of: "/usr/bin/tidemark", with: Program.tidemark)
        let path = folder + "/tidemark.service"
        try unit.write(toFile: path, atomically: true, encoding: .utf8)
        let verified = try Program.run("/usr/bin/systemd-analyze", ["verify", path])
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(!verified.errors.contains("Unknown"), "\(verified.errors)")
        // Of 100, tenths of systemd's own measure; what serves others with the system's own limits is at 96.
        let security = try Program.run(
            "/usr/bin/systemd-analyze",
            ["security", "--offline=yes", "--threshold=20", path]
        )
        #expect(security.status == 0, "\(security.output.suffix(200))")
    }

    @Test func `what is open to others is said to be`() throws {
        let compose = try #require(try Yams.load(yaml: try Self.text("compose.yaml")) as? [String: Any])
        let services = try #require(compose["services"] as? [String: [String: Any]])
        #expect(Set(services.keys) == ["tidemark", "prometheus", "alertmanager", "grafana"])
        let volumes = try #require(compose["volumes"] as? [String: Any])
        for (name, service) in services {
            for port in service["ports"] as? [String] ?? [] {
                #expect(port.hasPrefix("127.0.0.1:"), "\(name): \(port)")
            }
            #expect(service["cap_drop"] as? [String] == ["ALL"], "\(name)")
            if name == "tidemark" { #expect(service["tmpfs"] as? [String] == ["/tmp"]) }
            for volume in service["volumes"] as? [String] ?? [] {
                let source = String(volume.prefix { $0 != ":" })
                if source.hasPrefix(".") {
                    #expect(Program.exists(Self.folder + source), "\(name): \(source)")
                } else {
                    #expect(volumes.keys.contains(source), "\(name): \(source)")
                }
            }
        }
        let dockerfile = try Self.text("Dockerfile")
        #expect(dockerfile.contains("\nUSER 65534:65534\n"))
        #expect(
            dockerfile.components(separatedBy: "\nFROM ").count == 3,
            "it is built in one stage and runs in another"
        )
        let sources = try #require(
            try Yams.load(yaml: try Self.text("grafana-datasources.yaml")) as? [String: Any]
        )
        let text = try String(
            contentsOfFile: Program.packageRoot + "/grafana/provisioning/datasources/tidemark.yml",
            encoding: .utf8
        )
        let provisioned = (try Yams.load(yaml: text) as? [String: Any])?["datasources"] as? [[String: Any]] ?? []
        let list = try #require(sources["datasources"] as? [[String: Any]])
        for source in list {
            let host = URL(string: source["url"] as? String ?? "")?.host()
            #expect(services[host ?? ""] != nil, "\(source)")
        }
        // A dashboard's link names a source: it is called the same here as where Grafana was there before.
        #expect(provisioned.count == 2)
        for source in provisioned {
            #expect(source["isDefault"] as? Bool == false)
            let same = list.first { $0["uid"] as? String == source["uid"] as? String }
            #expect(same?["name"] as? String == source["name"] as? String, "\(source)")
        }
    }
}
