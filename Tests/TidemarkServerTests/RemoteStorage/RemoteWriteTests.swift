// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestSupport
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

private let path = "/api/v1/write"
/// 2026-03-01T12:00:00Z, where the clock stands.
private let now: Int64 = 1_772_366_400_000

/// Requests over HTTP into a real store, and what can be read afterwards.
struct RemoteWriteTests {
    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `samples are stored bit for bit, and sending them again changes nothing`(
        version: RemoteWriteVersion
    ) async throws {
        let values: [Double] = [1.5, -0.0, .infinity, -.infinity, .nan, Double(bitPattern: 0x7FF0_0000_0000_0002), 0]
        try await withStore { store, server in
            let request = Request(version)
                .series(
                    ["__name__": "a_total", "job": "x"],
                    values.enumerated().map { (now - 60_000 + Int64($0), $1) }
                )
                .series(["__name__": "b", "n": "1"], [(now, 2)])
            for _ in 0..<2 {
                let answer = try await request.post(to: server)
                #expect(answer.status == 204 && answer.text.isEmpty, "\(answer.text)")
                let header = answer.headers["x-prometheus-remote-write-samples-written"]
                #expect(header == (version == .v2 ? "8" : nil))
            }
            let read = try store.read("a_total")
            #expect(read.map(\.labels) == [["__name__": "a_total", "job": "x"]])
            #expect(read.first?.values.map(\.bitPattern) == values.map(\.bitPattern))
        }
    }

    @Test func `what is no sample of a series is refused with its reason, and the rest is stored`() async throws {
        let cases: [(labels: [(String, String)], reason: String)] = [
            ([("job", "x")], "no __name__"), ([("__name__", "")], "no __name__"),
            ([("__name__", "a"), ("", "x")], "a label has no name"),
            ([("__name__", "a"), ("job", "x"), ("job", "y")], "label 'job' is there twice"),
            ([("__name__", "a"), ("__name__", "b")], "label '__name__' is there twice"),
        ]
        for version in [RemoteWriteVersion.v1, .v2] {
            for (labels, reason) in cases {
                try await withStore { store, server in
                    let answer = try await Request(version)
                        .series(raw: labels, [(now, 1)])
                        .series(["__name__": "good"], [(now, 7)])
                        .post(to: server)
                    #expect(answer.status == 400)
                    #expect(answer.text.contains(reason), "\(answer.text)")
                    if version == .v2 { #expect(answer.headers["x-prometheus-remote-write-samples-written"] == "1") }
                    #expect(try store.read("good").map(\.values) == [[7]])
                }
            }
        }
    }

    @Test func `times go on within a series, as in Prometheus`() async throws {
        try await withStore { store, server in
            func status(_ time: Int64, _ value: Double) async throws -> (Int, String) {
                let answer = try await Request(.v1).series(["__name__": "a"], [(time, value)]).post(to: server)
                return (answer.status, answer.text)
            }
            #expect(try await status(now, 1).0 == 204)
            #expect(try await status(now, 1).0 == 204)
            let other = try await status(now, 2)
            #expect(other.0 == 400 && other.1.contains("duplicate sample for timestamp"))
            #expect(try await status(now - 1, 1).0 == 400)
            let older = try await status(now - 1, 1)
            #expect(older.0 == 400 && older.1.contains("out of order sample"))
            let far = try await status(now + 3_600_000, 1)
            #expect(far.0 == 400 && far.1.contains("out of bounds"))
            #expect(try await status(now + 500_000, 3).0 == 204)
            #expect(try store.read("a").map(\.values) == [[1, 3]])
        }
    }

    @Test func `of a request that is sent again only what is new is added, and what differs is told`() async throws {
        try await withStore { store, server in
            func status(_ samples: [(Int64, Double)], _ labels: Labels = ["__name__": "a"]) async throws -> Int {
                try await Request(.v1).series(labels, samples).post(to: server).status
            }
            // Another series with the same name and more labels comes first.
            let statuses = [
                try await status([(now - 2, 9), (now, 9)], ["__name__": "a", "more": "x"]),
                try await status([(now - 2, 1), (now - 1, 2), (now, 3)]),
                try await status([(now - 2, 1), (now - 1, 2), (now, 3), (now + 1, 4)]),
                try await status([(now - 2, 1), (now - 1, 7), (now, 3)]),
                try await status([(now - 3, 1), (now - 1, 2), (now, 3)]),
            ]
            #expect(statuses == [204, 204, 204, 400, 400])
            #expect(try store.read("a").map(\.values) == [[1, 2, 3, 4], [9, 9]])
        }
    }

    @Test func `labels may come unsorted, empty ones are none, and names may be any text`() async throws {
        try await withStore { store, server in
            let answer = try await Request(.v1)
                .series(raw: [("job", "x"), ("__name__", "a"), ("b", "")], [(now, 1)])
                .series(raw: [("__name__", "a"), ("job", "x")], [(now + 1, 2)])
                .series(["__name__": "metric.with dots", "label.name": "ü"], [(now, 3)])
                .post(to: server)
            #expect(answer.status == 204, "\(answer.text)")
            #expect(try store.read("a").map(\.values) == [[1, 2]])
            #expect(
                try store.read("metric.with dots").map(\.labels) == [
                    ["__name__": "metric.with dots", "label.name": "ü"]
                ]
            )
        }
    }

