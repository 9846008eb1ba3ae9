// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

extension SeriesStore {
    /// Writes what the head has gathered into chunks, and drops the journal up to there.
    ///
    /// Commits go on meanwhile. Each step is a synced write of its own. All that belongs to one series (its chunks, their
    /// list, its total) is in one of them and says through which commit it is, so that a crash between any two leaves
    /// nothing out and counts nothing twice.
    ///
    /// One thread at a time.
    ///
    /// - Throws: `diskFull`, `io`, `corrupt` when a chunk to be added to is broken; the store has to be closed and opened
    ///   again.
    /// - Complexity: O(points since the last checkpoint), and a chunk read and written for each series that has any.
    public func checkpoint() throws(StoreError) {
        try requireWholeDays()
        let started = state.withLock { state -> (HeadLayer, CheckpointRecord, SeriesTotals, Int)? in
            guard state.head.frozen == nil, state.sequence > state.checkpoint.through else { return nil }
            var record = state.checkpoint
            record.through = state.sequence
            record.progress = state.progress
            return (state.head.freeze(through: state.sequence), record, state.head.totals, state.journalBytes)
        }
        guard let (layer, begun, totals, journalBytes) = started else { return }
        let old = state.withLock { $0.checkpoint }
        try writeChunks(layer, through: begun.through, totals)

        var done = begun
        if let watermark = done.progress.watermark { done.slot = max(old.slot, resolution.slot(of: watermark)) }
        try write { batch in
            for sequence in (old.through + 1)...done.through { batch.delete(KeySpace.journal(sequence)) }
            batch.put(KeySpace.meta(CheckpointRecord.name), done.encode())
        }
        state.withLock { state in
            state.head.dropFrozen()
            state.checkpoint = done
            state.journalBytes -= journalBytes
        }
    }

    /// Writes everything into chunks, seals the days that are due, and has LevelDB drop the journal from its files. For a directory that is to be
    /// copied, measured, or not written for long. One thread at a time, and not beside `checkpoint`.
    ///
    /// - Parameter isCancelled: asked now and then while days are sealed, which is given up when it says so.
    /// - Throws: as `checkpoint` and `maintain`.
    /// - Complexity: O(everything).
    public func compact(isCancelled: @escaping () -> Bool = { false }) throws(StoreError) {
        try checkpoint()
        while try maintain(clock: clock.now, isCancelled: isCancelled) {}
        database.compact()
    }

    /// Chunks, lists and totals of the series that have something new, in batches of `CheckpointLimits.batchBytes`.
    private func writeChunks(_ layer: HeadLayer, through: UInt64, _ totals: SeriesTotals) throws(StoreError) {
        let limits = state.withLock { $0.limits }
        let writer = ChunkWriter(
            store: self,
            layer: layer,
            through: through,
            leastSharedBytes: limits.leastSharedBytes
        )
        var batch = WriteBatch()
        for number in (layer.points.touched + layer.samples.touched).sorted() {
            let id = SeriesID(number)
            try writer.write(id, kind: totals.kinds[Int(number)], to: batch)
            batch.put(KeySpace.total(id), totals.record(id, through: through).encode())
            if batch.byteCount + writer.pendingBytes > limits.batchBytes {
                try writer.finish(batch)
                try hot.write(batch)
                batch = WriteBatch()
            }
        }
        try writer.finish(batch)
        try hot.write(batch)
    }

    private func write(_ fill: (WriteBatch) -> Void) throws(StoreError) {
        let batch = WriteBatch()
        fill(batch)
        try hot.write(batch)
    }
}
