// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// The serial half of the event path: takes decoded batches, leaves out what has been seen, and adds the rest to a
/// commit.
///
/// Not thread safe: the owner calls it under one lock. What it has taken is remembered at once, so a commit that fails
/// voids the pipeline; a new one is made from what the store holds.
public final class IngestPipeline {
    let schema: EventSchema
    let resolution: SlotResolution

    /// What the loops over events touch.
    struct Working: ~Copyable {
        var resolver: SeriesResolver
        var recent = RecentIncrements()
        var points = RecentPoints()
        /// Apart, for registers are so many that they would drive out the rest.
        var registers = RecentPoints()
        /// For each event of the batch the row of its key, or -1.
        var rows = GrowableBuffer<Int32>(capacity: 1_024)
        /// For each event of the batch whether it counts.
        var accepted = GrowableBuffer<UInt8>(capacity: 1_024)
        var layouts: GrowableBuffer<Layout>
        /// Where the sums of `touch` go.
        var touched: UInt64 = 0
        /// For each target of each route what becomes of its value.
        var targets: GrowableBuffer<Target>
        /// The rows of what joins make, by what it is.
        var joined = JoinedRows()
        /// Where the key of what a join makes is put together.
        var joinedKey = GrowableBuffer<UInt8>(capacity: 256)
    }

    /// What one definition does with its value.
    struct Target: BitwiseCopyable {
        /// Where the value is among the event's values, or -1 to count one.
        var value: Int32
        var form: ValueForm
    }

    /// Where the targets of a route are in `targets`.
    struct Layout: BitwiseCopyable {
        var firstTarget: Int32
        var targets: Int32
        /// The join that the route is a side of, or -1.
        var join: Int32
        var isFirst: Bool
        /// Where the join's key is among the event's values, and its numbers; -1 for none.
        var joinKey: Int32
        var numbers: (Int32, Int32)
    }

    /// A block of 64 places is 4 KiB of cache lines.
    private static let touchedAhead = 64

    private let box: UnsafeBox<Working>
    var working: UnsafeMutablePointer<Working> { box.pointer }

    /// What has been seen.
    public let deduplicator: Deduplicator
    /// What waits for its other side.
    public let joins: JoinState
    /// How pairs and results add up, by route.
    let joinPlan: JoinPlan
    let baselineSeries: BaselineSeries

    /// A pipeline by these definitions.
    public init(
        schema: EventSchema,
        resolution: SlotResolution,
        deduplicator: Deduplicator,
        joins: JoinState,
        directory: any SeriesDirectory
    ) {
        precondition(joins.fits(schema), "joins go to the pipeline of their schema")
        self.schema = schema
        self.resolution = resolution
        self.deduplicator = deduplicator
        self.joins = joins
        joinPlan = JoinPlan(schema)
        baselineSeries = BaselineSeries(schema, resolution, directory)
        var layouts = GrowableBuffer<Layout>()
        var targets = GrowableBuffer<Target>()
        for route in schema.routes {
            let numbers = (route.side?.numbers ?? []).map { Int32($0) }
            layouts.append(
                Layout(
                    firstTarget: Int32(targets.count),
                    targets: Int32(route.targets.count),
                    join: Int32(route.side?.join ?? -1),
                    isFirst: route.side?.isFirst ?? false,
                    joinKey: Int32(route.side?.key ?? -1),
                    numbers: (numbers.first ?? -1, numbers.count > 1 ? numbers[1] : -1)
                )
            )
            for target in route.targets {
                let place = target.value.map { route.values[$0].place }
                targets.append(Target(value: Int32(place ?? -1), form: target.form))
            }
        }
        self.box = UnsafeBox(
            Working(
                resolver: SeriesResolver(schema: schema, directory: directory),
                layouts: layouts,
                targets: targets
            )
        )
    }

