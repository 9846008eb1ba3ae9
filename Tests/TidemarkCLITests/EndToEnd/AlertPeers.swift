// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A running Prometheus that scrapes a Tidemark and evaluates rule files.
final class ScrapingPrometheus {
    let port: UInt16
    private let process = Process()
    /// What ends it when it is closed: by us, or by the end of this process, whatever that is.
    private let life = Pipe()
    private let log: String

    /// Starts one and waits until it is ready.
    ///
    /// - Parameters:
    ///   - target: port of the Tidemark.
    ///   - interval: between two evaluations.
    ///   - scrapes: between two scrapes.
    ///   - folder: for its files; storage is `tsdb` in it.
    ///   - scrapesItself: it is a second target, as job `self`.
    ///   - more: sections of its configuration.
    init(
        target: UInt16,
        rules: [String],
        interval: String,
        scrapes: String = "1s",
        folder: String,
        scrapesItself: Bool = false,
        more: String = ""
    ) async throws {
        port = try freePort()
        log = folder + "/prometheus.log"
        let files = rules.map { "\"\($0)\"" }.joined(separator: ", ")
        let own = scrapesItself ? #"  - {job_name: self, static_configs: [{targets: ["127.0.0.1:\#(port)"]}]}"# : ""
        let configuration = """
            global:
              scrape_interval: \(scrapes)
              scrape_timeout: \(scrapes)
              evaluation_interval: \(interval)
              external_labels: {site: a}
            rule_files: [\(files)]
            scrape_configs:
              - job_name: tidemark
                static_configs: [{targets: ["127.0.0.1:\(target)"]}]
            \(own)
            \(more)

            """
        try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        try Data().write(to: URL(filePath: log))
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", #"exec 3<&0; { read -r line; kill $$; } <&3 & exec "$@" < /dev/null 3<&-"#, "sh",
            "/usr/bin/prometheus",
            "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb",
            "--web.listen-address=127.0.0.1:\(port)", "--web.external-url=http://metrics.example.com",
        ]
        process.standardInput = life
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
        try process.run()
        let port = port
        try await waitUntil("Prometheus is ready", atMost: 300) {
            PlainHTTP.send("GET", "/-/ready", port: port)?.status == 200
        }
    }

    /// What it said, for a failure's message.
    var errors: String {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
            .filter { !$0.contains("level=info") }.suffix(20).joined(separator: "\n")
    }

    deinit {
        try? life.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// Asks five times a second until there is an answer; fails when there is none after so many seconds. Other programs
/// do not say when they are ready.
func waitFor<Value>(
    _ what: String,
    atMost seconds: Int = 300,
    _ ask: () throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try ask() { return value }
        if ContinuousClock.now > deadline { throw ServerProcess.Failure("not within \(seconds) s: \(what)") }
        try await Task.sleep(for: .milliseconds(200))
    }
}

/// The same for a question of yes and no.
func waitUntil(_ what: String, atMost seconds: Int, _ isSo: () throws -> Bool) async throws {
    _ = try await waitFor(what, atMost: seconds) { try isSo() ? true : nil }
}

/// An alert as `/api/v1/alerts` has it.
struct AlertState: Hashable {
    let labels: [String: String]
    let annotations: [String: String]
    let state: String
    /// Unix seconds.
    let activeAt: Double

    var name: String { labels["alertname"] ?? "" }
    var isFiring: Bool { state == "firing" }

    /// All that are pending or firing.
    static func current(_ port: UInt16) throws -> [AlertState] {
        let alerts = try data("/api/v1/alerts", port: port) as? [String: Any]
        return try (alerts?["alerts"] as? [[String: Any]] ?? []).map { alert in
            guard let labels = alert["labels"] as? [String: String], let state = alert["state"] as? String,
                let text = alert["activeAt"] as? String, let time = unixSeconds(text)
            else { throw ServerProcess.Failure("an alert in another form: \(alert)") }
            let annotations = alert["annotations"] as? [String: String] ?? [:]
            return AlertState(labels: labels, annotations: annotations, state: state, activeAt: time)
        }
    }

    /// RFC 3339 with any fraction.
    private static func unixSeconds(_ text: String) -> Double? {
        let whole = text.prefix(19) + "Z"
        guard let date = ISO8601DateFormatter().date(from: String(whole)) else { return nil }
        return date.timeIntervalSince1970 + (Double("0" + text.dropFirst(19).prefix { $0 == "." || $0.isNumber }) ?? 0)
    }
}

/// A span in which a series had a sample at every evaluation, and its last value.
struct SampleSpan: Equatable {
    var start: Double
    var end: Double
    var value: Double

    /// The spans of series since a time, by the series' labels as text.
    ///
    /// - Parameter gap: seconds without a sample that end a span.
    static func all(_ selector: String, seconds: Int, gap: Double, port: UInt16) throws -> [String: [SampleSpan]] {
        let query = "\(selector)[\(seconds)s]".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let data = try data("/api/v1/query?query=\(query)", port: port) as? [String: Any]
        var result: [String: [SampleSpan]] = [:]
        for element in data?["result"] as? [[String: Any]] ?? [] {
            let labels = element["metric"] as? [String: String] ?? [:]
            var spans: [SampleSpan] = []
            for pair in element["values"] as? [[Any]] ?? [] {
                guard let time = pair.first as? Double, let text = pair.last as? String, let value = Double(text)
                else { throw ServerProcess.Failure("a sample in another form: \(pair)") }
                if let last = spans.last, time - last.end <= gap {
                    spans[spans.count - 1].end = time
                    spans[spans.count - 1].value = value
                } else {
                    spans.append(SampleSpan(start: time, end: time, value: value))
                }
            }
            result[labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")] = spans
        }
        return result
    }
}

/// The values of an instant query's answer.
func instantValues(_ query: String, port: UInt16) throws -> [Double] {
    try instantVector(query, port: port).map(\.value)
}

/// An instant query's answer: labels and values.
///
/// - Parameter time: in Unix seconds; now when nil.
func instantVector(
    _ query: String,
    at time: Double? = nil,
    port: UInt16
) throws -> [(labels: [String: String], value: Double)] {
    let text = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let time = time.map { "&time=\($0)" } ?? ""
    let data = try data("/api/v1/query?query=\(text)\(time)", port: port) as? [String: Any]
    return (data?["result"] as? [[String: Any]] ?? []).compactMap { element in
        guard let text = (element["value"] as? [Any])?.last as? String, let value = Double(text) else { return nil }
        return (element["metric"] as? [String: String] ?? [:], value)
    }
}

/// The data of an answer of the query API.
private func data(_ path: String, port: UInt16) throws -> Any? {
    guard let answer = PlainHTTP.send("GET", path, port: port), answer.status == 200 else {
        throw ServerProcess.Failure("no answer of port \(port) to \(path)")
    }
    return (try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])?["data"]
}
