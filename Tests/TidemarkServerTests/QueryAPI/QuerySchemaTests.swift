// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// Every answer against Prometheus's own description of its API.
@Suite struct QuerySchemaTests {
    /// The document, beside the package when it is there.
    private static let document: String = {
        var path = #filePath as NSString
        for _ in 0..<5 { path = path.deletingLastPathComponent as NSString }
        return path.appendingPathComponent("shared/conformance/openapi/openapi_3.1_golden.yaml")
    }()

    private static let canValidate =
        FileManager.default.fileExists(atPath: document)
        && (try? run(["-c", "import jsonschema, yaml"], input: ""))?.status == 0

    @Test(.enabled("the document, python3-jsonschema or python3-yaml is not there") { canValidate })
    func `answers have the shapes that Prometheus's OpenAPI document gives`() async throws {
        let now = StoppedClock().now.milliseconds
        let series = InMemorySeries()
        series.add(["__name__": "up", "job": "api"], [(now - 30_000, 1)])
        // Not the string: of it the document says that its time is a text, which Prometheus does not send either.
        let paths = [
            "query?query=1", "query?query=up&stats=all", "query?query=up[5m]",
            "query_range?query=up&start=\(now / 1_000 - 60)&end=\(now / 1_000)&step=15&stats=true",
            "query_range?query=nothing&start=1&end=2&step=1", "query_exemplars?query=up", "format_query?query=up",
            "labels", "label/job/values", "series?match[]=up", "metadata", "rules", "alerts", "alertmanagers",
            "status/buildinfo", "status/runtimeinfo", "status/flags", "status/config", "status/tsdb", "query",
            "query?query=up&limit=x", "series",
        ]
        let input = try await withServer(FakeStore(series: series), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                try paths.map { path in
                    let answer = try client.request("GET", "/api/v1/" + path)
                    return "\(path)\t\(answer.status)\t\(answer.text)\n"
                }
                .joined()
            }
        }
        let result = try Self.run(["-c", Self.script, Self.document], input: input)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("\(paths.count) answers"), "\(result.output)")
    }

    private static let script = """
        import json, sys, yaml, jsonschema
        document = yaml.safe_load(open(sys.argv[1]))
        failed = count = 0
        for line in sys.stdin:
            target, status, body = line.rstrip("\\n").split("\\t", 2)
            path = "/" + target.split("?")[0]
            if path.startswith("/label/"): path = "/label/{name}/values"
            responses = document["paths"][path]["get"]["responses"]
            answer = responses.get(status) or responses["default"]
            schema = {**answer["content"]["application/json"]["schema"], "components": document["components"]}
            count += 1
            for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(body)):
                failed += 1
                print(target, status, error.message[:300], list(error.absolute_path))
        print(count, "answers")
        sys.exit(1 if failed else 0)
        """

    private static func run(_ arguments: [String], input: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let folder = FileManager.default.temporaryDirectory.appending(path: "tidemark-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try input.write(to: folder.appending(path: "in"), atomically: true, encoding: .utf8)
        try "".write(to: folder.appending(path: "out"), atomically: true, encoding: .utf8)
        process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: "in"))
        let output = try FileHandle(forWritingTo: folder.appending(path: "out"))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: folder.appending(path: "out"), encoding: .utf8))
    }
}
