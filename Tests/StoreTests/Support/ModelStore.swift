// SPDX-License-Identifier: Apache-2.0

import TestSupport
import TimeSeries

@testable import Store

/// The dictionary twin of a `SeriesStore`: makes random commits, writes them to the store and to itself.
struct ModelStore {
    private(set) var contents = StoreContents()
    /// Identities by hour of arrival: fingerprint and digest.
    private(set) var identities: [UInt32: [UInt64: UInt32]] = [:]
    private(set) var archived: [UInt32: [UInt64: UInt32]] = [:]
    private(set) var series: [NewSeries] = []
    private var commits: [Commit] = []
    /// The time of the newest sample of each series.
    private var newestSamples: [UInt32: Int64] = [:]
    /// The newest day of which there is anything.
    private(set) var newestDay: UInt32 = 0
    /// Whether totals and the commits themselves are kept beside slots and samples; it takes most of the time.
    var keepsTotals = true

    static let clicks = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one)
    static let spend = MetricFamily(name: "spend_total", help: "Money.", kind: .counter, unit: .micro)
    static let load = MetricFamily(name: "load", help: "Load.", kind: .gauge, unit: .one)
    static let delay = MetricFamily(
        name: "delay_seconds",
        help: "Delay.",
        kind: .histogram,
        unit: .micro,
        bounds: [0.1, 0.5, 1, 10]
    )
    static let reach = MetricFamily(name: "reach", help: "Reach.", kind: .distinct, unit: .one)
    static let others = MetricFamily(samplesNamed: "others", help: "Others.", type: .gauge)
    static let families = [clicks, spend, load, delay, reach, others]

    /// What the store held after its first `count` commits.
    func contents(after count: UInt64) -> StoreContents {
        var contents = StoreContents()
        for commit in commits.prefix(Int(count)) { apply(commit, to: &contents) }
        return contents
    }

    /// The identities of the hours in memory and of those in the archive.
    var hours: (memory: [UInt32], archive: [UInt32]) { (identities.keys.sorted(), archived.keys.sorted()) }

    /// Commits up to `increments` increments, now and then of new series, and in any order of slots.
    mutating func commit(
        to store: SeriesStore,
        _ random: inout SeededRandom,
        mostSeries: Int,
        increments: Int,
        slots: [Slot],
        at now: Timestamp
    ) throws {
        var commit = Commit(arrival: now)
        for _ in 0...random.below(increments) {
            let number = pickSeries(store, &random, mostSeries: mostSeries)
            let slot = slots[random.below(slots.count)]
            add(to: &commit, series[number], slot, store.resolution, &random)
            // An event adds to several series, so that they have their slots in common, or nearly.
            if series[number].family == ModelStore.clicks, random.chance(98) {
                for other in series[(number + 1)...].prefix(2) where other.family.kind == .counter {
                    add(to: &commit, other, slot, store.resolution, &random)
                }
            }
        }
        if random.chance(40) { addIdentities(&commit, &random) }
        var counts = contents.counts
        counts.accepted += UInt64(commit.increments.count + commit.points.count)
        counts.inexact += UInt64(commit.points.count)
        counts.duplicates += random.anyMagnitude() >> 40
        if random.chance(10) { counts.addRejected(reason: random.below(8), events: 1) }
        commit.counts = counts
        commit.watermark = contents.watermark
        if random.chance(50) {
            commit.watermark = max(
                commit.watermark ?? Timestamp(milliseconds: 0),
                store.resolution.start(of: slots[random.below(slots.count)])
            )
        }
        commit.newSeries = store.takeNewSeries()
        try store.commit(commit)
        if keepsTotals { commits.append(commit) }
        apply(commit, to: &contents)
        let perDay = store.spans.slotsPerDay
        let slotDays = commit.increments.map { $0.slot.number / perDay } + commit.points.map { $0.slot.number / perDay }
        let sampleDays = commit.samples.map { ChunkWriter.day(of: $0.milliseconds) }
        newestDay = (slotDays + sampleDays).max().map { max(newestDay, $0) } ?? newestDay
    }

    private mutating func add(
        to commit: inout Commit,
        _ series: NewSeries,
        _ slot: Slot,
        _ resolution: SlotResolution,
        _ random: inout SeededRandom
    ) {
        // Quarters, so that sums of floating point numbers are exact in whatever order they are made.
        let quarters = Double(random.below(4_000)) / 4
        func point(_ detail: UInt32, _ payload: UInt64) {
            commit.points.append(SeriesPoint(series: series.id, slot: slot, detail: detail, payload: payload))
        }
        switch series.family.kind {
        case .counter:
            if series.family.unit == .micro, random.chance(15) {
                point(PointDetail.inexact, quarters.bitPattern)
            } else {
                let units = Int64(random.anyMagnitude() >> 20)
                commit.increments.append(Increment(series: series.id, slot: slot, units: units))
            }
        case .gauge:
            point(UInt32(random.below(4) * 3_000), (quarters - 500).bitPattern)
        case .histogram:
            point(UInt32(random.below(5)), UInt64(1 + random.below(3)))
            if random.chance(15) {
                point(PointDetail.inexactSum, quarters.bitPattern)
            } else {
                point(PointDetail.exactSum, UInt64(bitPattern: Int64(random.below(4_000_000)) - 1_000_000))
            }
        case .distinct:
            for _ in 0...random.below(3) {
                point(PointDetail.register(ofHash: random.next() >> UInt64(random.below(20))), 0)
            }
        case .samples:
            // Gaps up to hours, so that days and chunks are crossed.
            let start = newestSamples[series.id.number] ?? resolution.start(of: slot).milliseconds
            var time = start
            for _ in 0...random.below(random.chance(0.2) ? 3_000 : 4) {
                time += 1 + Int64(random.anyMagnitude() >> 40) % 20_000
                let value = random.chance(5) ? SampleColumns.staleMarker : quarters
                commit.samples.append(SeriesSample(series: series.id, milliseconds: time, bits: value.bitPattern))
            }
            newestSamples[series.id.number] = time
        }
    }

    private mutating func pickSeries(
        _ store: SeriesStore,
        _ random: inout SeededRandom,
        mostSeries: Int
    ) -> Int {
        guard series.isEmpty || series.count < mostSeries && random.chance(20) else {
            return random.below(series.count)
        }
        let family = ModelStore.families[random.below(ModelStore.families.count)]
        let labels: Labels = ["campaign": "c\(random.below(mostSeries))", "note": "\(series.count)\"\\\n"]
        let id = store.create(family: family, labels: labels)
        series.append(NewSeries(id: id, family: family, labels: labels))
        return series.count - 1
    }

    private mutating func addIdentities(_ commit: inout Commit, _ random: inout SeededRandom) {
        let hour = UInt32(commit.arrival.milliseconds / 3_600_000)
        for _ in 0...random.below(5) {
            let fingerprint = random.next() | 1
            let digest = UInt32(truncatingIfNeeded: random.next())
            commit.fingerprints.append(fingerprint)
            commit.digests.append(digest)
            identities[hour, default: [:]][fingerprint] = digest
        }
    }

    private func apply(_ commit: Commit, to contents: inout StoreContents) {
        let arrival = UInt32(commit.arrival.milliseconds / 1_000)
        for added in commit.newSeries where keepsTotals {
            let isNewest = added.family.kind == .gauge || added.family.kind == .samples
            contents.totals[name(added)] = TotalRecord(
                through: 0,
                lastArrival: 0,
                number: isNewest ? SeriesTotals.Newest.none : 0
            )
        }
        for point in commit.increments.map(SeriesPoint.init) + commit.points {
            let added = series[Int(point.series.number)]
            contents.add(point, added.family.kind)
            guard keepsTotals else { continue }
            ModelStore.add(point, added.family.kind, to: &contents.totals[name(added)]!)
            contents.totals[name(added)]!.lastArrival = arrival
        }
        for sample in commit.samples {
            contents.samples[sample.series.number, default: [:]][sample.milliseconds] = sample.bits
            guard keepsTotals else { continue }
            contents.totals[name(series[Int(sample.series.number)])]!.number =
                Int128(sample.milliseconds) << 64 | Int128(sample.bits)
            contents.totals[name(series[Int(sample.series.number)])]!.lastArrival = arrival
        }
        contents.counts = commit.counts
        contents.watermark = commit.watermark
        contents.commits += 1
    }

    private static func add(_ point: SeriesPoint, _ kind: MetricFamily.Kind, to total: inout TotalRecord) {
        switch kind {
        case .counter where point.detail == PointDetail.inexact,
            .histogram where point.detail == PointDetail.inexactSum:
            total.inexact += Double(bitPattern: point.payload)
        case .histogram where point.detail < PointDetail.exactSum:
            while total.bins.count <= Int(point.detail) { total.bins.append(0) }
            total.bins[Int(point.detail)] += Int64(point.payload)
        case .counter, .histogram:
            total.number += Int128(Int64(bitPattern: point.payload))
        case .gauge:
            let time = Int64(point.slot.number) << 32 | Int64(point.detail)
            if time >= Int64(truncatingIfNeeded: total.number >> 64) {
                total.number = Int128(time) << 64 | Int128(point.payload)
            }
        case .distinct:
            let known = total.registers.first { $0 >> 6 == point.detail >> 6 } ?? 0
            if point.detail > known {
                total.registers = (total.registers.filter { $0 != known } + [point.detail]).sorted()
            }
        case .samples:
            preconditionFailure("samples are not points")
        }
    }

    private func name(_ series: NewSeries) -> SeriesName {
        SeriesName(family: series.family.name, labels: series.labels.expositionText)
    }

    // MARK: - Identities

    mutating func archive(hour: UInt32, in store: SeriesStore) throws {
        guard let hours = identities.removeValue(forKey: hour) else { return }
        try store.archiveIdentities(hour: hour, hours.map { (fingerprint: $0.key, digest: $0.value) })
        archived[hour] = hours
    }

    mutating func expire(before hour: UInt32, in store: SeriesStore) throws {
        try store.expireIdentities(before: hour)
        identities = identities.filter { $0.key >= hour }
        archived = archived.filter { $0.key >= hour }
    }

    /// What the store has in the place of `identities`.
    func identities(of store: SeriesStore) throws -> [UInt32: [UInt64: UInt32]] {
        var found: [UInt32: [UInt64: UInt32]] = [:]
        try store.forEachIdentity { hour, fingerprint, digest in found[hour, default: [:]][fingerprint] = digest }
        return found
    }
}
