// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// A store and its dictionary twin, and what a store's owner may do at any time: one operation after the other, each drawn.
struct TwinRun {
    /// How many operations a run has.
    static let count = 100_000

    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private var random: SeededRandom
    private var path: String
    private var store: SeriesStore
    private var model = ModelStore()
    private var settings = RetentionSettings()
    private var retention = RetentionTwin()
    private var kept: (view: SeriesView, model: ModelStore)?
    private var backup: (report: BackupReport, model: ModelStore, retention: RetentionTwin, operation: Int)?

    private(set) var operations = 0
    private(set) var done: [TwinOperation: Int] = [:]
    /// Samples that were compared.
    private(set) var samples = 0
    /// Seals that were broken off.
    private(set) var broken = 0
    /// The most of each that one opening had done.
    private(set) var most = DayStatistics()
    /// The most days that had metrics left out.
    private(set) var thinned = 0

    init(in directory: TemporaryDirectory, random: SeededRandom) throws {
        self.directory = directory
        self.random = random
        path = directory.store
        store = try SeriesStore.open(at: path, clock: clock)
        model.keepsTotals = false
    }

    var summary: String {
        "\(done[.restore] ?? 0) times restored, \(broken) seals broken off; of one opening up to \(most.seals) seals, "
            + "\(most.reseals) again, \(most.drops) days dropped, \(thinned) thinned"
    }

