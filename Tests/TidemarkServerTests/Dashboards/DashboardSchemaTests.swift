// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TidemarkServer

/// The JSON is Grafana's, and comes from the source beside it.
@Suite struct DashboardSchemaTests {
    private static let canValidate = (try? DashboardFiles.python(["-c", "import jsonschema, yaml"]).status) == 0

    private static let validate = """
        import json, sys, jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for path in sys.argv[2:]:
            for error in validator.iter_errors(json.load(open(path))):
                best = jsonschema.exceptions.best_match([error])
                print(path, list(best.absolute_path), best.message[:200])
        """

    private static func faults(_ paths: [String]) throws -> String {
        let schema = DashboardFiles.root + "/grafana/dashboard.schema.json"
        let result = try DashboardFiles.python(["-c", validate, schema] + paths)
        #expect(result.status == 0, "\(result.output)")
        return result.output
    }

    @Test(.enabled("python3-jsonschema is not there") { canValidate })
    func `every dashboard has the schema`() throws {
        let files = DashboardFiles.names.map { "\(DashboardFiles.root)/grafana/dashboards/\($0).json" }
        #expect(try Self.faults(files).isEmpty)
    }

    @Test(.enabled("python3-jsonschema is not there") { canValidate })
    func `the schema notices what Grafana would not understand`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tidemark-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let damages: [(inout JSONTree) -> Void] = [
            { $0["title"] = JSONTree(5) },
            { $0["schemaVersion"] = JSONTree(12) },
            { $0["colour"] = JSONTree("red") },
            { $0["panels"][1]["type"] = JSONTree("graph") },
            { $0["panels"][1]["targets"][0]["expression"] = JSONTree("up") },
            { $0["panels"][1]["gridPos"]["w"] = JSONTree(0) },
            { $0["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] = JSONTree("-Inf") },
            { $0["templating"]["list"][1]["refresh"] = JSONTree("always") },
        ]
        var paths: [String] = []
        for (index, damage) in damages.enumerated() {
            var tree = try DashboardFiles.tree("campaigns")
            damage(&tree)
            let file = folder.appending(path: "\(index).json")
            try tree.data.write(to: file)
            paths.append(file.path)
        }
        let output = try Self.faults(paths)
        for path in paths { #expect(output.contains(path), "\(path) passes") }
    }

    @Test func `the files are what the source makes`() throws {
        let folder = NSTemporaryDirectory() + "tidemark-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try DashboardFiles.python([DashboardFiles.root + "/grafana/generate", folder])
        #expect(made.status == 0, "\(made.output)")
        for name in DashboardFiles.names {
            let fresh = try String(contentsOfFile: "\(folder)/\(name).json", encoding: .utf8)
            let file = try String(
                contentsOfFile: "\(DashboardFiles.root)/grafana/dashboards/\(name).json",
                encoding: .utf8
            )
            #expect(fresh == file, "\(name).json is old: run grafana/generate")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == DashboardFiles.names.count)
    }

    @Test(.enabled("python3-yaml is not there") { canValidate })
    func `Grafana is told where to read from, and where the dashboards are`() throws {
        let script = """
            import sys, yaml
            sources = yaml.safe_load(open(sys.argv[1] + "/datasources/tidemark.yml"))
            providers = yaml.safe_load(open(sys.argv[1] + "/dashboards/tidemark.yml"))
            assert sources["apiVersion"] == 1 and providers["apiVersion"] == 1
            assert [(s["name"], s["type"], s["url"], s["isDefault"]) for s in sources["datasources"]] == [
                ("Prometheus with Tidemark", "prometheus", "http://localhost:9090", False),
                ("Tidemark", "prometheus", "http://localhost:9590", False)]
            for source in sources["datasources"]:
                assert source["jsonData"]["timeInterval"] == "\(DashboardQuery.sampleInterval)s" and source["jsonData"]["httpMethod"] == "POST"
            assert [p["type"] for p in providers["providers"]] == ["file"] and providers["providers"][0]["options"]["path"]
            """
        let result = try DashboardFiles.python(["-c", script, DashboardFiles.root + "/grafana/provisioning"])
        #expect(result.status == 0, "\(result.output)")
    }
}