    /// Adds a batch to a commit.
    ///
    /// - Parameters:
    ///   - commit: the commit being filled.
    ///   - number: tells commits apart; grows by one with each.
    ///   - checkpointed: slots below it are checkpointed; events in them are late.
    /// - Returns: what became of the events; final once the commit is durable.
    /// - Complexity: O(events); a few table look-ups each.
    public func add(
        _ batch: EventBatch,
        to commit: inout Commit,
        number: UInt32,
        checkpointed: Slot
    ) throws -> IngestReport {
        precondition(batch.schema === schema, "a batch goes to the pipeline of its schema")
        if working.pointee.resolver.forgetIfLarge() { working.pointee.joined.removeAll() }
        findRows(batch)
        var report = IngestReport()
        try deduplicate(batch, &report, &commit)
        try aggregate(batch, &report, &commit, number, checkpointed)
        for reject in batch.rejects {
            report.add(reject)
            commit.counts.addRejected(reason: reject.reason.rawValue, events: 1)
        }
        report.unmatched += batch.unmatched
        commit.counts.accepted += UInt64(report.accepted)
        commit.counts.duplicates += UInt64(report.duplicates)
        commit.counts.conflicts += UInt64(report.conflicts)
        commit.counts.late += UInt64(report.late)
        commit.counts.unmatched += UInt64(report.unmatched)
        commit.counts.overflow += UInt64(report.overflow)
        return report
    }

    // MARK: - Steps

    private func findRows(_ batch: EventBatch) {
        let working = working
        working.pointee.rows.removeAll()
        working.pointee.rows.reserve(batch.storage.pointee.entries.count)
        for entry in batch.storage.pointee.entries.elements {
            let row = working.pointee.resolver.row(route: entry.route, key: batch.key(of: entry), hash: entry.keyHash)
            working.pointee.rows.append(Int32(row))
        }
    }

    /// Marks the events that count. Goes ahead of itself by a block, touching the places it will look at.
    private func deduplicate(_ batch: EventBatch, _ report: inout IngestReport, _ commit: inout Commit) throws {
        let working = working
        let deduplicator = deduplicator
        working.pointee.accepted.removeAll()
        working.pointee.accepted.reserve(batch.storage.pointee.entries.count)
        // The commit's hour, not the batch's: on the disk a commit's identities stand under one hour.
        let hour = deduplicator.arrive(at: commit.arrival)
        let entries = batch.storage.pointee.entries.elements
        var event: UInt8 = 0
        for index in 0..<entries.count {
            if index % IngestPipeline.touchedAhead == 0 {
                var sum: UInt64 = 0
                for ahead in index..<min(index &+ IngestPipeline.touchedAhead, entries.count) {
                    sum ^= deduplicator.touch(entries[ahead].fingerprint)
                }
                working.pointee.touched ^= sum
            }
            let fingerprint = entries[index].fingerprint
            var counts: UInt8 = 0
            if entries[index].isMember {
                // It counts with its event, which stands before it and its like.
                counts = working.pointee.rows.base[index] < 0 ? 0 : event
                working.pointee.accepted.append(counts)
                continue
            }
            if working.pointee.rows.base[index] < 0 {
                report.unmatched += 1
            } else if fingerprint == 0 {
                counts = 1
            } else {
                switch try deduplicator.insert(fingerprint: fingerprint, digest: entries[index].digest, hour: hour) {
                case .new:
                    counts = 1
                    commit.fingerprints.append(fingerprint)
                    commit.digests.append(entries[index].digest)
                case .duplicate: report.duplicates += 1
                case .conflict: report.conflicts += 1
                }
            }
            working.pointee.accepted.append(counts)
            event = counts
        }
    }

    private func aggregate(
        _ batch: EventBatch,
        _ report: inout IngestReport,
        _ commit: inout Commit,
        _ number: UInt32,
        _ checkpointed: Slot
    ) throws {
        let working = working
        let storage = batch.storage
        let resolution = resolution
        var newest = commit.watermark?.milliseconds ?? -1
        let entries = storage.pointee.entries.elements
        var isCounted = false
        for index in 0..<entries.count where working.pointee.accepted.base[index] != 0 {
            let entry = entries[index]
            let slot = resolution.slot(of: Timestamp(milliseconds: entry.time))
            let row = Int(working.pointee.rows.base[index])
            if entry.isMember {
                if entry.feature >= 0 { baselineSeries.touch(Int(entry.feature), entry.time, slot, &commit) }
            } else {
                report.accepted += 1
                newest = max(newest, entry.time)
                if slot < checkpointed { report.late += 1 }
                isCounted = false
            }
            if add(entry, of: batch, storage, working, row: row, slot, &commit, number), !isCounted {
                report.overflow += 1
                isCounted = true
            }
            if working.pointee.layouts.base[Int(entry.route)].join >= 0 {
                try join(entry, of: batch, row: row, &commit, number)
            }
        }
        if newest >= 0 { commit.watermark = Timestamp(milliseconds: newest) }
    }

