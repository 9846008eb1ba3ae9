// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite struct `Local times in their zone` {
    private func reader(_ zone: String, format: String = "yyyy-MM-dd HH:mm:ss") throws -> TimeReader {
        let mapping = try mapping(
            "{columns: {time: t}, time: {format: \"\(format)\", timezone: \(zone)}, emit: [{type: click}]}"
        )
        return TimeReader(mapping.time)
    }

    private func read(_ text: String, _ reader: TimeReader) -> Int64? { withBytes(text) { reader.read($0) } }

    private func utc(_ text: String) throws -> Int64 {
        try #require(withBytes(text) { EventTime.rfc3339($0) })
    }

    @Test(arguments: [
        ("UTC", "2014-10-23 03:26:20", "2014-10-23T03:26:20Z"),
        ("Asia/Seoul", "2014-10-23 03:26:20", "2014-10-22T18:26:20Z"),
        ("Asia/Kolkata", "2014-10-23 03:26:20", "2014-10-22T21:56:20Z"),
        ("Asia/Kathmandu", "2014-10-23 03:26:20", "2014-10-22T21:41:20Z"),
        ("America/Recife", "2014-10-23 03:26:20", "2014-10-23T06:26:20Z"),
        ("America/New_York", "2014-07-01 12:00:00", "2014-07-01T16:00:00Z"),
        ("America/New_York", "2014-12-01 12:00:00", "2014-12-01T17:00:00Z"),
        ("Pacific/Kiritimati", "2014-12-01 12:00:00", "2014-11-30T22:00:00Z"),
        ("Pacific/Niue", "2014-12-01 12:00:00", "2014-12-01T23:00:00Z"),
    ])
    func `a local time is read with the offset of its zone`(zone: String, local: String, expected: String) throws {
        #expect(try read(local, reader(zone)) == utc(expected))
    }

    @Test(arguments: [
        // Clocks set back: the first of the two.
        ("America/New_York", "2014-11-02 00:59:59", "2014-11-02T00:59:59-04:00"),
        ("America/New_York", "2014-11-02 01:00:00", "2014-11-02T01:00:00-04:00"),
        ("America/New_York", "2014-11-02 01:59:59", "2014-11-02T01:59:59-04:00"),
        ("America/New_York", "2014-11-02 02:00:00", "2014-11-02T02:00:00-05:00"),
        ("Europe/Berlin", "2024-10-27 02:30:00", "2024-10-27T02:30:00+02:00"),
        ("Europe/Berlin", "2024-10-27 03:00:00", "2024-10-27T03:00:00+01:00"),
        ("Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-07T01:45:00+11:00"),
        // Clocks set forward: the offset before the change.
        ("America/New_York", "2014-03-09 01:59:59", "2014-03-09T01:59:59-05:00"),
        ("America/New_York", "2014-03-09 02:30:00", "2014-03-09T02:30:00-05:00"),
        ("America/New_York", "2014-03-09 03:00:00", "2014-03-09T03:00:00-04:00"),
        ("Europe/Berlin", "2024-03-31 02:30:00", "2024-03-31T02:30:00+01:00"),
        ("Europe/Berlin", "2024-03-31 03:00:00", "2024-03-31T03:00:00+02:00"),
    ])
    func `an hour that occurs twice or never has one meaning`(zone: String, local: String, expected: String) throws {
        #expect(try read(local, reader(zone)) == utc(expected))
    }

    /// Every quarter of an hour around every change of a few zones in 2020 to 2026, forwards and then at random, so that
    /// the remembered offset is asked for in every order.
    @Test(arguments: [
        "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Tehran", "America/St_Johns", "UTC",
    ])
    func `near a change the earliest instant with that local time is taken`(zone: String) throws {
        let timeZone = try #require(TimeZone(identifier: zone))
        let reader = try reader(zone)
        let pattern = try #require(TimePattern("yyyy-MM-dd HH:mm:ss"))
        var random = SeededRandom(for: "time zone \(zone)")
        var locals: [Int64] = (0..<500).map { _ in Int64.random(in: 1_577_836_800...1_767_225_600, using: &random) }
        var change = timeZone.nextDaylightSavingTimeTransition(after: Date(timeIntervalSince1970: 1_577_836_800))
        while let date = change, date.timeIntervalSince1970 < 1_767_225_600 {
            let local = Int64(date.timeIntervalSince1970) + Int64(timeZone.secondsFromGMT(for: date))
            locals += (-200...200).map { local + $0 * 450 }
            change = timeZone.nextDaylightSavingTimeTransition(after: date)
        }
        locals += locals.shuffled(using: &random)
        for local in locals {
            let text = Date(timeIntervalSince1970: Double(local))
                .formatted(
                    .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
                )
            let seconds = try #require(withBytes(text) { pattern.read($0) }) / 1_000
            #expect(seconds == local, "\(text)")
            #expect(read(text, reader) == plain(local, timeZone) * 1_000, "\(text) in \(zone)")
        }
        print("IngestTests: \(locals.count) local times in \(zone)")
    }

    /// Tries every offset that the zone has within two days.
    private func plain(_ local: Int64, _ zone: TimeZone) -> Int64 {
        func offset(_ instant: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
        }
        let offsets = [
            offset(local - 172_800), offset(local - 86_400), offset(local + 86_400), offset(local + 172_800),
        ]
        let instants = offsets.map { local - $0 }.filter { $0 + offset($0) == local }
        return instants.min() ?? local - offset(local - 86_400)
    }

    @Test func `readings without a pattern take their own formats`() throws {
        func reader(_ time: String) throws -> TimeReader {
            TimeReader(try mapping("{columns: {time: t}, time: \(time), emit: [{type: click}]}").time)
        }
        #expect(try read("2025-06-15T15:06:40Z", reader("rfc3339")) == 1_750_000_000_000)
        #expect(try read("1750000000", reader("rfc3339")) == nil)
        #expect(try read("1750000000", reader("unix")) == 1_750_000_000_000)
        #expect(try read("1750000000000", reader("unix")) == 1_750_000_000_000)
        #expect(try read("1750000000", reader("unix_ms")) == 1_750_000_000)
        #expect(try read("", reader("unix")) == nil)
    }
}
