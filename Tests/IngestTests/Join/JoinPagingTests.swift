// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Records of joins that do not fit in memory` {
    private static let day: Int64 = 86_400_000
    private static let start: Int64 = 20_000 * day

    /// Joins of predictions and outcomes, and perhaps of clicks and orders, within three days.
    private static func schema(_ texts: [String] = ["model", "region"], withClicks: Bool = true) -> EventSchema {
        func metric(_ first: String, _ second: String, _ texts: [String]) -> [MetricDefinition] {
            let join = JoinDefinition(
                pair: first + " pair",
                result: first + " result",
                key: "key",
                first: .init(event: first, texts: texts.map { .init($0) }, numbers: [.init("score")]),
                second: .init(event: second, texts: [.init("label")], numbers: [.init("value")]),
                windowMilliseconds: 3 * day,
                waiting: .init(name: first + "_waiting", help: "A.", label: "model")
            )
            var sum = MetricDefinition(
                name: first + "_sum_total",
                help: "A.",
                events: [first + " pair"],
                labels: ["model"],
                join: join
            )
            sum.measure = PairMeasure(.absoluteError, ["score", "value"])
            let pairs = MetricDefinition(
                name: first + "_pairs_total",
                help: "A.",
                events: [first + " pair"],
                labels: ["model", "label"],
                join: join
            )
            let results = MetricDefinition(
                name: first + "_results_total",
                help: "A.",
                events: [first + " result"],
                labels: ["model", "result"],
                join: join
            )
            return [pairs, results, sum]
        }
        return EventSchema(
            metric("prediction", "outcome", texts) + (withClicks ? metric("click", "order", ["model"]) : [])
        )
    }

    private static func line(_ random: inout SeededRandom, around time: Int64) -> String {
        let types = [("prediction", "outcome"), ("click", "order")][random.below(2)]
        let key = random.below(40)
        let time = time + Int64(random.below(Int(random.chance(80) ? day : 10 * day))) - day / 2
        var fields = ["key": "\(key)"]
        if random.chance(45) {
            fields["type"] = types.0
            fields["model"] = "m\(random.below(3))"
            fields["region"] = "r\(random.below(2))"
            fields["score"] = "0.\(random.below(9))"
        } else {
            fields["type"] = types.1
            fields["label"] = "\(random.below(2))"
            fields["value"] = "\(random.below(3))"
        }
        let texts = fields.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ",")
        return "{\(texts),\"time\":\(time)}"
    }

    @Test func `make what they make when all are in memory, through crashes, reloads and the end of days`() throws {
        var random = SeededRandom(for: "records of joins that do not fit in memory")
        for _ in 0..<12 {
            let paging = JoinRecords.Paging(
                memoryLimit: [0, 1, 5, 20][random.below(4)] * JoinRecords.recordBytes,
                mostBlocks: [1, 4, 4_096][random.below(3)],
                recordsPerPage: [1, 3, 128][random.below(3)]
            )
            var schema = Self.schema()
            let run = JoinRun(schema, paging)
            let twin = JoinRun(schema)
            var (time, newest, now) = (Self.start, Self.start, arrival)
            var mostPaged = 0
            for step in 0..<400 {
                var lines = ""
                for _ in 0..<random.below(6) { lines += Self.line(&random, around: time) + "\n" }
                let batch = decode(lines, schema: schema)
                for entry in batch.storage.pointee.entries.elements { newest = max(newest, entry.time) }
                try run.add(batch, at: now)
                try twin.add(batch, at: now)
                guard run.counters.isEqual(twin.counters) else {
                    let places = Set(run.counters.keys).union(twin.counters.keys).filter {
                        abs((run.counters[$0] ?? 0) - (twin.counters[$0] ?? 0)) > 1e-9
                    }
                    let differences = places.sorted().map {
                        "\($0): \(run.counters[$0] ?? 0), not \(twin.counters[$0] ?? 0)"
                    }
                    Issue.record("step \(step), \(paging): \(differences) behind \(lines)")
                    return
                }
                check(run.joins.count * JoinRecords.recordBytes <= paging.memoryLimit, "step \(step)")
                if random.chance(15) { try run.crash() }
                if random.chance(4) {
                    let texts = [["model"], ["model", "region"], ["region", "model"]][random.below(3)]
                    schema = Self.schema(texts, withClicks: random.chance(60))
                    try run.reload(schema)
                    try twin.reload(schema)
                    // Days of a join that was not defined may have ended while only the store knew of them.
                    _ = (run.expire(watermark: newest, now: now), twin.expire(watermark: newest, now: now))
                }
                if random.chance(10) { time += Self.day / 2 }
                if random.chance(10) { now = Timestamp(milliseconds: now.milliseconds + Self.day / 3) }
                if random.chance(10) {
                    _ = (run.expire(watermark: newest, now: now), twin.expire(watermark: newest, now: now))
                }
                let watermark = Timestamp(milliseconds: newest)
                check(
                    run.joins.waiting(watermark: watermark).map(\.counts)
                        == twin.joins.waiting(watermark: watermark).map(\.counts),
                    "step \(step), \(paging): \(run.joins.waiting(watermark: watermark).map(\.counts))"
                )
                mostPaged = max(mostPaged, run.joins.pagedCount)
            }
            #expect(mostPaged > 0)
            #expect(twin.counters.keys.contains { $0.hasPrefix("prediction_sum_total") })
        }
    }

    @Test func `leave it when it is full, the oldest day first, and come back one by one`() throws {
        let schema = Self.schema()
        let run = JoinRun(
            schema,
            JoinRecords.Paging(memoryLimit: 30 * JoinRecords.recordBytes, mostBlocks: 4_096, recordsPerPage: 4)
        )
        func lines(_ type: String, _ keys: Range<Int>, day: Int64) -> String {
            let rest = #""model":"m","label":"1","value":1,"time":\#(Self.start + day * Self.day)}"#
            return keys.map { #"{"type":"\#(type)","key":"\#($0)",\#(rest)"# + "\n" }.joined()
        }
        for day in 0..<3 {
            try run.add(decode(lines("prediction", day * 10..<day * 10 + 10, day: Int64(day)), schema: schema))
        }
        #expect(run.joins.count == 30 && run.joins.pagedCount == 0)
        try run.add(decode(lines("prediction", 30..<31, day: 2), schema: schema))
        #expect(run.joins.count == 21 && run.joins.pagedCount == 10)
        #expect(run.archive.days.map(\.key.day) == [20_000])
        try run.add(decode(lines("outcome", 3..<5, day: 1), schema: schema))
        #expect(run.joins.count == 23 && run.joins.pagedCount == 10)
        let watermark = Timestamp(milliseconds: Self.start + 2 * Self.day)
        #expect(run.joins.waiting(watermark: watermark).first?.counts == ["m": 29])
        try run.crash()
        // What has changed since is read, pages are not.
        #expect(run.joins.waiting(watermark: watermark).first?.counts == ["m": 29])
        #expect(run.joins.count == 23)
        #expect(run.counters.filter { $0.key.hasPrefix("prediction_pairs") }.map(\.value) == [2])
    }

    @Test(arguments: [nil, 0])
    func `that have left a later day take none of an earlier day with them`(memoryLimit: Int?) throws {
        let schema = Self.schema()
        let run = JoinRun(schema, memoryLimit: memoryLimit)
        func add(_ type: String, day: Int64) throws {
            let time = Self.start + day * Self.day
            let line = #"{"type":"\#(type)","key":"1","model":"m","label":"1","value":1,"score":1,"time":\#(time)}"#
            try run.add(decode(line + "\n", schema: schema))
        }
        try add("outcome", day: 8)
        try add("prediction", day: 1)
        let later = Timestamp(milliseconds: arrival.milliseconds + 2 * Self.day)
        #expect(run.expire(watermark: Self.start + 8 * Self.day, now: later) == [20_001])
        try add("outcome", day: 4)
        try run.crash()
        try add("prediction", day: 4)
        let joined = run.counters.filter { $0.key.contains("joined") && $0.value != 0 }
        #expect(joined.map(\.value) == [1])
    }

    @Test func `are packed when a day has many blocks, and stay in memory`() throws {
        let schema = Self.schema()
        let run = JoinRun(schema, JoinRecords.Paging(memoryLimit: 1 << 20, mostBlocks: 8, recordsPerPage: 4))
        for key in 0..<20 {
            let line = #"{"type":"prediction","key":"\#(key)","model":"m","time":\#(Self.start)}"#
            try run.add(decode(line + "\n", schema: schema))
        }
        #expect(run.joins.count == 20)
        #expect(run.joins.pagedCount >= 9)
        #expect(run.blockCount < 12)
        try run.crash()
        #expect(run.joins.count < 12)
        let line = #"{"type":"outcome","key":"0","label":"1","value":1,"time":\#(Self.start)}"#
        try run.add(decode(line + "\n", schema: schema))
        #expect(run.counters.filter { $0.key.hasPrefix("prediction_results") }.map(\.value) == [1])
    }

    @Test func `are told by the place where details cannot be read`() throws {
        let schema = Self.schema()
        let run = JoinRun(schema, memoryLimit: 0)
        let line = #"{"type":"prediction","key":"1","model":"m","time":\#(Self.start)}"#
        try run.add(decode(line + "\n", schema: schema))
        let day = try #require(run.archive.days.first)
        var refused = 0
        for count in day.value.details.indices {
            let cut = Array(day.value.details[..<count])
            do throws(ByteReader.Malformed) {
                try JoinState(schema).restore(join: day.key.join, day: day.key.day, records: 1, details: cut)
            } catch {
                refused += 1
            }
        }
        // Behind the names and before what waits they may end.
        #expect(refused == day.value.details.count - 1)
        var later = day.value.details
        later[0] = 2
        let fault = #expect(throws: ByteReader.Malformed.self) {
            try JoinState(schema).restore(join: day.key.join, day: day.key.day, records: 1, details: later)
        }
        #expect(fault?.isOfOtherVersion == true)
    }
}