    /// Slots at the edges of spans, days and eras (day 20,512 begins one), with long gaps between.
    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        var slots: [Slot] = []
        for day: UInt32 in [20_509, 20_511, 20_512, 20_513] {
            let start = day * spans.slotsPerDay
            for edge in stride(from: UInt32(0), to: spans.slotsPerDay, by: Int(spans.slotsPerSpan)) {
                slots += [0, 1, 2, 3, 5, spans.slotsPerSpan - 2, spans.slotsPerSpan - 1].map { Slot(start + edge + $0) }
            }
        }
        return slots
    }()

    // MARK: - Operations

    mutating func step() throws {
        let operation = TwinOperation.draw(&random)
        done[operation, default: 0] += 1
        switch operation {
        case .checkpoint:
            store.state.withLock { $0.limits.batchBytes = 1 << random.below(21) }
            store.state.withLock { $0.limits.leastSharedBytes = 1 << random.below(6) }
            try store.checkpoint()
        case .reopen: try reopen()
        case .crash: try crash()
        case .rotate: try store.rotate()
        case .maintain: try maintain()
        case .breakOff:
            try store.checkpoint()
            if try breakOff() { broken += 1 }
            try crash()
        case .backup: try backUp()
        case .restore: try restore()
        case .retain: drawRetention()
        case .wait: clock.advance(seconds: Int64(random.below(400)), milliseconds: Int64(random.below(1_000)))
        case .read:
            let view = try compare(reads: 3, "operation \(operations)")
            if kept == nil, random.chance(4) { kept = (view, model) }
        case .readKept:
            // A view is what it was, whatever has been committed, sealed and dropped since.
            guard let old = kept else { break }
            try compare(old.view, old.model, reads: 3, "operation \(operations), kept")
            if random.chance(30) { kept = nil }
        case .commit:
            try model.commit(to: store, &random, mostSeries: 60, increments: 8, slots: Self.slots, at: clock.now)
        }
        operations += 1
        let statistics = store.dayStatistics
        most.seals = max(most.seals, statistics.seals)
        most.reseals = max(most.reseals, statistics.reseals)
        most.drops = max(most.drops, statistics.drops)
    }

    private mutating func reopen() throws {
        kept = nil
        store.close()
        try open()
    }

    private mutating func open() throws {
        store = try SeriesStore.open(at: path, clock: clock)
        store.retention = settings
    }

    /// Goes on from what is on the disk at this moment.
    private mutating func crash() throws {
        kept = nil
        let copy = try directory.copy(of: path)
        store.close()
        try directory.remove(path)
        path = copy
        try open()
    }

    // MARK: - Sealed days

    /// Does what is due of sealing, folding, sealing again, dropping and thinning, for days that are drawn.
    private mutating func maintain() throws {
        try store.checkpoint()
        drawDays()
        allowRetention()
        var rounds = 0
        while try store.maintain(), rounds < 20 { rounds += 1 }
        #expect(store.dayStatistics.lastFailure == nil)
        let registry = store.state.withLock { $0.days.registry }
        thinned = max(thinned, registry.days.values.count { !$0.record.thinned.isEmpty })
        if rounds < 20 {
            let left = registry.days.keys.filter { RetentionTwin.mustDrop($0, settings, now: eventTime) }
            #expect(left.isEmpty, "operation \(operations): \(settings)")
        }
    }

    private mutating func drawDays() {
        var settings = DaySettings()
        settings.lateness = random.below(4 * 86_400) - 3 * 86_400
        settings.overlayBytes = 1 << random.below(20)
        settings.postingsFrom = random.chance(50) ? 1 : 2_000
        settings.openFiles = 1 + random.below(3)
        settings.batchBytes = 1 << random.below(14)
        store.daySettings = settings
    }

    /// Whether a step was not taken.
    private mutating func breakOff() throws -> Bool {
        drawDays()
        allowRetention()
        store.daySettings.overlayBytes = 1
        let left = Mutex(random.below(12))
        let stopped = Flag()
        store.daySettings.before = { _ throws(StoreError) in
            let isNow = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isNow {
                stopped.set()
                throw StoreError(code: .io, message: "stopped by the test")
            }
        }
        do {
            var rounds = 0
            while try store.maintain(), rounds < 20 { rounds += 1 }
        } catch {
            #expect(error.message == "stopped by the test")
        }
        return stopped.isSet
    }

    // MARK: - Retention

    /// Event time as it is defined, in milliseconds.
    private var eventTime: Int64 {
        let newest = Int64(model.newestDay) * 86_400_000
        return min(clock.now.milliseconds, max(model.contents.watermark?.milliseconds ?? newest, newest))
    }

    /// Metrics are kept for a shorter time, and all of it, the later in the run the shorter; what has left is gone for good.
    private mutating func drawRetention() {
        let progress = Double(operations) / Double(Self.count)
        let least = Int((4.2 - 2.6 * progress) * 86_400)
        settings = RetentionSettings()
        for family in [ModelStore.spend, ModelStore.reach, ModelStore.others, ModelStore.delay] where random.chance(30)
        {
            settings.metrics[family.name] = least + random.below(43_200)
        }
        if progress > 0.4, random.chance(40) { settings.age = least + random.below(43_200) }
        store.retention = settings
    }

    private mutating func allowRetention() { retention.allow(store.retention, now: eventTime) }

    // MARK: - Backups

    private mutating func backUp() throws {
        if let old = backup { try directory.remove(old.report.path) }
        let report = try store.backup(to: directory.path + "/backup-\(operations)")
        #expect(report.commits == model.contents.commits, "operation \(operations)")
        backup = (report, model, retention, operations)
    }

    /// Goes on from a backup that is not too old, as it was then.
    private mutating func restore() throws {
        guard let backup, operations - backup.operation < 5_000 else { return try backUp() }
        kept = nil
        store.close()
        try directory.remove(path)
        path = directory.path + "/restored-\(operations)"
        #expect(try SeriesStore.restore(backup.report.path, to: path).commits == backup.report.commits)
        (model, retention) = (backup.model, backup.retention)
        try open()
        try compareAll("operation \(operations), restored")
    }

    // MARK: - Comparing

    /// Reads series as they are now; the view they were read from.
    @discardableResult
    mutating func compare(reads: Int, _ context: String) throws -> SeriesView {
        let idle = random.chance(50) ? 86_400 : 60 * random.below(90)
        allowRetention()
        let view = try store.view(now: clock.now, idleTimeout: idle)
        try compare(view, model, reads: reads, context)
        return view
    }

    /// Everything that is on the disk and in memory and may not have been dropped.
    func compareAll(_ context: String) throws {
        let expected = model.contents.readable(in: store)
        let found = try StoreContents(store).readable(in: store)
        #expect(found.slots == expected.slots && found.samples == expected.samples, "\(context)")
        #expect(found.commits == expected.commits, "\(context)")
        let registry = store.state.withLock { $0.days.registry }
        for family in ModelStore.families {
            let floor = Int64(registry.floor(ofMetric: family.name)) * 86_400_000
            #expect(floor <= retention.latestFloor(of: family.name), "\(context): \(family.name)")
        }
    }

    /// Reads series over random times, and compares with the definition.
    private mutating func compare(_ view: SeriesView, _ model: ModelStore, reads: Int, _ context: String) throws {
        let columns = SampleColumns()
        for _ in 0..<reads where !model.series.isEmpty {
            let series = model.series[random.below(model.series.count)]
            guard series.id.number < view.seriesCount else { continue }
            let middle = store.resolution.start(of: Self.slots[random.below(Self.slots.count)]).milliseconds
            let start = middle + Int64(random.below(60_000)) - 30_000
            let end = start + Int64(random.anyMagnitude() >> 34) % 600_000
            let window = random.chance(50) ? Int64(random.below(5_000_000)) : nil
            let part = series.family.parts[random.below(series.family.parts.count)]
            let floor = view.floor(of: series.family)
            #expect(floor <= retention.latestFloor(of: series.family.name), "\(context): \(series.family.name)")
            let selection = SeriesSelection(
                try series.matchers(part),
                from: Timestamp(milliseconds: start),
                through: Timestamp(milliseconds: end),
                window: window
            )
            if random.chance(2), let fault = try EdgesTwin.fault(view, selection, &random) {
                Issue.record("\(context): \(fault)")
                return
            }
            let set = try view.select(selection)
            #expect(set.count == 1, "\(context): \(series)")
            try set.read(0, into: columns)
            let expected = model.samples(of: series, part, start...end, window: window, in: view)
            samples += expected.count
            if columns.list != expected {
                Issue.record(
                    """
                    \(context): \(series.family.name)\(part) of series \(series.id.number), \(start)...\(end), \
                    window \(window ?? -1), floor \(floor), reads \(columns.list.prefix(4))… (\(columns.count)), not \
                    \(expected.prefix(4))… (\(expected.count))
                    """
                )
                return
            }
        }
    }

    /// Closes the store, and looks through all of it.
    mutating func close() throws {
        kept = nil
        store.close()
        let faults = try SeriesStore.verify(path).faults
        #expect(faults == [])
    }
}
