// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// Against a server that answers as a test says.
@Suite struct `A sender of remote write` {
    private static let start: Int64 = 1_772_366_400_000
    private let directory: TemporaryDirectory
    private let clock = MovedClock()
    private let series = InMemorySeries()
    private let pauses = Pauses()
    private let log = RecordedLog()

    init() throws { directory = try TemporaryDirectory() }

    private func sender(
        _ receiver: AlertReceiver,
        bounds: WriteWindow.Bounds? = nil,
        _ configure: (inout RemoteWriteSettings) -> Void = { _ in }
    ) throws -> RemoteWriteSender {
        var settings = RemoteWriteSettings(name: "peer", url: receiver.url + "/api/v1/write")
        settings.settle = .zero
        configure(&settings)
        let series = series
        return try RemoteWriteSender(
            settings,
            source: .init(view: { series }, clock: clock, slot: 15_000),
            cursors: RemoteWriteCursors(path: directory.path + "/remote-write.json"),
            bounds: bounds,
            waiting: pauses.waiting,
            logger: log.logger
        )
    }

    /// Series m0, m1 … with a sample at each of some slots behind the start.
    private func add(series count: Int, slots: ClosedRange<Int64>) {
        for number in 0..<count {
            series.add(["__name__": "m\(number)"], slots.map { (Self.start + $0 * 15_000, Double($0)) })
        }
    }

    private func messages(_ receiver: AlertReceiver) throws -> [WriteRequest] {
        try receiver.requests.map { try $0.message() }
    }

