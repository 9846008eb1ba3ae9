// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A chunk of the hot database, which may have points of a sealed day that came late.
struct HotChunk {
    var entry: ChunkList.Entry
    /// Whether it is left out, because its sums say enough.
    var isSkipped = false
}

/// Reads event series for readers that look at the edges of windows only: decodes the chunks in which samples are looked
/// at, and takes the sums of the others.
extension SeriesReader {
    /// Whether a series can be read that way: not one whose values are no sums, nor a gauge whose every drop is asked for.
    func canSkip(_ request: EventRequest, _ edges: KeptBoundaries, _ runs: LiveRuns) -> Bool {
        // Without an idle time a series ends behind each of its points.
        guard runs.idle > 0, runs.first <= runs.last else { return false }
        switch request.family.kind {
        case .counter, .histogram: return true
        case .gauge: return !edges.windows.needsDrops
        case .distinct, .samples: return false
        }
    }

    /// Appends the samples that are looked at.
    func readEdges(
        _ request: EventRequest,
        _ edges: KeptBoundaries,
        of view: SeriesView,
        _ runs: LiveRuns,
        openSlot: Int64,
        into output: inout SparseSamples
    ) throws(StoreError) {
        let present = PresentPoints(
            view: view.serial,
            series: request.id.number,
            first: runs.first,
            last: runs.last,
            windows: edges.windows,
            isSum: request.part == .sum
        )
        if self.present != present || request.family.kind != .histogram {
            self.present = nil
            var gathering = EdgeGathering(self, request, view, SkipRule(request, edges, runs))
            try gathering.run()
            self.present = present
        }
        appendSparse(request, runs, openSlot: openSlot, &output)
    }
}

/// Gathers the points of one series that have to be decoded into a reader's `points`, the others into its `skipped`, and
/// what is before the time asked into its `base`.
///
/// What is decided on is a sealed day with all that is in it, or a span of slots: the chunk of a sealed day and the one of
/// the hot database with what came late. Either all of it is decoded or nothing; a span of which the head has points is.
/// What is decoded is put together in the order in which a full reading does it, so that floating point numbers are added
/// in the same order.
private struct EdgeGathering {
    private let reader: SeriesReader
    private let request: EventRequest
    private let view: SeriesView
    private let skip: SkipRule
    private let rule: PointRule
    private let slotsPerDay: Int64
    private let positions: ChunkPositions
    /// The next chunk of the hot database.
    private var next = 0
    /// The last slot with a point of what was decided on.
    private var previous: Int64?

    init(_ reader: SeriesReader, _ request: EventRequest, _ view: SeriesView, _ skip: SkipRule) {
        self.reader = reader
        self.request = request
        self.view = view
        self.skip = skip
        rule = PointRule(request.family)
        slotsPerDay = Int64(view.store.spans.slotsPerDay)
        positions = .slots(view.store.spans)
    }

    mutating func run() throws(StoreError) {
        let reader = reader
        let rule = rule
        reader.base = PointBase()
        reader.points.count = 0
        reader.stored.count = 0
        reader.skipped.removeAll()
        reader.hotChunks.removeAll(keepingCapacity: true)
        let (firstEra, lastEra) = (era(of: skip.first), era(of: skip.last))
        var through: UInt64 = 0
        var gathering = self
        try view.cursors.with { cursors throws(StoreError) in
            let last = gathering.skip.last
            try reader.eachList(of: request.id, eras: 0...lastEra, cursors, view.store, positions) {
                list throws(StoreError) in
                through = max(through, list.through)
                for entry in list.entries where entry.first <= last { reader.hotChunks.append(HotChunk(entry: entry)) }
            }
            reader.collectHead(request.id, view, through: through, rule)
            try reader.eachSealedDay(
                of: request.id,
                eras: min(firstEra, lastEra)...lastEra,
                cursors,
                view.store,
                positions,
                rule,
                before: { reader.base.add($0, rule) },
                day: { sealed throws(StoreError) in try gathering.add(sealed) }
            )
            gathering.addHotDays(before: .max)
            try gathering.readHotChunks(cursors)
        }
        self = gathering
        reader.mergeHead(skip.first, skip.last, rule)
    }

    private func era(of slot: Int64) -> UInt16 {
        ChunkList.era(ofDay: UInt32(clamping: max(slot, 0) / slotsPerDay))
    }

    // MARK: - What to decode

    private mutating func add(_ sealed: SealedEra.Day) throws(StoreError) {
        guard sealed.first <= skip.last else { return }
        addHotDays(before: sealed.day)
        if sealed.last < skip.first || sealed.day < view.days.floor {
            reader.base.add(sealed.sums, rule)
            return
        }
        let hot = hotChunks(ofDay: sealed.day)
        reader.skipped.add(sealed)
        if take(hot, Int64(sealed.day) * slotsPerDay, slots: slotsPerDay, isDay: true) {
            next = hot.upperBound
            return
        }
        try addSpans(of: sealed, hot)
    }

