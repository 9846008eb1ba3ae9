// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Tidemark

struct `A file of events` {
    private let directory: TemporaryDirectory
    private let store: MetricsStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try MetricsStore.open(directory)
    }

    private func file(_ text: some Sequence<UInt8>, _ name: String = "events") throws -> String {
        let path = directory.path + "/" + name
        try writeBytes(text, to: path)
        return path
    }

    private func ingest(
        _ path: String,
        format: EventFormat = .auto,
        mapping: EventMapping? = nil
    ) throws -> (report: IngestReport, rejects: [Reject]) {
        var rejects: [Reject] = []
        let report = try store.ingest(file: path, format: format, mapping: mapping, onReject: { rejects.append($0) })
        #expect(report.rejected == rejects.count)
        #expect(report.errors == Array(rejects.prefix(IngestReport.mostErrors)))
        return (report, rejects)
    }

    @Test func `of 200,000 lines counts what a dictionary counts, and nothing the second time`() throws {
        let ids = 0..<200_000
        let path = try file(clicks(ids, campaign: { $0 % 1_009 }).utf8)
        var seen = (bytes: 0, events: 0)
        let report = try store.ingest(file: path) { _ in
        } progress: { bytes, events in
            #expect(bytes >= seen.bytes && events >= seen.events)
            seen = (bytes, events)
        }
        #expect(report.accepted == 200_000 && report.rejected == 0 && report.duplicates == 0)
        #expect(seen.bytes == (try FileManager.default.attributesOfItem(atPath: path))[.size] as? Int)
        #expect(store.totals == clickTotals(ids, campaign: { $0 % 1_009 }))
        #expect(try store.ingest(file: path).duplicates == 200_000)
        try store.close()
        let reopened = try MetricsStore.open(directory)
        #expect(reopened.totals == clickTotals(ids, campaign: { $0 % 1_009 }))
        #expect(try reopened.ingest(file: path).duplicates == 200_000)
        #expect(reopened.totals == clickTotals(ids, campaign: { $0 % 1_009 }))
        try reopened.close()
    }

    @Test func `tells the line of each reject, over many pieces`() throws {
        var text: [UInt8] = []
        var bad: [Int] = []
        var random = SeededRandom(for: "rejected lines")
        for line in 1...40_000 {
            if random.chance(0.5) || line == 1 || line == 40_000 {
                bad.append(line)
                text += "{\"type\":\"click\",\"time\":\"yesterday\"}\n".utf8
            } else if random.chance(1) {
                text += "\r\n".utf8
            } else {
                text += clicks([line]).utf8
            }
        }
        #expect(text.count > 2 << 20, "several pieces")
        let (report, rejects) = try ingest(try file(text))
        #expect(rejects.map(\.line) == bad)
        #expect(rejects.allSatisfy { $0.reason == .badTime })
        #expect(report.rejectedByReason == [.badTime: bad.count])
    }

    @Test func `that is empty, or has no event in it, is no error`() throws {
        let mapping = try EventMapping("columns: {campaign: a}\nemit: [{type: click}]", file: "m.yml")
        #expect(try ingest(try file([])).report == IngestReport())
        #expect(try ingest(try file([]), format: .json).report == IngestReport())
        #expect(try ingest(try file([]), format: .csv, mapping: mapping).report == IngestReport())
        #expect(try ingest(try file("\n \r\n\n".utf8)).report == IngestReport())
        #expect(try ingest(try file("[]".utf8)).report == IngestReport())
        #expect(try ingest(try file("a,b\n".utf8), format: .csv, mapping: mapping).report == IngestReport())
    }

    @Test func `may end without a line feed, begin with a byte order mark, and have Windows line ends`() throws {
        let lines = clicks(0..<3)
        #expect(try ingest(try file(lines.dropLast().utf8)).report.accepted == 3)
        #expect(try ingest(try file([0xEF, 0xBB, 0xBF] + Array(lines.utf8))).report.duplicates == 3)
        #expect(try ingest(try file(lines.replacing("\n", with: "\r\n").utf8)).report.duplicates == 3)
        #expect(try ingest(try file(Array(lines.utf8) + [0x20])).report.duplicates == 3)
    }

    @Test func `may be a JSON array or one object over several lines`() throws {
        let array = "[" + clicks(0..<3000).split(separator: "\n").joined(separator: ",\n") + "]"
        #expect(try ingest(try file(array.utf8)).report.accepted == 3_000)
        let pretty = "{\n \"type\": \"click\",\n \"id\": \"x\",\n \"campaign\": \"p\"\n}\n"
        #expect(try ingest(try file(pretty.utf8)).report.accepted == 1)
        let (report, rejects) = try ingest(
            try file("[\n{\"type\":\"click\"},\n{\"type\":\"click\",\"time\":true}\n]".utf8)
        )
        #expect(report.accepted == 1 && rejects.map(\.line) == [3])
    }

    @Test func `may be CSV in many pieces, with rows across their edges and line feeds in quotes`() throws {
        let mapping = try EventMapping(
            "columns: {campaign: name, cost: price}\nid: [_row]\nemit: [{type: click}, {type: spend, when: {paid: yes}}]",
            file: "m.yml"
        )
        var text = "name,price,paid,note\n"
        var spend = 0
        var badLines: [Int] = []
        var line = 2
        for row in 0..<70_000 {
            let isPaid = row % 3 == 0
            if row % 10_007 == 5 {
                badLines.append(line)
                text += "short,row\n"
                line += 1
            } else {
                spend += isPaid ? 2 : 1
                text += "\"c\"\"\(row % 7)\",0.01,\(isPaid ? "yes" : "no"),\"two\nlines \(row)\"\n"
                line += 2
            }
        }
        #expect(text.utf8.count > 2 << 20)
        let (report, rejects) = try ingest(try file(text.utf8, "rows.csv"), mapping: mapping)
        #expect(report.accepted == spend)
        #expect(rejects.map(\.line) == badLines && rejects.allSatisfy { $0.reason == .malformed })
        let total = store.totals.filter { $0.key.hasPrefix("spend_total") }.values.reduce(0, +)
        #expect(total == Int128(spend) * 10_000)
        #expect(try ingest(directory.path + "/rows.csv", mapping: mapping).report.duplicates == spend)
        let error = #expect(throws: MetricsStoreError.self) {
            try store.ingest(file: directory.path + "/rows.csv", format: .csv)
        }
        #expect(error?.code == .invalidMapping && error?.message.contains("rows.csv") == true)
    }

    @Test func `that is missing, a directory, or not to be read is one clear error`() throws {
        for path in [directory.path + "/missing", directory.path] {
            let error = #expect(throws: MetricsStoreError.self) { try store.ingest(file: path) }
            #expect(error?.code == .io)
            #expect(error?.description.hasPrefix(path + ": ") == true && error?.description.contains("\n") == false)
        }
        #expect(store.health == .healthy)
        #expect(try store.submit(clicks([1])).wait().accepted == 1)
    }

    @Test func `may be a pipe that gives small pieces`() throws {
        let path = directory.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let text = Array(clicks(0..<30_000).utf8)
        let writer = Background {
            let descriptor = open(path, O_WRONLY)
            var offset = 0
            var random = SeededRandom(seed: 5)
            while offset < text.count {
                let count = min(text.count - offset, 1 + random.below(5_000))
                let written = text[offset...].withUnsafeBytes { write(descriptor, $0.baseAddress, count) }
                guard written > 0 else { break }
                offset += written
            }
            close(descriptor)
        }
        #expect(try store.ingest(file: path).accepted == 30_000)
        try writer.value()
        #expect(store.totals == clickTotals(0..<30_000))
    }

    /// Whether a text is NDJSON is seen from its whole first line, not from what a pipe happens to give first.
    @Test(arguments: ["{\"type\":\"click\",", "{", "{\"type\":\"click\",\"id\":\"0\",\"extra\":{"])
    func `may be a pipe whose first piece ends inside the first line`(start: String) throws {
        let path = directory.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let first =
            start == "{" ? "\"type\":\"click\",\"id\":\"0\"}\n" : start.hasSuffix("{") ? "}}\n" : "\"id\":\"0\"}\n"
        let rest = first + "{\"type\":\"click\n" + clicks(1..<100)
        let writer = Background {
            let descriptor = open(path, O_WRONLY)
            for text in [start, rest] {
                _ = text.withCString { write(descriptor, $0, text.utf8.count) }
                // The next piece comes when the reader has taken this one.
                var waiting: Int32 = 1
                while waiting > 0, ioctl(descriptor, UInt(FIONREAD), &waiting) == 0 {}
            }
            close(descriptor)
        }
        let (report, rejects) = try ingest(path)
        try writer.value()
        #expect(report.accepted == 100)
        #expect(rejects.map(\.line) == [2], "a faulty line of NDJSON costs one line")
    }

    @Test(arguments: [false, true])
    func `in a pipe that pauses is committed up to the pause`(isCSV: Bool) throws {
        let path = directory.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let mapping = try EventMapping("columns: {id: n, campaign: c}\nemit: [{type: click}]", file: "m.yml")
        let texts =
            isCSV
            ? ["n,c\n0,c0\n1,c1\n", "2,c2\n"] : [clicks(0..<2, campaign: { $0 }), clicks([2], campaign: { $0 })]
        let writer = Background { [store] in
            let descriptor = open(path, O_WRONLY)
            for (text, wanted) in zip(texts, [["c0", "c1"], ["c0", "c1", "c2"]]) {
                _ = text.withCString { write(descriptor, $0, text.utf8.count) }
                // Nothing more is written until what was is in the totals.
                func missing() -> [String] {
                    let totals = store.totals
                    return wanted.filter { totals["clicks_total{campaign=\"\($0)\"}"] != 1 }
                }
                let end = ContinuousClock.now + .seconds(30)
                while !missing().isEmpty, ContinuousClock.now < end {
                    _ = store.monitor.wait(atMostMilliseconds: 10) { _ in nil as Void? }
                }
                #expect(missing() == [])
            }
            close(descriptor)
        }
        #expect(try ingest(path, mapping: isCSV ? mapping : nil).report.accepted == 3)
        try writer.value()
    }

    @Test func `goes on when definitions are reloaded under it`() throws {
        let path = try file(clicks(0..<60_000).utf8)
        var reloads = 0
        let report = try store.ingest(file: path) { _ in
        } progress: { [store] _, _ in
            // Pieces of the old definitions are being decoded now.
            reloads += 1
            #expect(throws: Never.self) { try store.reload(definitions: [MetricDefinition].campaigns.reversed()) }
        }
        #expect(reloads > 2)
        #expect(report.accepted == 60_000)
        #expect(store.totals == clickTotals(0..<60_000))
    }
}
