// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// Makes the file of a day from what the hot database has of it, and from the file before, if there is one. One thread.
final class DayWriting {
    private let store: SeriesStore
    private let day: UInt32
    private let era: UInt16
    private let writer: DayFileWriter
    private let scratch = ColumnScratch()
    private var lookup = DayLookup()
    private let old = PointColumns()
    private let late = PointColumns()
    private let merged = PointColumns()
    private let samples = SampleColumns()

    init(_ store: SeriesStore, day: UInt32, writer: DayFileWriter) {
        self.store = store
        self.day = day
        self.writer = writer
        era = ChunkList.era(ofDay: day)
    }

    /// Adds everything to the file.
    ///
    /// - Parameters:
    ///   - previous: the file before.
    ///   - leavesOut: series that are not to be in the file any more.
    /// - Throws: `corrupt` when something is not as it was written.
    func write(previous: OpenDay?, leavesOut: (SeriesID) -> Bool = { _ in false }) throws(StoreError) {
        var hot = try HotDay(store, day: day)
        var next = try hot.next(withBytes: true)
        if let previous {
            for number in 0..<previous.blockCount {
                let block = try previous.readBlock(number)
                let entries = try previous.entries(in: block) { [store] id in
                    store.positions(of: store.index.metricFamily(of: id).kind)
                }
                for entry in entries {
                    let id = entry.series
                    while let series = next, series.id.number < id.number {
                        try add(series, isAlone: false, leavesOut)
                        next = try hot.next(withBytes: true)
                    }
                    var overlay: HotDay.Series?
                    if let series = next, series.id.number == id.number {
                        overlay = series.chunks.isEmpty ? nil : series
                        next = try hot.next(withBytes: true)
                    }
                    if leavesOut(id) {
                        try addShared(of: entry, previous)
                    } else {
                        try add(entry, previous, overlay)
                    }
                }
            }
        }
        while let series = next {
            try add(series, isAlone: previous == nil, leavesOut)
            next = try hot.next(withBytes: true)
        }
    }

    // MARK: - From the hot database

    /// - Parameter isAlone: whether the file has only what is in the hot database, so that chunks stay as they are. Slots
    ///   that chunks share may have the name of others in the file before; then each chunk gets its own.
    private func add(
        _ series: HotDay.Series,
        isAlone: Bool,
        _ leavesOut: (SeriesID) -> Bool
    ) throws(StoreError) {
        let family = store.index.metricFamily(of: series.id)
        let positions = store.positions(of: family.kind)
        var list = try hotList(of: series, family.kind)
        let isLeftOut = leavesOut(series.id)
        var chunks = series.chunks.map(\.bytes)
        if isAlone {
            // Of a series that is left out others may have the slots.
            if isLeftOut { (list, chunks) = (ChunkList(), []) }
            guard !chunks.isEmpty || !series.shared.isEmpty else { return }
            try writer.add(series.id, list, positions: positions, chunks: chunks, shared: series.shared)
            return
        }
        guard !chunks.isEmpty, !isLeftOut else { return }
        if family.kind != .samples {
            for (index, entry) in list.entries.enumerated() {
                try store.readChunk(at: entry.place, kind: family.kind, into: late, scratch)
                chunks[index] = encode(late, at: entry.place, family.kind)
            }
        }
        list.through = 0
        try writer.add(series.id, list, positions: positions, chunks: chunks, shared: [])
    }

    /// What the list of the era says of the day's chunks, which have to be those that are there.
    private func hotList(of series: HotDay.Series, _ kind: MetricFamily.Kind) throws(StoreError) -> ChunkList {
        var list = try store.readList(of: series.id, era: era, kind: kind) ?? ChunkList()
        list.entries.removeAll { $0.place.day != day }
        list.through = 0
        guard list.entries.map(\.place.span) == series.chunks.map(\.span) else {
            throw Recovery.missing(store.database, KeySpace.chunkList(series.id, era: era))
        }
        return list
    }

    private func encode(_ points: PointColumns, at place: ChunkPlace, _ kind: MetricFamily.Kind) -> [UInt8] {
        let first = store.spans.firstSlot(of: place)
        if let plain = PlainChunk(points, from: first, kind: kind, scratch) {
            return plain.encode(sharing: nil, key: place.checksum)
        }
        return EventChunk.encode(points, at: place, from: first, kind: kind, scratch)
    }