    @Test func `an event metric's name is taken`() async throws {
        try await withStore { store, server in
            let answer = try await Request(.v1)
                .series(["__name__": "campaign_clicks_total"], [(now, 1)])
                .series(["__name__": "other"], [(now, 1)])
                .post(to: server)
            #expect(answer.status == 400)
            #expect(answer.text.contains("1 samples of names that are taken"), "\(answer.text)")
            #expect(try store.read("other").count == 1)
        }
    }

    @Test func `types and help come from metadata`() async throws {
        try await withStore { store, server in
            var first = Request(.v1)
            first.writer.describe(MetricFamily(samplesNamed: "seconds", help: "How long.", type: .histogram))
            #expect(try await first.post(to: server).status == 204)
            _ = try await Request(.v1).series(["__name__": "seconds_bucket", "le": "1"], [(now, 1)]).post(to: server)
            let family = MetricFamily(samplesNamed: "x", help: "What.", type: .gauge)
            let second = Request(.v2).series(["__name__": "two"], [(now, 1)], family)
            #expect(try await second.post(to: server).status == 204)
            let known = try store.view().metadata().filter { ["seconds_bucket", "two"].contains($0.name) }
            #expect(
                known.map { "\($0.name) \($0.type.name) \($0.help)" } == [
                    "seconds_bucket histogram How long.", "two gauge What.",
                ]
            )
        }
    }

    @Test func `native histograms are refused, and what is beside them is stored`() async throws {
        try await withStore { store, server in
            var histogram = MessageWriter()
            histogram.message(1, Request.label("__name__", "h"))
            histogram.message(4, MessageWriter())
            var message = MessageWriter()
            message.message(1, histogram)
            message.fields(Request.message1([("__name__", "a")], [(now, 1)]))
            let answer = try await post(message.bytes, to: server)
            #expect(answer.status == 400)
            #expect(answer.text.contains("1 native histograms"), "\(answer.text)")
            #expect(try store.read("a").map(\.values) == [[1]])
        }
    }

    @Test func `a series of version 2 has something`() async throws {
        try await withStore { _, server in
            let answer = try await Request(.v2).series(["__name__": "a"], []).post(to: server)
            #expect(answer.status == 400)
            #expect(answer.text.contains("neither samples nor histograms"), "\(answer.text)")
            #expect(try await Request(.v1).series(["__name__": "a"], []).post(to: server).status == 204)
            #expect(try await Request(.v1).post(to: server).status == 204)
        }
    }

    @Test func `other types, encodings and bodies get their status`() async throws {
        let good = Request(.v1).series(["__name__": "a"], [(now, 1)]).body
        let protobuf = "application/x-protobuf"
        try await withStore(configure: { $0.bodyLimit = 10_000 }) { _, server in
            let cases: [(headers: [String: String], body: [UInt8], status: Int)] = [
                (["Content-Type": "application/json"], good, 415), (["Content-Type": "image/png"], good, 415),
                ([:], good, 415), (["Content-Type": protobuf + ";proto=other.Message"], good, 415),
                (["Content-Type": protobuf, "Content-Encoding": "gzip"], good, 415),
                (["Content-Type": protobuf, "Content-Encoding": "deflate"], good, 415),
                (["Content-Type": protobuf, "Content-Encoding": "snappy"], Array("corrupt".utf8), 400),
                (["Content-Type": protobuf, "Content-Encoding": "snappy"], snappy([0x0A, 0x05, 1]), 400),
                (["Content-Type": protobuf], snappy(Array(repeating: 0x50, count: 20_000)), 413),
                (["Content-Type": protobuf], (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }, 413),
                (["Content-Type": protobuf + "; proto=prometheus.WriteRequest"], good, 204),
            ]
            for (headers, body, status) in cases {
                let answer = try await server.talk { try $0.request("POST", path, headers, body: body) }
                #expect(answer.status == status, "\(headers): \(answer.text)")
            }
            let bad = ["Content-Type": RemoteWriteVersion.v2.contentType]
            let answer = try await server.talk { try $0.request("POST", path, bad, body: [1, 2, 3]) }
            #expect(answer.status == 400)
            #expect(answer.headers["x-prometheus-remote-write-samples-written"] == "0")
            #expect(try await server.talk { try $0.request("GET", path) }.status == 405)
        }
    }

    @Test func `it is off unless it is asked for`() async throws {
        try await withServer(FakeStore()) { server in
            let answer = try await Request(.v1).series(["__name__": "a"], [(now, 1)]).post(to: server)
            #expect(answer.status == 404)
            #expect(answer.text.contains("--enable-remote-write-receiver"))
        }
    }

    @Test func `a closed store is 503, to be sent again`() async throws {
        try await withStore { store, server in
            try store.close()
            let answer = try await Request(.v2).series(["__name__": "a"], [(now, 1)]).post(to: server)
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] != nil)
            #expect(answer.headers["x-prometheus-remote-write-samples-written"] == "0")
        }
    }

    @Test func `many senders at once lose nothing, and the page tells how many samples there were`() async throws {
        try await withStore { store, server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<12 {
                    group.addTask {
                        for round in 0..<10 {
                            var request = Request(.v1)
                            for series in 0..<20 {
                                request = request.series(
                                    ["__name__": "m", "sender": "\(sender)", "n": "\(series)"],
                                    [(now + Int64(round), Double(round))]
                                )
                            }
                            let status = try await request.post(to: server).status
                            #expect(status == 204)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let read = try store.read("m")
            #expect(read.count == 240)
            #expect(read.allSatisfy { $0.values == (0..<10).map(Double.init) })
            let page = try await server.talk { try $0.request("GET", "/metrics") }.text
            #expect(page.contains(#"tidemark_remote_write_received_samples_total{result="written"} 2400"#))
        }
    }

    @Test func `a table of series that has grown too long is begun anew`() throws {
        let directory = try TemporaryDirectory()
        let store = try MetricsStore.open(at: directory.path, definitions: [], options: options)
        let open = OpenStore(store: store)
        let writer = RemoteWriter(
            metadata: RemoteMetadataTable(),
            mostSeries: 3,
            samples: open.sampleWriter,
            series: open.series
        )
        for round in 0..<4 {
            for series in 0..<5 {
                let request = Request(.v1).series(["__name__": "m", "n": "\(series)"], [(now + Int64(round), 1)])
                #expect(try writer.write(ByteBuffer(bytes: request.body), .v1, limit: 1_000).written == 1)
            }
        }
        #expect(try store.read("m").map(\.values.count) == Array(repeating: 4, count: 5))
        try store.close()
    }

    // MARK: - Requests

    private var options: StoreOptions {
        var options = StoreOptions()
        options.clock = StoppedClock()
        return options
    }

    private func withStore(
        configure: @escaping (inout ServerConfiguration) -> Void = { _ in },
        _ body: (MetricsStore, LiveServer) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let store = try MetricsStore.open(
            at: directory.path,
            definitions: MetricDefinition.shipped,
            options: options
        )
        try await withServer(
            OpenStore(store: store),
            configure: {
                $0.receivesRemoteWrite = true
                configure(&$0)
            }
        ) { try await body(store, $0) }
    }

    private func post(_ message: [UInt8], to server: LiveServer) async throws -> RawAnswer {
        try await server.talk {
            try $0.request("POST", path, ["Content-Type": "application/x-protobuf"], body: snappy(message))
        }
    }

    struct Request: Sendable {
        var writer: WriteRequestWriter

        init(_ version: RemoteWriteVersion) {
            writer = WriteRequestWriter(version)
        }

        func series(_ labels: Labels, _ samples: [(Int64, Double)], _ family: MetricFamily? = nil) -> Request {
            series(raw: labels.pairs.map { ($0.name, $0.value) }, samples, family)
        }

        func series(raw labels: [(String, String)], _ samples: [(Int64, Double)], _ family: MetricFamily? = nil)
            -> Request
        {
            var request = self
            let pairs = labels.map { Labels.Pair(name: $0.0, value: $0.1) }
            samples.map(\.0).withUnsafeBufferPointer { times in
                samples.map(\.1.bitPattern).withUnsafeBufferPointer { values in
                    request.writer.append(pairs, times: times, values: values, family: family)
                }
            }
            return request
        }

        static func label(_ name: String, _ value: String) -> MessageWriter {
            var label = MessageWriter()
            label.text(1, name)
            label.text(2, value)
            return label
        }

        static func message1(_ labels: [(String, String)], _ samples: [(Int64, Double)]) -> MessageWriter {
            var series = MessageWriter()
            for (name, value) in labels { series.message(1, label(name, value)) }
            for (time, value) in samples {
                var sample = MessageWriter()
                sample.double(1, bits: value.bitPattern)
                sample.varint(2, UInt64(bitPattern: time))
                series.message(2, sample)
            }
            var message = MessageWriter()
            message.message(1, series)
            return message
        }

        var body: [UInt8] { snappy(writer.finish()) }

        func post(to server: LiveServer) async throws -> RawAnswer {
            let headers = ["Content-Type": writer.version.contentType, "Content-Encoding": "snappy"]
            return try await server.talk { [body] in try $0.request("POST", path, headers, body: body) }
        }
    }
}

private func snappy(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { Array(Snappy.compress($0).readableBytesView) }
}

extension MetricsStore {
    /// All samples of a metric, series by series, ordered by labels.
    fileprivate func read(_ name: String) throws -> [(labels: Labels, values: [Double])] {
        let view = try view()
        let selection = SeriesSelection(
            [try LabelMatcher("__name__", .equal, name)],
            from: Timestamp(milliseconds: 0),
            through: Timestamp(milliseconds: now * 2)
        )
        let set = try view.select(selection)
        let columns = SampleColumns()
        return try (0..<set.count).map { index in
            columns.count = 0
            try set.read(index, into: columns)
            return (set.labels(index), Array(UnsafeBufferPointer(start: columns.values, count: columns.count)))
        }.sorted { $0.0 < $1.0 }
    }
}