    @Test func `posts compressed messages with the headers of the protocol`() async throws {
        let receiver = try AlertReceiver()
        let sender = try sender(receiver) { $0.externalLabels = ["site": "a", "job": "ours"] }
        series.add(["__name__": "up", "job": "b"], [(Self.start + 15_000, 1)])
        series.add(
            ["__name__": "down"],
            [(Self.start + 15_000, .nan), (Self.start + 20_000, SampleColumns.staleMarker)]
        )
        clock.advance(.seconds(30))
        try await sender.sendAll()
        let request = try #require(receiver.requests.first)
        #expect(receiver.requests.count == 1 && request.method == "POST" && request.path == "/api/v1/write")
        #expect(request.headers["content-type"] == "application/x-protobuf")
        #expect(request.headers["content-encoding"] == "snappy")
        #expect(request.headers["x-prometheus-remote-write-version"] == "0.1.0")
        #expect(request.headers["user-agent"]?.hasPrefix("Tidemark/") == true)
        #expect(
            try request.message().samples == [
                .init(
                    labels: ["__name__": "down", "job": "ours", "site": "a"],
                    milliseconds: Self.start + 15_000,
                    bits: 0x7FF8_0000_0000_0001
                ),
                .init(
                    labels: ["__name__": "down", "job": "ours", "site": "a"],
                    milliseconds: Self.start + 20_000,
                    bits: 0x7FF0_0000_0000_0002
                ),
                .init(
                    labels: ["__name__": "up", "job": "b", "site": "a"],
                    milliseconds: Self.start + 15_000,
                    bits: (1.0).bitPattern
                ),
            ]
        )
        let statistics = sender.statistics
        #expect(statistics.sent == 3 && statistics.failed == 0 && statistics.lag == 0)
        #expect(statistics.highestSent?.milliseconds == Self.start + 20_000)
    }

    @Test func `waits for slots to settle`() async throws {
        let receiver = try AlertReceiver()
        let sender = try sender(receiver) { $0.settle = .seconds(60) }
        add(series: 1, slots: 0...8)
        clock.advance(.seconds(74))
        try await sender.sendAll()
        #expect(receiver.requests.isEmpty)
        clock.advance(.seconds(1))
        try await sender.sendAll()
        #expect(try messages(receiver).flatMap(\.samples).map(\.milliseconds) == [Self.start + 15_000])
    }

    @Test func `sends windows in order, and the samples of a series in the order of time`() async throws {
        let receiver = try AlertReceiver()
        let sender = try sender(receiver, bounds: .init(samples: 12, slot: 15_000)) { $0.batchSamples = 5 }
        add(series: 3, slots: 1...20)
        clock.advance(.seconds(300))
        try await sender.sendAll()
        let messages = try messages(receiver)
        #expect(messages.map(\.count) == Array(repeating: [5, 5, 2], count: 5).flatMap { $0 })
        let samples = messages.flatMap(\.samples)
        #expect(Set(samples).count == 60 && samples.count == 60)
        for number in 0..<3 {
            let times = samples.filter { $0.labels["__name__"] == "m\(number)" }.map(\.milliseconds)
            #expect(times == (1...20).map { Self.start + $0 * 15_000 })
        }
        #expect(sender.statistics.sent == 60 && sender.statistics.lag == 0)
    }

    @Test func `tries again for ever, from 30 ms doubling up to 5 s, and in order`() async throws {
        let failures = (0..<6).flatMap { _ in [AlertReceiver.Answer.status(500), .status(503)] } + [.reset, .reset]
        let receiver = try AlertReceiver(failures)
        let sender = try sender(receiver) { $0.batchSamples = 1 }
        add(series: 2, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        #expect(
            pauses.taken.map(\.milliseconds) == [
                30, 60, 120, 240, 480, 960, 1_920, 3_840, 5_000, 5_000, 5_000, 5_000, 5_000,
            ]
        )
        // The connection was used before: libcurl tries the first loss of it again by itself.
        let names = try messages(receiver).flatMap(\.samples).map { $0.labels["__name__"] }
        #expect(names == Array(repeating: "m0", count: 15) + ["m1"])
        #expect(sender.statistics.retries == 13 && sender.statistics.sent == 2 && sender.statistics.failed == 0)
        let told = log.lines.filter { $0.contains("samples cannot be delivered") }
        #expect(told.count == 1 && log.lines.contains { $0.contains("samples are delivered again") }, "\(log.lines)")
    }

    @Test func `does as Retry-After says`() async throws {
        let receiver = try AlertReceiver([.status(429, headers: ["Retry-After": "17"])])
        let sender = try sender(receiver)
        add(series: 1, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        #expect(pauses.taken == [.seconds(17)] && sender.statistics.sent == 1)
    }

    @Test func `passes over what is refused, and tells it once`() async throws {
        let receiver = try AlertReceiver([.status(404, body: "no such\npath"), .status(404, body: "not here")])
        let sender = try sender(receiver) { $0.batchSamples = 1 }
        add(series: 3, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        #expect(receiver.requests.count == 3 && pauses.taken.isEmpty)
        #expect(sender.statistics.failed == 2 && sender.statistics.sent == 1)
        let told = log.lines.filter { $0.contains("samples were refused") }
        #expect(told.count == 1 && told[0].contains("HTTP status 404: no such path"), "\(told)")
    }

    @Test func `loses one sample, not the request, when one is refused`() async throws {
        // m5 of eight is bad: halves 4-7, 4-5 and 5 are refused.
        let bad = AlertReceiver.Answer.status(400, body: "out of order sample")
        let receiver = try AlertReceiver([bad, .ok, bad, bad, .ok, bad])
        let sender = try sender(receiver)
        add(series: 8, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        let sizes = try messages(receiver).map(\.count)
        #expect(sizes == [8, 4, 4, 2, 1, 1, 2])
        #expect(sender.statistics.sent == 7 && sender.statistics.failed == 1)
    }

    @Test func `does not try for long what is refused as a whole`() async throws {
        let receiver = try AlertReceiver(Array(repeating: .status(400, body: "too old"), count: 400))
        let sender = try sender(receiver) { $0.batchSamples = 100 }
        add(series: 400, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        #expect(receiver.requests.count == 65 + 3 * 3)
        #expect(sender.statistics.failed == 400 && sender.statistics.sent == 0)
    }

    @Test func `sends version 2, and believes what the answer says was written`() async throws {
        func written(_ count: Int) -> [String: String] { ["X-Prometheus-Remote-Write-Samples-Written": "\(count)"] }
        let receiver = try AlertReceiver([.status(204, headers: written(2)), .status(400, headers: written(1))])
        let sender = try sender(receiver) {
            $0.version = .v2
            $0.batchSamples = 2
        }
        add(series: 4, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        let requests = receiver.requests
        #expect(requests.count == 2)
        #expect(
            requests.allSatisfy {
                $0.headers["content-type"] == "application/x-protobuf;proto=io.prometheus.write.v2.Request"
                    && $0.headers["x-prometheus-remote-write-version"] == "2.0.0"
            }
        )
        #expect(try messages(receiver).map(\.count) == [2, 2])
        #expect(sender.statistics.sent == 3 && sender.statistics.failed == 1)
    }

    @Test(arguments: [AlertReceiver.Answer.status(415), .status(204)])
    func `falls back to version 1 where version 2 is not known`(answer: AlertReceiver.Answer) async throws {
        let receiver = try AlertReceiver([answer])
        let sender = try sender(receiver) { $0.version = .v2 }
        add(series: 2, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        #expect(
            receiver.requests.map { $0.headers["x-prometheus-remote-write-version"] ?? "" } == ["2.0.0", "0.1.0"]
        )
        #expect(try messages(receiver).map(\.count) == [2, 2])
        #expect(sender.statistics.sent == 2 && sender.statistics.failed == 0)
    }

    @Test func `keeps and drops by metric name`() async throws {
        let receiver = try AlertReceiver()
        let sender = try sender(receiver) {
            $0.matchers = [
                (try? LabelMatcher("__name__", .matches, "m[0-5]")),
                try? LabelMatcher("__name__", .doesNotMatch, "m[1-4]"),
            ].compactMap { $0 }
        }
        add(series: 8, slots: 1...1)
        clock.advance(.seconds(15))
        try await sender.sendAll()
        #expect(try messages(receiver).flatMap(\.samples).map { $0.labels["__name__"] } == ["m0", "m5"])
    }

    @Test func `begins where it is told to, once`() async throws {
        let receiver = try AlertReceiver()
        add(series: 1, slots: 1...4)
        clock.advance(.seconds(60))
        let from = Timestamp(milliseconds: Self.start + 30_000)
        try await sender(receiver) { $0.from = from }.sendAll()
        try await sender(receiver) { $0.from = from }.sendAll()
        #expect(
            try messages(receiver).flatMap(\.samples).map(\.milliseconds)
                == [30_000, 45_000, 60_000].map { Self.start + $0 }
        )
    }

    @Test func `does not begin anew when the file of cursors is broken`() throws {
        let path = directory.path + "/remote-write.json"
        try writeBytes(#"{"version":1,"receivers":{"peer":"x"}}"#.utf8, to: path)
        let error = #expect(throws: NotifyError.self) { try RemoteWriteCursors(path: path) }
        #expect(error?.description.hasPrefix(path) == true)
    }

    @Test func `ends at once while its receiver does not answer`() async throws {
        // However often it tries before it is broken off.
        let receiver = try AlertReceiver(Array(repeating: .hang, count: 1_000))
        let sender = try sender(receiver)
        add(series: 1, slots: 1...1)
        clock.advance(.seconds(15))
        try sender.start()
        _ = try await receiver.requests(atLeast: 1)
        sender.breakOff()
        try await onThread { sender.waitForEnd(atMost: .seconds(300)) }
        #expect(sender.statistics.sent == 0 && sender.statistics.lag == 15_000)
    }
}