    // MARK: - From the file before

    /// Of a series that is left out others may have the slots.
    private func addShared(of entry: DayEntry, _ previous: OpenDay) throws(StoreError) {
        guard !entry.shared.isEmpty else { return }
        let shared = try shared(of: DayData(previous, entry))
        let positions = store.positions(of: store.index.metricFamily(of: entry.series).kind)
        try writer.add(entry.series, ChunkList(), positions: positions, chunks: [], shared: shared)
    }

    private func shared(of data: DayData) throws(StoreError) -> [(span: UInt16, hash: UInt16, bytes: [UInt8])] {
        var found: [(span: UInt16, hash: UInt16, bytes: [UInt8])] = []
        for (index, slots) in data.entry.shared.enumerated() {
            let bytes = Array(data.shared(index))
            try data.checkShared(index, bytes)
            found.append((slots.span, slots.hash, bytes))
        }
        return found
    }

    private func add(_ entry: DayEntry, _ previous: OpenDay, _ overlay: HotDay.Series?) throws(StoreError) {
        let family = store.index.metricFamily(of: entry.series)
        let positions = store.positions(of: family.kind)
        let data = try DayData(previous, entry)
        let shared = try shared(of: data)
        guard let overlay else {
            var chunks: [[UInt8]] = []
            for index in entry.list.entries.indices { chunks.append(try data.checkedChunk(index)) }
            try writer.add(entry.series, entry.list, positions: positions, chunks: chunks, shared: shared)
            return
        }
        let added = try hotList(of: overlay, family.kind)
        if family.kind == .samples {
            try addSamples(entry, data, added)
            return
        }
        let rule = PointRule(family)
        var list = ChunkList()
        var chunks: [[UInt8]] = []
        var (left, right) = (0, 0)
        while left < entry.list.entries.count || right < added.entries.count {
            let sealed = left < entry.list.entries.count ? entry.list.entries[left] : nil
            let hot = right < added.entries.count ? added.entries[right] : nil
            if let sealed, hot.map({ sealed.place < $0.place }) ?? true {
                chunks.append(try data.checkedChunk(left))
                list.entries.append(sealed)
                left += 1
                continue
            }
            guard let hot else { break }
            right += 1
            try store.readChunk(at: hot.place, kind: family.kind, into: late, scratch)
            var points = late
            if let sealed, sealed.place == hot.place {
                old.count = 0
                try data.readPoints(left, kind: family.kind, store.spans, into: old, &lookup, scratch)
                merged.merge(old, late, rule)
                points = merged
                left += 1
            }
            chunks.append(encode(points, at: hot.place, family.kind))
            list.entries.append(
                ChunkList.Entry(
                    place: hot.place,
                    first: Int64(points.slots[0]),
                    last: Int64(points.slots[points.count - 1]),
                    sums: ChunkSum.sums(of: points, 0..<points.count, rule)
                )
            )
        }
        try writer.add(entry.series, list, positions: positions, chunks: chunks, shared: shared)
    }

    /// Late samples come behind those of the file: in a series time goes on.
    private func addSamples(_ entry: DayEntry, _ data: DayData, _ added: ChunkList) throws(StoreError) {
        samples.count = 0
        for index in entry.list.entries.indices { try data.readSamples(index, into: samples, scratch) }
        let late = SampleColumns()
        for chunk in added.entries {
            try store.readChunk(at: chunk.place, into: late, scratch)
            samples.append(late.timestamps, late.values, count: late.count)
        }
        for index in stride(from: 1, to: samples.count, by: 1)
        where samples.timestamps[index] <= samples.timestamps[index - 1] {
            throw data.day.file.corrupt("the samples of series \(entry.series.number) go back in time")
        }
        var list = ChunkList()
        var chunks: [[UInt8]] = []
        var start = 0
        while start < samples.count {
            let end = min(start + ChunkWriter.mostSamples, samples.count)
            let place = ChunkPlace(day: day, series: entry.series, span: UInt16(chunks.count))
            chunks.append(SampleChunk.encode(samples, start..<end, at: place, scratch))
            list.entries.append(
                ChunkList.Entry(place: place, first: samples.timestamps[start], last: samples.timestamps[end - 1])
            )
            start = end
        }
        try writer.add(entry.series, list, positions: .milliseconds, chunks: chunks, shared: [])
    }
}