    /// Adds one event to its series; whether one of them is an overflow series.
    @inline(__always)
    private func add(
        _ entry: EventBatch.Entry,
        of batch: EventBatch,
        _ storage: UnsafeMutablePointer<EventBatch.Storage>,
        _ working: UnsafeMutablePointer<Working>,
        row: Int,
        _ slot: Slot,
        _ commit: inout Commit,
        _ number: UInt32
    ) -> Bool {
        var overflow = false
        let layout = working.pointee.layouts.base[Int(entry.route)]
        for index in 0..<Int(layout.targets) {
            var cell = working.pointee.resolver.cells.base[row &+ index]
            if cell == .excluded { continue }
            let target = working.pointee.targets.base[Int(layout.firstTarget) &+ index]
            let value = Int(entry.valueOffset) &+ Int(target.value)
            var units: Int64 = 1
            var kind = EventBatch.ValueKind.micros
            if target.value >= 0 {
                kind = storage.pointee.valueKinds.base[value]
                if kind == EventBatch.ValueKind.absent { continue }
                units = storage.pointee.values.base[value]
            }
            if cell == .unresolved {
                cell = working.pointee.resolver.resolve(
                    row + index,
                    target: index,
                    route: entry.route,
                    key: batch.key(of: entry)
                )
            }
            overflow = overflow || cell.isOverflow
            if target.form == .sum, kind == EventBatch.ValueKind.micros {
                working.pointee.recent.add(
                    Increment(series: cell.series, slot: slot, units: units),
                    to: &commit,
                    number: number
                )
            } else {
                let bits = UnsafePointer(storage.pointee.values.base + value)
                addPoint(target.form, bits, kind, entry.time, cell.series, slot, &commit, number)
            }
        }
        return overflow
    }

    /// Adds what is no plain increment.
    ///
    /// - Parameter bits: the value, and of an observation the bucket behind it.
    @inline(never)
    private func addPoint(
        _ form: ValueForm,
        _ bits: UnsafePointer<Int64>,
        _ kind: UInt8,
        _ time: Int64,
        _ series: SeriesID,
        _ slot: Slot,
        _ commit: inout Commit,
        _ number: UInt32
    ) {
        let working = working
        var point = SeriesPoint(series: series, slot: slot, detail: 0, units: bits[0])
        switch form {
        case .sum:
            point.detail = PointDetail.inexact
            commit.counts.inexact += 1
            working.pointee.points.addValue(point, to: &commit, number: number)
        case .level:
            point.detail = UInt32(time - resolution.start(of: slot).milliseconds)
            working.pointee.points.set(point, to: &commit, number: number)
        case .observation:
            let bin = SeriesPoint(series: series, slot: slot, detail: UInt32(bits[1]), units: 1)
            working.pointee.points.addUnits(bin, to: &commit, number: number)
            let isExact = kind == EventBatch.ValueKind.micros
            if !isExact { commit.counts.inexact += 1 }
            addSum(point, isExact: isExact, &commit, number)
        case .element:
            let register = PointDetail.register(ofHash: UInt64(bitPattern: bits[0]))
            let raised = SeriesPoint(series: series, slot: slot, detail: register, payload: 0)
            working.pointee.registers.raise(raised, to: &commit, number: number)
        }
    }

    /// Adds to the sum of a histogram: millionths, or a Float64.
    func addSum(_ point: SeriesPoint, isExact: Bool, _ commit: inout Commit, _ number: UInt32) {
        var point = point
        point.detail = isExact ? PointDetail.exactSum : PointDetail.inexactSum
        if isExact {
            working.pointee.points.addUnits(point, to: &commit, number: number)
        } else {
            working.pointee.points.addValue(point, to: &commit, number: number)
        }
    }
}
