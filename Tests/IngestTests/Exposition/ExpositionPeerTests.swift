// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import TimeSeries

@testable import Ingest

/// Runs a program with a text on standard input; its exit code and what it printed, or nil when it is not installed.
private func run(_ arguments: [String], input: [UInt8] = []) throws -> (code: Int32, output: String)? {
    let path = "\(NSTemporaryDirectory())tidemark-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(input).write(to: URL(filePath: path))
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: path))
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus == 127 { return nil }
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

@Suite struct `Written for other programs` {
    private static let hasPromtool = (try? run(["promtool", "--version"]))?.code == 0
    private static let hasClient =
        (try? run(["python3", "-c", "import prometheus_client.openmetrics.parser"]))?.code == 0

    /// 40 series of an hour each, and one of every other kind.
    private static let metrics: [WrittenMetric] = {
        let start: Int64 = 1_700_000_000_123
        let times = (0..<240).map { start + Int64($0) * 15_000 }
        return [
            WrittenMetric(
                name: "clicks_total",
                help: "Clicks \\ \"all\"\n.",
                type: .counter,
                series: (0..<40).map { index in
                    (
                        ["campaign": "c\(index)", "device": "mobile \"\\\n é"], times,
                        times.indices.map { Double($0 * index) }
                    )
                }
            ),
            WrittenMetric(
                name: "ratio",
                type: .gauge,
                series: [([:], times, times.indices.map { 1 / Double($0 + 1) })]
            ),
            WrittenMetric(
                name: "wait_bucket",
                type: .histogram,
                series: [(["le": "+Inf"], times, times.map { _ in 3 })]
            ),
            WrittenMetric(name: "wait_count", type: .histogram, series: [([:], times, times.map { _ in 3 })]),
        ]
    }()

    @Test(.enabled(if: hasPromtool, "promtool is not installed"))
    func `promtool makes blocks of it, with every sample`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tidemark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "export.om")
        try Data(try openMetrics(Self.metrics)).write(to: file)
        let made = try #require(
            try run(["promtool", "tsdb", "create-blocks-from", "openmetrics", file.path, "\(folder.path)/data"])
        )
        #expect(made.code == 0, "\(made.output)")

        // Prometheus opens no folder without a write-ahead log.
        try FileManager.default.createDirectory(
            at: folder.appending(path: "data/wal"),
            withIntermediateDirectories: true
        )
        let dump = try #require(try run(["promtool", "tsdb", "dump", "\(folder.path)/data"]))
        #expect(dump.code == 0, "\(dump.output)")
        let lines = dump.output.split(separator: "\n").filter { $0.hasPrefix("{") }
        #expect(lines.count == Self.metrics.reduce(0) { $0 + $1.series.reduce(0) { $0 + $1.values.count } })
        #expect(
            lines.contains {
                $0.contains(#"__name__="clicks_total", campaign="c39""#) && $0.hasSuffix("9321 1700003585123")
            }
        )
        #expect(lines.contains { $0.hasPrefix(#"{__name__="ratio"} 0.3333333333333333 1700000030123"#) })
    }

    @Test(.enabled(if: hasClient, "prometheus_client is not installed"))
    func `prometheus_client parses it`() throws {
        let program = """
            import sys
            from prometheus_client.openmetrics.parser import text_fd_to_metric_families as parse
            for family in parse(sys.stdin):
                print(family.name, family.type, len(family.samples), repr(family.documentation))
            """
        let parsed = try #require(try run(["python3", "-c", program], input: try openMetrics(Self.metrics)))
        #expect(
            parsed.output == #"""
                clicks counter 9600 'Clicks \\ "all"\n.'
                ratio gauge 240 ''
                wait_bucket unknown 240 ''
                wait_count unknown 240 ''

                """#
        )
        var random = SeededRandom(for: "prometheus_client parses random metrics")
        for _ in 0..<10 {
            let text = try openMetrics(randomMetrics(plain: true, using: &random))
            let parsed = try #require(try run(["python3", "-c", program], input: text))
            #expect(parsed.code == 0, "\(parsed.output) of \(String(decoding: text, as: UTF8.self))")
        }
    }
}
