// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

/// A stock Prometheus with the same samples is asked the same questions.
@Suite(.serialized) struct PrometheusAgreementTests {
    private static let prometheus = "/usr/bin/prometheus"
    private static let promtool = "/usr/bin/promtool"

    /// A series of an answer: its labels as text, and its samples by time.
    private typealias Answer = [String: [Int64: Double]]

    @Test(.enabled(if: Program.exists(prometheus), "Debian's prometheus is not installed"))
    func `random queries of every kind have the same answers as in a Prometheus`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seed = UInt64.random(in: 0...UInt64.max)
        print("agreement with Prometheus: seed \(seed)")
        try AgreementData.openMetrics(seed: seed).write(toFile: folder + "/data.om", atomically: true, encoding: .utf8)
        let blocks = try Program.run(
            Self.promtool,
            ["tsdb", "create-blocks-from", "openmetrics", folder + "/data.om", folder + "/tsdb"]
        )
        #expect(blocks.status == 0, "\(blocks.errors)")
        let imported = try Program.run(
            Program.tidemark,
            ["import", "--data", folder + "/data", folder + "/data.om"]
        )
        #expect(imported.status == 0, "\(imported.errors)")
        let server = try ServerProcess(data: folder + "/data")
        let peer = try PrometheusProcess(folder: folder, storage: folder + "/tsdb")

        var generator = QueryGenerator(seed: seed)
        var asked = 0
        var refused = 0
        var series = 0
        var samples = 0
        for number in 0..<400 {
            let query = generator.query()
            let isRange = number % 2 == 0
            let path = Self.path(query, isRange: isRange, number: number)
            let ours = try Self.ask(server.port, path)
            let theirs = try Self.ask(peer.port, path)
            asked += 1
            guard let expected = theirs else {
                refused += 1
                #expect(ours == nil, "Prometheus refuses \(query), we do not")
                continue
            }
            guard let found = ours else {
                Issue.record("we refuse \(query), Prometheus does not")
                continue
            }
            series += expected.count
            samples += expected.values.reduce(0) { $0 + $1.count }
            let difference = Self.difference(found, expected)
            #expect(difference == nil, "\(query) as \(path): \(difference ?? "")")
        }
        print("\(asked) queries, \(refused) refused by both, \(series) series, \(samples) samples the same")
        #expect(asked - refused >= 300 && samples > 10_000)
    }

    /// Times are half seconds and windows whole ones: no sample, and no step of a subquery, lies on an edge.
    private static func path(_ query: String, isRange: Bool, number: Int) -> String {
        let text = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let last = AgreementData.end / 1_000 - 400
        let time = last - Int64(number % 37) * 61
        return isRange
            ? "/api/v1/query_range?query=\(text)&start=\(time - 1_800).5&end=\(time).5&step=\(30 + number % 5 * 17)"
            : "/api/v1/query?query=\(text)&time=\(time).5"
    }

    /// Nil when the query is refused.
    private static func ask(_ port: UInt16, _ path: String) throws -> Answer? {
        let answer = try #require(PlainHTTP.send("GET", path, port: port))
        guard answer.status == 200 else { return nil }
        let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        let data = try #require(json?["data"] as? [String: Any])
        if let pair = data["result"] as? [Any], let sample = sample(pair) { return ["scalar": [sample.0: sample.1]] }
        var result: Answer = [:]
        for element in try #require(data["result"] as? [[String: Any]]) {
            let labels = (element["metric"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }
            let pairs = element["values"] as? [[Any]] ?? [element["value"] as? [Any] ?? []]
            let name = labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            #expect(result[name] == nil, "a series is in the answer once")
            result[name] = Dictionary(uniqueKeysWithValues: pairs.compactMap(sample))
        }
        return result
    }

    private static func sample(_ pair: [Any]) -> (Int64, Double)? {
        guard pair.count == 2, let time = pair[0] as? Double, let text = pair[1] as? String else { return nil }
        let value = text == "+Inf" ? Double.infinity : text == "-Inf" ? -.infinity : Double(text)
        return value.map { (Int64((time * 1_000).rounded()), $0) }
    }

    /// The first thing in which they differ by more than 1e-9 of the value.
    private static func difference(_ ours: Answer, _ theirs: Answer) -> String? {
        if Set(ours.keys) != Set(theirs.keys) {
            return "series \(Set(ours.keys).symmetricDifference(theirs.keys).sorted().prefix(4))"
        }
        for (name, samples) in theirs {
            let found = ours[name] ?? [:]
            if Set(found.keys) != Set(samples.keys) {
                return "\(name): times \(Set(found.keys).symmetricDifference(samples.keys).sorted().prefix(4))"
            }
            for (time, value) in samples {
                let other = found[time] ?? .nan
                let isSame =
                    value == other || value.isNaN && other.isNaN
                    || (value - other).magnitude <= 1e-9 * max(value.magnitude, other.magnitude, 1e-3)
                if !isSame { return "\(name) at \(time): \(other), in Prometheus \(value)" }
            }
        }
        return nil
    }
}

/// A running Prometheus that scrapes nothing.
final class PrometheusProcess {
    let port: UInt16
    private let process = Process()

    /// Starts one over a directory of blocks and waits until it is ready.
    init(folder: String, storage: String) throws {
        port = try freePort()
        let configuration = folder + "/prometheus.yml"
        try "global: {}\n".write(toFile: configuration, atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: "/usr/bin/prometheus")
        process.arguments = [
            "--config.file=\(configuration)", "--storage.tsdb.path=\(storage)", "--storage.tsdb.retention.time=100y",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            if PlainHTTP.send("GET", "/-/ready", port: port)?.status == 200 { return }
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.1)
        }
        throw ServerProcess.Failure("Prometheus is not ready")
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }
}
