// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
public import TimeSeries

extension SeriesStore {
    /// Makes a commit durable, by one synced write, and then visible.
    ///
    /// - Precondition: its new series are those that `takeNewSeries` gave, and all of them.
    /// - Throws: nothing of the commit is visible then, and it is unknown whether it is on the disk: the store has to be
    ///   closed and opened again, which finds out.
    public func commit(_ commit: Commit) throws(StoreError) {
        let (sequence, commits) = state.withLock { ($0.sequence + 1, $0.progress.commits + 1) }
        var progress = Progress()
        progress.arrival = commit.arrival
        progress.watermark = commit.watermark
        progress.commits = commits
        progress.counts = commit.counts

        let batch = WriteBatch()
        for family in index.takeUnstoredFamilies() {
            batch.put(KeySpace.family(family.name), FamilyRecord.encode(family))
        }
        for series in commit.newSeries {
            batch.put(
                KeySpace.series(series.id),
                SeriesRecord.encode(
                    family: series.family.name,
                    labels: series.labels,
                    created: index.created(series.id)
                )
            )
        }
        let record = JournalRecord(
            progress: progress,
            increments: commit.increments,
            inexactIncrements: commit.inexactIncrements
        ).encode()
        batch.put(KeySpace.journal(sequence), record)
        if !commit.fingerprints.isEmpty {
            let hour = UInt32(clamping: commit.arrival.milliseconds / 3_600_000)
            batch.put(
                KeySpace.identities(hour: hour, sequence: sequence),
                IdentityBlock.encode(commit.fingerprints, commit.digests)
            )
        }
        try storeErrors { () throws(LevelDBError) in try database.write(batch, sync: true) }

        let arrival = UInt32(clamping: commit.arrival.milliseconds / 1_000)
        let newCount = commit.newSeries.last.map { Int($0.id.number) + 1 } ?? 0
        state.withLock { state in
            state.sequence = sequence
            state.progress = progress
            state.journalBytes += record.count
            state.head.grow(to: newCount)
            state.head.apply(commit.increments, commit.inexactIncrements, arrival: arrival)
        }
    }

    /// Writes what the head has gathered into chunks, and drops the journal up to there.
    ///
    /// Commits go on meanwhile. Each step is a synced write of its own, and each chunk says which commits it holds, so
    /// that a crash between any two leaves nothing out and counts nothing twice.
    ///
    /// - Throws: the store has to be closed and opened again.
    public func checkpoint() throws(StoreError) {
        let started = state.withLock {
            state -> (HeadSegment, CheckpointRecord, [Int128], [UInt32: Double], [UInt32])? in
            guard state.head.frozen == nil, state.sequence > state.checkpoint.through else { return nil }
            var record = state.checkpoint
            record.writing = state.sequence
            record.progress = state.progress
            let totals = state.head.totals
            let inexact = state.head.inexactTotals
            let arrivals = state.head.lastArrivals
            return (state.head.freeze(), record, totals, inexact, arrivals)
        }
        guard let (segment, begun, totals, inexactTotals, arrivals) = started else { return }
        let old = state.withLock { $0.checkpoint }
        var marker = old
        marker.writing = begun.writing
        try write { batch in batch.put(KeySpace.meta(CheckpointRecord.name), marker.encode()) }

        try writeChunks(segment, through: begun.writing, totals, inexactTotals, arrivals)

        var done = begun
        done.through = begun.writing
        if let watermark = done.progress.watermark { done.slot = max(old.slot, resolution.slot(of: watermark)) }
        try write { batch in
            for sequence in (old.through + 1)...done.through { batch.delete(KeySpace.journal(sequence)) }
            batch.put(KeySpace.meta(CheckpointRecord.name), done.encode())
        }
        state.withLock { state in
            state.head.dropFrozen()
            state.checkpoint = done
            state.journalBytes = 0
        }
    }

    /// Chunks and totals of the series that grew, in batches of `CheckpointLimits.batchBytes`.
    private func writeChunks(
        _ segment: HeadSegment,
        through: UInt64,
        _ totals: [Int128],
        _ inexactTotals: [UInt32: Double],
        _ arrivals: [UInt32]
    ) throws(StoreError) {
        var inexactOfSeries: [UInt32: [InexactIncrement]] = [:]
        for increment in segment.inexact { inexactOfSeries[increment.series.number, default: []].append(increment) }
        let series = Set(segment.touched).union(inexactOfSeries.keys).sorted()
        let batchBytes = state.withLock { $0.limits.batchBytes }
        var batch = WriteBatch()
        for number in series {
            var spanPoints: [ChunkPlace: (exact: [CounterChunk.Point], inexact: [InexactIncrement])] = [:]
            for point in segment.points(of: number) {
                spanPoints[spans.place(of: point.slot, series: SeriesID(number)), default: ([], [])].exact.append(point)
            }
            for increment in inexactOfSeries[number] ?? [] {
                spanPoints[spans.place(of: increment.slot, series: SeriesID(number)), default: ([], [])].inexact
                    .append(increment)
            }
            for (place, points) in spanPoints {
                var chunk = try self.chunk(at: place) ?? CounterChunk()
                chunk.merge(points.exact)
                for increment in points.inexact {
                    chunk.merge(
                        inexact: CounterChunk.InexactPoint(slot: increment.slot, value: increment.value)
                    )
                }
                chunk.through = through
                batch.put(KeySpace.chunk(place), chunk.encode(from: spans.firstSlot(of: place)))
            }
            let total = TotalRecord(
                through: through,
                units: totals[Int(number)],
                inexact: inexactTotals[number] ?? 0,
                lastArrival: arrivals[Int(number)]
            )
            batch.put(KeySpace.total(SeriesID(number)), total.encode())
            if batch.byteCount > batchBytes {
                let full = batch
                try storeErrors { () throws(LevelDBError) in try database.write(full, sync: true) }
                batch = WriteBatch()
            }
        }
        let rest = batch
        if !rest.isEmpty { try storeErrors { () throws(LevelDBError) in try database.write(rest, sync: true) } }
    }

    /// The chunk of a place, or nil.
    func chunk(at place: ChunkPlace) throws(StoreError) -> CounterChunk? {
        let key = KeySpace.chunk(place)
        guard let bytes = try storeErrors({ () throws(LevelDBError) in try database.get(key) }) else { return nil }
        var malformed: ByteReader.Malformed?
        let chunk = bytes.withUnsafeBytes { bytes -> CounterChunk? in
            do throws(ByteReader.Malformed) {
                return try CounterChunk.decode(bytes, from: spans.firstSlot(of: place), span: spans.slotsPerSpan)
            } catch {
                malformed = error
                return nil
            }
        }
        if let malformed { throw Recovery.corrupt(database, key, malformed) }
        return chunk
    }

    private func write(_ fill: (WriteBatch) -> Void) throws(StoreError) {
        let batch = WriteBatch()
        fill(batch)
        try storeErrors { () throws(LevelDBError) in try database.write(batch, sync: true) }
    }
}
