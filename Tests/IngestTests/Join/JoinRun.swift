// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

/// A pipeline whose join state can be lost and read again, as after a crash, with a bound of its memory if one is wanted.
final class JoinRun {
    private(set) var schema: EventSchema
    private let directory = MemoryDirectory()
    let archive = MemoryJoinArchive()
    private let paging: JoinRecords.Paging?
    private var pipeline: IngestPipeline
    private var blocks: [JoinBlock] = []
    private var number: UInt32 = 1
    private(set) var counters: [String: Double] = [:]

    /// - Parameter memoryLimit: nil: nothing leaves memory.
    convenience init(_ schema: EventSchema, memoryLimit: Int? = nil) {
        self.init(
            schema,
            memoryLimit.map { JoinRecords.Paging(memoryLimit: $0, mostBlocks: 4_096, recordsPerPage: 1) }
        )
    }

    init(_ schema: EventSchema, _ paging: JoinRecords.Paging?) {
        self.schema = schema
        self.paging = paging
        let joins = JoinRun.state(schema, archive, paging)
        pipeline = JoinRun.pipeline(schema, joins, directory)
    }

    private static func state(
        _ schema: EventSchema,
        _ archive: MemoryJoinArchive,
        _ paging: JoinRecords.Paging?
    ) -> JoinState {
        guard let paging else { return JoinState(schema) }
        return JoinState(schema, archive: archive, paging)
    }

    private static func pipeline(
        _ schema: EventSchema,
        _ joins: JoinState,
        _ directory: MemoryDirectory
    ) -> IngestPipeline {
        IngestPipeline(
            schema: schema,
            resolution: .standard,
            deduplicator: Deduplicator(windowSeconds: 86_400, memoryLimit: 1 << 30, archive: nil),
            joins: joins,
            directory: directory
        )
    }

    var joins: JoinState { pipeline.joins }

    /// Blocks on the disk.
    var blockCount: Int { blocks.count }

    /// Commits a batch, and then makes pages while they are wanted.
    func add(_ batch: EventBatch, at time: Timestamp = arrival) throws {
        check(batch.rejects.isEmpty, "\(batch.rejects)")
        var commit = Commit(arrival: time)
        _ = try pipeline.add(batch, to: &commit, number: number, checkpointed: Slot(0))
        number += 1
        blocks += pipeline.joins.takeBlocks()
        for increment in commit.increments {
            let family = directory.names[Int(increment.series.number)].family
            let value = Double(increment.units) / (family.unit == .micro ? 1_000_000 : 1)
            counters["\(directory.name(of: increment.series)) \(increment.slot.number)", default: 0] += value
        }
        for point in commit.points {
            let place = "\(directory.name(of: point.series)) \(point.slot.number)"
            let units = Double(Int64(bitPattern: point.payload))
            switch point.detail {
            case PointDetail.exactSum: counters[place + " sum", default: 0] += units / 1_000_000
            case PointDetail.inexactSum: counters[place + " sum", default: 0] += Double(bitPattern: point.payload)
            case _ where directory.names[Int(point.series.number)].family.kind == .histogram:
                counters[place + " [\(point.detail)]", default: 0] += units
            default: counters[place, default: 0] += Double(bitPattern: point.payload)
            }
        }
        try makePages()
    }

    private func makePages() throws {
        while pipeline.joins.wantsPages {
            archive.onReplace = { [unowned self] join, day in blocks.removeAll { $0.join == join && $0.day == day } }
            try pipeline.joins.makePages()
        }
    }

    /// Loses what is in memory.
    func crash() throws {
        let joins = JoinRun.state(schema, archive, paging)
        try restore(joins)
        pipeline = JoinRun.pipeline(schema, joins, directory)
    }

    /// Days are read in the order of their keys, as a store does.
    private func restore(_ joins: JoinState) throws {
        for (key, day) in archive.days {
            try joins.restore(join: key.join, day: key.day, records: day.records, details: day.details)
        }
        for block in blocks.enumerated().sorted(by: { ($0.element.day, $0.offset) < ($1.element.day, $1.offset) }) {
            try joins.restore(block.element)
        }
    }

    /// Goes on with other definitions. What was counted by the old ones goes on to be.
    func reload(_ schema: EventSchema) throws {
        let joins = try pipeline.joins.adapted(to: schema) { try restore($0) }
        self.schema = schema
        pipeline = JoinRun.pipeline(schema, joins, directory)
    }

    /// Forgets what is over; gives the days.
    @discardableResult
    func expire(watermark: Int64, now: Timestamp) -> [UInt32] {
        let expired = pipeline.joins.expire(watermark: Timestamp(milliseconds: watermark), now: now)
        for (join, day) in expired {
            blocks.removeAll { $0.join == join && $0.day == day }
            archive.days[.init(join: join, day: day)] = nil
        }
        return expired.map(\.day).sorted()
    }
}

/// Pages in memory, of which every one may have every key.
final class MemoryJoinArchive: JoinArchive {
    struct Key: Hashable {
        let join: String
        let day: UInt32
    }

    struct Day {
        var pages: [[UInt8]] = []
        var records = 0
        var details: [UInt8] = []
    }

    var days: [Key: Day] = [:]
    /// Called when the blocks of a day go.
    var onReplace: (String, UInt32) -> Void = { _, _ in }

    var bytes: Int { 0 }

    func forEachPage(
        of join: String,
        thatMayHave key: UInt64,
        _ body: (_ day: UInt32, _ page: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        for (place, day) in days where place.join == join {
            for page in day.pages { try page.withUnsafeBytes { try body(place.day, $0) } }
        }
    }

    func forEachPage(of join: String, day: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for page in days[Key(join: join, day: day)]?.pages ?? [] { try page.withUnsafeBytes(body) }
    }

    func replace(
        _ join: String,
        day: UInt32,
        atMost records: Int,
        _ fill: (_ put: (_ page: [UInt8], _ keys: [UInt64]) throws -> Void) throws -> [UInt8]
    ) throws {
        var made = Day()
        var last: UInt64 = 0
        made.details = try fill { page, keys in
            #expect(!keys.isEmpty && keys == keys.sorted() && Set(keys).count == keys.count && keys[0] > last)
            last = keys.last ?? 0
            made.pages.append(page)
            made.records += keys.count
        }
        #expect(made.records <= records)
        days[Key(join: join, day: day)] = made
        onReplace(join, day)
    }
}

extension [String: Double] {
    /// Whether both have the same counters; what was taken back leaves a rounding error of a Float64 at most.
    func isEqual(_ other: [String: Double]) -> Bool {
        Set(keys).union(other.keys).allSatisfy { abs((self[$0] ?? 0) - (other[$0] ?? 0)) < 1e-9 }
    }
}
