// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `What waits in joins` {
    private static let day: Int64 = 86_400_000
    private static let start: Int64 = 1_747_000_000_000

    /// A join of predictions and outcomes with these texts of a prediction.
    private static func schema(
        _ texts: [String],
        pair: String = "pair",
        days: Int64 = 14,
        waiting: (name: String, label: String)? = ("waiting", "model")
    ) -> EventSchema {
        let join = JoinDefinition(
            pair: pair,
            result: pair + " result",
            key: "prediction",
            first: .init(event: "prediction", texts: texts.map { .init($0) }, numbers: [.init("score")]),
            second: .init(event: "outcome", texts: [.init("label")], numbers: [.init("value")]),
            windowMilliseconds: days * day,
            waiting: waiting.map { .init(name: $0.name, help: "A.", label: $0.label) }
        )
        return EventSchema([
            MetricDefinition(name: "pairs_total", help: "A.", events: [pair], labels: ["model"], join: join)
        ])
    }

    /// Takes events into a state, and gives what they committed.
    private func take(_ lines: String, _ state: JoinState, _ schema: EventSchema) throws -> (Commit, MemoryDirectory) {
        let directory = MemoryDirectory()
        let pipeline = IngestPipeline(
            schema: schema,
            resolution: .standard,
            deduplicator: Deduplicator(windowSeconds: 86_400, memoryLimit: 1 << 30, archive: nil),
            joins: state,
            directory: directory
        )
        var commit = Commit(arrival: arrival)
        _ = try pipeline.add(decode(lines, schema: schema), to: &commit, number: 1, checkpointed: Slot(0))
        return (commit, directory)
    }

    private func prediction(_ id: Int, at time: Int64 = start) -> String {
        #"{"type":"prediction","prediction":"\#(id)","model":"m\#(id % 2)","region":"é","score":0.\#(id),"time":\#(time)}"#
            + "\n"
    }

    private func outcome(_ id: Int, at time: Int64 = start) -> String {
        #"{"type":"outcome","prediction":"\#(id)","label":"yes","value":3,"time":\#(time)}"# + "\n"
    }

    private func waiting(_ state: JoinState, at time: Int64 = start) -> [String: Int] {
        state.waiting(watermark: Timestamp(milliseconds: time)).first?.counts ?? [:]
    }

    @Test func `comes back from its blocks, and a block that is cut or damaged is refused or read whole`() throws {
        let schema = Self.schema(["model", "region"])
        let state = JoinState(schema)
        _ = try take((1..<9).map { prediction($0) + (($0 % 3 == 0) ? outcome($0) : "") }.joined(), state, schema)
        _ = try take(outcome(20) + outcome(20, at: Self.start + 1) + outcome(21), state, schema)
        let blocks = state.takeBlocks()
        #expect(blocks.count == 1)
        #expect(state.takeBlocks().isEmpty)
        let restored = JoinState(schema)
        for block in blocks { try restored.restore(block) }
        #expect(restored.count == state.count)
        #expect(waiting(restored) == waiting(state))
        #expect(waiting(state) == ["m0": 3, "m1": 3])

        let bytes = blocks[0].bytes
        var refused = 0
        for count in bytes.indices {
            let cut = JoinBlock(join: "pair", day: blocks[0].day, bytes: Array(bytes[..<count]))
            do throws(JoinBlockFault) { try JoinState(schema).restore(cut) } catch { refused += 1 }
        }
        // Behind what stands before them, and behind each of the 13 records but the last, a block may end: the store's
        // checksums say that it has not been cut.
        #expect(refused == bytes.count - 13)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                // Reads nothing beyond its end, and traps on nothing.
                _ = try? JoinState(schema).restore(JoinBlock(join: "pair", day: blocks[0].day, bytes: damaged))
            }
        }
    }

    @Test func `goes over to other definitions by name, and what another store version wrote is told`() throws {
        let schema = Self.schema(["model", "region"])
        let state = JoinState(schema)
        _ = try take(prediction(1) + prediction(2), state, schema)
        let other = Self.schema(["channel", "model"])
        #expect(!state.fits(other))
        let adapted = state.adapted(to: other) { _ in Issue.record("no join is new") }
        #expect(adapted.fits(other))
        #expect(waiting(adapted) == ["m1": 1, "m0": 1])
        let (commit, directory) = try take(outcome(1), adapted, other)
        #expect(commit.increments.map { directory.name(of: $0.series) } == [#"pairs_total{model="m1"}"#])

        // What was written under the older definitions comes first, and both can be read under either.
        let blocks = adapted.takeBlocks()
        #expect(blocks.count == 2)
        for schema in [schema, other] {
            let restored = JoinState(schema)
            for block in blocks { try restored.restore(block) }
            #expect(waiting(restored) == ["m0": 1])
        }
        var later = blocks[0]
        later.bytes[0] = 2
        #expect(throws: JoinBlockFault.self) { try JoinState(schema).restore(later) }
    }

    @Test func `goes on with another window for what arrives from then on`() throws {
        let schema = Self.schema(["model"])
        let state = JoinState(schema)
        _ = try take(prediction(1) + prediction(2), state, schema)
        let shorter = Self.schema(["model"], days: 1)
        #expect(!state.fits(shorter))
        let adapted = state.adapted(to: shorter) { _ in Issue.record("no join is new") }
        let (commit, _) = try take(outcome(1, at: Self.start + Self.day + 1), adapted, shorter)
        #expect(commit.increments.isEmpty)
        #expect(waiting(adapted) == ["m1": 1, "m0": 1])
    }

    @Test func `of a join that is defined again is as it was, or asked of the store when that alone knows it`() throws {
        let schema = Self.schema(["model"])
        let state = JoinState(schema)
        _ = try take(prediction(1), state, schema)
        let without = state.adapted(to: EventSchema([])) { _ in Issue.record("no join is new") }
        #expect(without.waiting(watermark: nil).isEmpty)
        let again = without.adapted(to: schema) { _ in Issue.record("it was defined before") }
        #expect(waiting(again) == ["m1": 1])

        let stored = again.takeBlocks()
        let opened = JoinState(EventSchema([]))
        struct Failure: Error {}
        #expect(throws: Failure.self) { try opened.adapted(to: schema) { _ in throw Failure() } }
        let defined = try opened.adapted(to: schema) { made throws(JoinBlockFault) in
            for block in stored { try made.restore(block) }
        }
        #expect(waiting(defined) == ["m1": 1])
    }

    @Test func `is told by the gauge of the definitions that hold, and by its label`() throws {
        let schema = Self.schema(["model", "region"])
        let state = JoinState(schema)
        _ = try take(prediction(1) + prediction(2) + prediction(3), state, schema)
        #expect(waiting(state) == ["m0": 1, "m1": 2])
        for gauge in [("waiting", "region"), ("others", "region"), nil] as [(String, String)?] {
            let other = Self.schema(["model", "region"], waiting: gauge)
            #expect(!state.fits(other), "\(gauge as Any)")
            let adapted = try state.adapted(to: other) { (_: JoinState) throws(Never) in }
            #expect(adapted.fits(other))
            let counts = adapted.waiting(watermark: Timestamp(milliseconds: Self.start))
            #expect(counts.map(\.gauge.name) == (gauge.map { [$0.0] } ?? []))
            #expect(counts.map(\.counts) == (gauge == nil ? [] : [["é": 3]]))
        }
    }

    @Test func `is not forgotten while the open commit has a change of its day`() throws {
        let schema = Self.schema(["model"])
        let state = JoinState(schema)
        let over = Timestamp(milliseconds: Self.start + 20 * Self.day)
        let later = Timestamp(milliseconds: arrival.milliseconds + 3 * Self.day)
        _ = try take(prediction(1), state, schema)
        _ = state.takeBlocks()
        _ = try take(outcome(1), state, schema)
        #expect(state.expire(watermark: over, now: later).isEmpty)
        // Also when what it waits under has changed since.
        let other = Self.schema(["model", "region"])
        let adapted = try state.adapted(to: other) { (_: JoinState) throws(Never) in }
        #expect(adapted.expire(watermark: over, now: later).isEmpty)
        #expect(adapted.count == 1)
        _ = adapted.takeBlocks()
        #expect(adapted.expire(watermark: over, now: later).count == 1)
    }

    @Test func `leaves memory behind a reload that changes what is kept, though no commit has come since`() throws {
        let schema = Self.schema(["model"])
        let archive = MemoryJoinArchive()
        let paging = JoinRecords.Paging(memoryLimit: 0, mostBlocks: 4_096, recordsPerPage: 1)
        let state = JoinState(schema, archive: archive, paging)
        _ = try take(prediction(1), state, schema)
        _ = state.takeBlocks()
        let adapted = try state.adapted(to: Self.schema(["model", "region"])) { (_: JoinState) throws(Never) in }
        #expect(adapted.wantsPages)
        while adapted.wantsPages { try adapted.makePages() }
        #expect(adapted.count == 0 && adapted.pagedCount == 1)
    }

    @Test func `says of a block of a later version that it is one`() throws {
        let schema = Self.schema(["model"])
        let state = JoinState(schema)
        _ = try take(prediction(1), state, schema)
        var block = try #require(state.takeBlocks().first)
        block.bytes[0] = 9
        let fault = #expect(throws: JoinBlockFault.self) { try JoinState(schema).restore(block) }
        #expect(fault?.isOfOtherVersion == true)
        #expect(block.fault == "was written by another version of Tidemark")
    }

    @Test func `is forgotten a day after the window, and not within a day of its arrival`() throws {
        let schema = Self.schema(["model"])
        let state = JoinState(schema)
        _ = try take(prediction(1) + prediction(2, at: Self.start - 3 * Self.day), state, schema)
        _ = state.takeBlocks()
        let lastMoment = Self.start / Self.day * Self.day + 2 * Self.day + 14 * Self.day
        let later = Timestamp(milliseconds: arrival.milliseconds + Self.day + 1)
        func expire(_ watermark: Int64, _ now: Timestamp) -> [UInt32] {
            state.expire(watermark: Timestamp(milliseconds: watermark), now: now).map(\.day)
        }
        // A file of the past is not forgotten while it comes in.
        #expect(expire(lastMoment + 1, Timestamp(milliseconds: arrival.milliseconds + Self.day)).isEmpty)
        #expect(expire(lastMoment - 3 * Self.day, later).isEmpty)
        #expect(expire(lastMoment, later) == [UInt32(Self.start / Self.day) - 3])
        #expect(state.count == 1)
        #expect(waiting(state, at: lastMoment - 2 * Self.day) == ["m1": 1])
        // Its window is over though it is still known: it waits no more.
        #expect(waiting(state, at: lastMoment).isEmpty)
        #expect(expire(lastMoment + 1, later) == [UInt32(Self.start / Self.day)])
        #expect(state.count == 0)
    }
}
