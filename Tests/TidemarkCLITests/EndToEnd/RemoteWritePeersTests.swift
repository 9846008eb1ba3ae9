// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import Testing

/// Real receivers of remote write: Debian's Prometheus and VictoriaMetrics, where they are installed.
@Suite(.serialized) struct RemoteWritePeersTests {
    private static let prometheus = "/usr/bin/prometheus"
    private static let victoriaMetrics = "/usr/bin/victoria-metrics"

    /// A program with a port of its own, ended with this object.
    private final class Peer {
        let port: UInt16
        private let process = Process()

        init(_ program: String, port: UInt16, _ arguments: [String]) throws {
            self.port = port
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        /// Ends it with SIGKILL, or as it likes to be ended.
        func end(with signal: Int32 = SIGKILL) {
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
        }

        deinit {
            if process.isRunning { end() }
        }
    }

    private static func prometheus(in folder: String, port: UInt16) throws -> Peer {
        try "global: {}\n".write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        return try Peer(
            prometheus,
            port: port,
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
            ]
        )
    }

    /// Fifty minutes of clicks that end now, in which series come and go.
    private static func events(until now: Int) -> String {
        var lines: [String] = []
        for minute in stride(from: -50, through: 0, by: 1) {
            for campaign in 0..<6 where (minute + 60) % (campaign + 1) == 0 {
                let time = now + minute * 60 - campaign
                let fields = #""campaign":"c\#(campaign) é","device":"mobile","cost":0.0\#(campaign + 1)"#
                lines.append(#"{"type":"click","id":"\#(minute) \#(campaign)","time":\#(time),\#(fields)}"#)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test(.enabled(if: Program.exists(prometheus), "Debian's prometheus is not installed"))
    func `a Prometheus that comes late gets everything, through kills on both sides, and its values are ours`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try freePort()
        try check(in: folder, port: port, ending: SIGKILL) { try Self.prometheus(in: folder, port: port) }
    }

    @Test(.enabled(if: Program.exists(victoriaMetrics), "Debian's victoria-metrics is not installed"))
    func `a VictoriaMetrics that comes late gets everything, and its values are ours`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try freePort()
        // It keeps what it has answered for in memory for some seconds.
        try check(in: folder, port: port, ending: SIGTERM) {
            try Peer(
                Self.victoriaMetrics,
                port: port,
                ["-storageDataPath=\(folder)/vm", "-httpListenAddr=127.0.0.1:\(port)", "-search.latencyOffset=0s"]
            )
        }
    }

    /// Tidemark sends to a port nobody listens on yet, is killed and started again; then the peer comes, and is killed and
    /// started again, too.
    private func check(in folder: String, port: UInt16, ending signal: Int32, _ start: () throws -> Peer) throws {
        let now = Int(Date().timeIntervalSince1970)
        let first = now - 55 * 60
        let configuration = """
            remote_write:
              - {name: peer, url: "http://127.0.0.1:\(port)/api/v1/write", settle: 1s, from: "\(first)", keep: campaign_(clicks|spend)_total, batch_samples: 500}
            """
        try configuration.write(toFile: folder + "/tidemark.yml", atomically: true, encoding: .utf8)
        let arguments = ["--config", folder + "/tidemark.yml"]
        // What comes before anything is sent is sent as it is; what comes behind the cursor would be late.
        var server = try ServerProcess(data: folder + "/data")
        let answer = try #require(
            PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: Self.events(until: now))
        )
        #expect(answer.status == 200, "\(answer.body)")
        server.kill()
        server = try ServerProcess(data: folder + "/data", arguments: arguments)
        var peer = try start()
        // Each is killed in the middle of what there is to send, or behind it.
        wait(milliseconds: 700)
        server.kill()
        server = try ServerProcess(data: folder + "/data", arguments: arguments)
        wait(milliseconds: 300)
        peer.end(with: signal)
        peer = try start()
        let end = now - now % 15
        try waitUntil("it has caught up") {
            let page = PlainHTTP.send("GET", "/metrics", port: server.port)?.body ?? ""
            let sent = samples(page)["tidemark_remote_write_highest_sent_timestamp_seconds{destination=\"peer\"}"]
            return (sent ?? 0) >= Double(end)
        }
        var theirs: [String: [String]] = [:]
        let ours = try ranges(from: first, to: end, port: server.port)
        #expect(ours.count == 12 && ours.values.reduce(0) { $0 + $1.count } > 2_000)
        // VictoriaMetrics shows what it has taken a moment later.
        try? waitUntil("its values are ours") {
            theirs = try ranges(from: first, to: end, port: peer.port)
            return theirs == ours
        }
        #expect(Set(theirs.keys) == Set(ours.keys))
        for (labels, values) in ours where theirs[labels] != values {
            let other = theirs[labels] ?? []
            Issue.record(
                "\(labels): \(values.count) and \(other.count), \(Set(values).symmetricDifference(other).sorted().prefix(4))"
            )
        }
        #expect(server.stop() == 0)
        withExtendedLifetime(peer) {}
    }

    // MARK: - Questions

    /// Times and values of all series, by their labels, read as raw samples: of a range vector, both answer with what they
    /// have.
    private func ranges(from start: Int, to end: Int, port: UInt16) throws -> [String: [String]] {
        let query = #"{__name__=~"campaign_(clicks|spend)_total"}[\#(end - start)s]"#
        let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        guard let answer = PlainHTTP.send("GET", "/api/v1/query?query=\(escaped)&time=\(end)", port: port),
            answer.status == 200,
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any],
            let data = json["data"] as? [String: Any], let result = data["result"] as? [[String: Any]]
        else { return [:] }
        var series: [String: [String]] = [:]
        for element in result {
            guard let labels = element["metric"] as? [String: String], let values = element["values"] as? [[Any]] else {
                continue
            }
            let name = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            series[name] = values.compactMap { pair in
                guard let time = pair.first as? Double, let text = pair.last as? String, let value = Double(text),
                    time > Double(start)
                else { return nil }
                return "\(Int(time * 1_000)) \(value)"
            }
        }
        return series
    }

    private func wait(milliseconds: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
    }

    private func waitUntil(_ what: String, _ holds: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(40)
        while ContinuousClock.now < deadline {
            if try holds() { return }
            wait(milliseconds: 100)
        }
        throw ServerProcess.Failure("not in time: \(what)")
    }
}
