// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Store

/// The dictionary twin of a `SeriesStore`: makes random commits, writes them to the store and to itself.
struct ModelStore {
    private(set) var contents = StoreContents()
    /// Identities by hour of arrival: fingerprint and digest.
    private(set) var identities: [UInt32: [UInt64: UInt32]] = [:]
    private(set) var archived: [UInt32: [UInt64: UInt32]] = [:]
    private var series: [NewSeries] = []
    private var commits: [Commit] = []

    static let clicks = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one)
    static let spend = MetricFamily(name: "spend_total", help: "Money.", kind: .counter, unit: .micro)

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
            if series[number].family.unit == .micro, random.chance(15) {
                // Quarters, so that their sums are exact in whatever order they are made.
                let value = Double(random.below(4_000)) / 4
                commit.inexactIncrements.append(
                    InexactIncrement(series: series[number].id, slot: slot, value: value)
                )
            } else {
                let units = Int64(random.anyMagnitude() >> 20)
                commit.increments.append(Increment(series: series[number].id, slot: slot, units: units))
            }
        }
        if random.chance(40) { addIdentities(&commit, &random) }
        var counts = contents.counts
        counts.accepted += UInt64(commit.increments.count + commit.inexactIncrements.count)
        counts.inexact += UInt64(commit.inexactIncrements.count)
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
        commits.append(commit)
        apply(commit, to: &contents)
    }

    private mutating func pickSeries(
        _ store: SeriesStore,
        _ random: inout SeededRandom,
        mostSeries: Int
    ) -> Int {
        guard series.isEmpty || series.count < mostSeries && random.chance(20) else {
            return random.below(series.count)
        }
        let family = random.chance(50) ? ModelStore.clicks : ModelStore.spend
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
        for added in commit.newSeries { contents.totals[name(added)] = StoreContents.Total() }
        for increment in commit.increments {
            contents.add(increment.series.number, increment.slot, increment.units)
            let name = name(series[Int(increment.series.number)])
            contents.totals[name]?.units += Int128(increment.units)
            contents.totals[name]?.lastArrival = arrival
        }
        for increment in commit.inexactIncrements {
            contents.add(increment.series.number, increment.slot, increment.value)
            let name = name(series[Int(increment.series.number)])
            contents.totals[name]?.inexact += increment.value
            contents.totals[name]?.lastArrival = arrival
        }
        contents.counts = commit.counts
        contents.watermark = commit.watermark
        contents.commits += 1
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
