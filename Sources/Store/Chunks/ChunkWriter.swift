// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// Adds what a checkpoint has set apart to the chunks of one series after the other. One thread.
final class ChunkWriter {
    private let store: SeriesStore
    private let layer: HeadLayer
    private let through: UInt64
    private let added = PointColumns()
    private let part = PointColumns()
    private let stored = PointColumns()
    private let merged = PointColumns()
    private let samples = SampleColumns()
    private let scratch = ColumnScratch()
    /// Chunks whose slots others may have, too, and the entries that hold such slots.
    private var sharing: SlotSharing
    /// The lists of the series at hand, by era.
    private var lists: [UInt16: ChunkList] = [:]

    /// Samples in a chunk, at most.
    static let mostSamples = 2_048

    init(store: SeriesStore, layer: HeadLayer, through: UInt64, leastSharedBytes: Int) {
        self.store = store
        sharing = SlotSharing(store: store, leastBytes: leastSharedBytes)
        self.layer = layer
        self.through = through
    }

    /// About how many bytes `finish` will put into the batch.
    var pendingBytes: Int { sharing.pendingBytes }

    /// Puts the changed chunks of a series and their lists into a batch; some chunks not before `finish`.
    func write(_ id: SeriesID, kind: MetricFamily.Kind, to batch: WriteBatch) throws(StoreError) {
        lists.removeAll(keepingCapacity: true)
        if kind == .samples {
            try writeSamples(id, to: batch)
        } else {
            try writePoints(id, family: store.index.metricFamily(of: id), to: batch)
        }
        let positions = store.positions(of: kind)
        for (era, var list) in lists {
            list.through = through
            let key = KeySpace.chunkList(id, era: era)
            batch.put(key, list.encode(era: era, positions: positions, key: key))
        }
    }

    /// Puts the chunks into the batch that wait for others with the same slots. It has to be called before the batch is
    /// written: all of one series is in one batch.
    func finish(_ batch: WriteBatch) throws(StoreError) {
        try sharing.finish(batch)
    }

    // MARK: - Points

    private func writePoints(_ id: SeriesID, family: MetricFamily, to batch: WriteBatch) throws(StoreError) {
        let rule = PointRule(family)
        added.count = 0
        layer.points.collect(id.number, through: .max, into: added)
        added.settle(rule)
        var start = 0
        while start < added.count {
            let place = store.spans.place(of: Slot(added.slots[start]), series: id)
            let first = store.spans.firstSlot(of: place)
            let end = added.lowerBound(clamping: Int64(first.number) + Int64(store.spans.slotsPerSpan), from: start)
            part.count = 0
            part.append(added, start..<end)
            start = end

            let era = try loadList(of: id, day: place.day, kind: family.kind)
            var points = part
            var old: SharedSlots.Reference?
            if lists[era]?.index(of: place).isThere ?? false {
                old = try store.readChunk(at: place, kind: family.kind, into: stored, scratch)
                merged.merge(stored, part, rule)
                points = merged
            }
            if let plain = PlainChunk(points, from: first, kind: family.kind, scratch) {
                let keeps = old != nil && points.hasSlots(of: stored)
                try sharing.add(plain, at: place, instead: old, keeps: keeps, to: batch)
            } else {
                if let old { try sharing.leave(old, from: place) }
                let bytes = EventChunk.encode(points, at: place, from: first, kind: family.kind, scratch)
                batch.put(KeySpace.chunk(place), bytes)
            }
            lists[era]?.update(
                ChunkList.Entry(
                    place: place,
                    first: Int64(points.slots[0]),
                    last: Int64(points.slots[points.count - 1]),
                    sums: ChunkSum.sums(of: points, 0..<points.count, rule)
                )
            )
        }
    }

    /// Makes sure that the list of a day's era is in `lists`; the era.
    private func loadList(of id: SeriesID, day: UInt32, kind: MetricFamily.Kind) throws(StoreError) -> UInt16 {
        let era = ChunkList.era(ofDay: day)
        if lists[era] == nil { lists[era] = try store.readList(of: id, era: era, kind: kind) ?? ChunkList() }
        return era
    }

    // MARK: - Samples

    private func writeSamples(_ id: SeriesID, to batch: WriteBatch) throws(StoreError) {
        samples.count = 0
        layer.samples.reading(id.number)?.collect(through: .max, from: .min, through: .max, into: samples)
        guard samples.count > 0 else { return }
        // The day's last chunk goes on until it is full.
        var day = ChunkWriter.day(of: samples.timestamps[0])
        var era = try loadList(of: id, day: day, kind: .samples)
        var span = 0
        if let last = lists[era]?.entries.last(where: { $0.place.day == day }) {
            span = Int(last.place.span)
            let new = SampleColumns(capacity: samples.count + ChunkWriter.mostSamples)
            try store.readChunk(at: last.place, into: new, scratch)
            if new.count < ChunkWriter.mostSamples {
                new.reserve(samples.count)
                (new.timestamps + new.count).update(from: samples.timestamps, count: samples.count)
                (new.values + new.count).update(from: samples.values, count: samples.count)
                new.count += samples.count
                samples.count = 0
                samples.reserve(new.count)
                samples.timestamps.update(from: new.timestamps, count: new.count)
                samples.values.update(from: new.values, count: new.count)
                samples.count = new.count
            } else {
                span += 1
            }
        }
        var start = 0
        while start < samples.count {
            let first = samples.timestamps[start]
            if ChunkWriter.day(of: first) != day {
                day = ChunkWriter.day(of: first)
                era = try loadList(of: id, day: day, kind: .samples)
                span = 0
            }
            let dayEnd = (Int64(day) + 1) * 86_400_000
            var end = min(start + ChunkWriter.mostSamples, samples.count)
            while samples.timestamps[end - 1] >= dayEnd { end -= 1 }
            // A day of milliseconds has 42,188 chunks.
            let place = ChunkPlace(day: day, series: id, span: UInt16(span))
            batch.put(KeySpace.chunk(place), SampleChunk.encode(samples, start..<end, at: place, scratch))
            lists[era]?.update(ChunkList.Entry(place: place, first: first, last: samples.timestamps[end - 1]))
            span += 1
            start = end
        }
    }

    static func day(of milliseconds: Int64) -> UInt32 {
        UInt32(clamping: milliseconds / 86_400_000)
    }
}