    /// Goes span by span through a sealed day and what came late of it.
    private mutating func addSpans(of sealed: SealedEra.Day, _ hot: Range<Int>) throws(StoreError) {
        let day = try reader.open(sealed, of: view)
        let entry = try reader.entry(of: request.id, in: day, positions)
        let chunks = entry.list.entries
        var index = 0
        while index < chunks.count, chunks[index].last < skip.first {
            reader.base.add(chunks[index], rule)
            index += 1
        }
        var decoded: Range<Int>?
        while index < chunks.count, chunks[index].first <= skip.last {
            addHotSpans(before: chunks[index].place, end: hot.upperBound)
            var late = next..<next
            if next < hot.upperBound, reader.hotChunks[next].entry.place == chunks[index].place {
                late = next..<(next + 1)
            }
            reader.skipped.add(chunks[index], rule)
            if !take(late, start(of: chunks[index].place), slots: Int64(view.store.spans.slotsPerSpan)) {
                if let run = decoded, run.upperBound == index {
                    decoded = run.lowerBound..<(index + 1)
                } else {
                    try read(decoded, of: entry, in: day)
                    decoded = index..<(index + 1)
                }
            }
            next = late.upperBound
            index += 1
        }
        try read(decoded, of: entry, in: day)
        addHotSpans(before: nil, end: hot.upperBound)
    }

    /// Decides on the days before one, of which only the hot database has something.
    private mutating func addHotDays(before day: UInt32) {
        while next < reader.hotChunks.count, reader.hotChunks[next].entry.place.day < day {
            addHotSpans(before: nil, end: hotChunks(ofDay: reader.hotChunks[next].entry.place.day).upperBound)
        }
    }

    /// Decides on spans of which only the hot database has something.
    private mutating func addHotSpans(before place: ChunkPlace?, end: Int) {
        while next < end, place.map({ reader.hotChunks[next].entry.place < $0 }) ?? true {
            let start = start(of: reader.hotChunks[next].entry.place)
            _ = take(next..<(next + 1), start, slots: Int64(view.store.spans.slotsPerSpan))
            next += 1
        }
    }

    /// The chunks of the hot database of one day, from the next one on.
    private func hotChunks(ofDay day: UInt32) -> Range<Int> {
        var end = next
        while end < reader.hotChunks.count, reader.hotChunks[end].entry.place.day == day { end += 1 }
        return next..<end
    }

    private func start(of place: ChunkPlace) -> Int64 { Int64(view.store.spans.firstSlot(of: place).number) }

    /// Decides on what was put together with some chunks of the hot database, which lie in slots from `start` on.
    ///
    /// - Returns: whether it is left out.
    private mutating func take(_ hot: Range<Int>, _ start: Int64, slots: Int64, isDay: Bool = false) -> Bool {
        let skipped = reader.skipped
        for index in hot where reader.hotChunks[index].entry.last >= skip.first {
            skipped.add(reader.hotChunks[index].entry, rule)
        }
        guard skipped.open.sources > 0 else { return true }
        let behind = reader.added.lowerBound(clamping: start)
        let hasHead = behind < reader.added.count && Int64(reader.added.slots[behind]) < start + slots
        let base = reader.base.lastSlot
        let last = skipped.open.last
        let known = previous.map { max($0, base ?? $0) } ?? base
        guard !hasHead, skip.allows(skipped, after: known) else {
            skipped.discard()
            // A day is looked at again, span by span.
            if !isDay { previous = max(previous ?? last, last) }
            return false
        }
        previous = max(previous ?? last, last)
        for index in hot where reader.hotChunks[index].entry.last >= skip.first {
            reader.hotChunks[index].isSkipped = true
        }
        skipped.keep()
        return true
    }

    // MARK: - Decoding

    private func read(_ chunks: Range<Int>?, of entry: DayEntry, in day: OpenDay) throws(StoreError) {
        guard let chunks else { return }
        let data = try DayData(day, entry, chunks: chunks, withShared: false)
        for index in chunks {
            let before = reader.stored.count
            try reader.readPoints(index, data, request.family.kind, view, into: reader.stored)
            cut(reader.stored, from: before, entry.list.entries[index])
        }
    }

    private func readHotChunks(_ cursors: ReadCursors) throws(StoreError) {
        let late = reader.stored.count > 0 ? reader.overlay : reader.stored
        late.count = 0
        for chunk in reader.hotChunks where !chunk.isSkipped {
            if chunk.entry.last < skip.first {
                reader.base.add(chunk.entry, rule)
                continue
            }
            let before = late.count
            try reader.readPoints(chunk.entry.place, kind: request.family.kind, of: view, cursors, into: late)
            cut(late, from: before, chunk.entry)
        }
        if late !== reader.stored { reader.addLate(late, rule) }
    }

    private func cut(_ points: PointColumns, from start: Int, _ entry: ChunkList.Entry) {
        guard entry.first < skip.first || entry.last > skip.last else { return }
        reader.cut(points, from: start, skip.first, skip.last, rule)
    }
}
