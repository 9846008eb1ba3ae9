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
        for (number, family) in index.takeUnstoredFamilies() {
            batch.put(KeySpace.family(family.name), FamilyRecord.encode(family, number: number))
        }
        put(commit.newSeries, into: batch)
        let record = JournalRecord(
            progress: progress,
            increments: commit.increments,
            points: commit.points,
            samples: commit.samples
        ).encode()
        batch.put(KeySpace.journal(sequence), record)
        if !commit.fingerprints.isEmpty {
            let hour = UInt32(clamping: commit.arrival.milliseconds / 3_600_000)
            batch.put(
                KeySpace.identities(hour: hour, sequence: sequence),
                IdentityBlock.encode(commit.fingerprints, commit.digests)
            )
        }
        var numbers: [[UInt8]: UInt16] = [:]
        for block in commit.joinBlocks {
            let day = KeySpace.joinDay(block.join, day: block.day)
            batch.put(day + KeySpace.bigEndian(sequence) + KeySpace.bigEndian(numbers[day, default: 0]), block.bytes)
            numbers[day, default: 0] += 1
        }
        for baseline in commit.baselines {
            batch.put(KeySpace.baseline(baseline.model, baseline.number), baseline.bytes)
        }
        try hot.write(batch)

        let arrival = UInt32(clamping: commit.arrival.milliseconds / 1_000)
        state.withLock { state in
            state.sequence = sequence
            state.progress = progress
            state.journalBytes += record.count
            state.head.grow(commit.newSeries.lazy.map(\.family.kind))
            state.head.apply(commit, number: sequence, arrival: arrival)
        }
    }

    /// The entries of new series, and of the labels that they are the first to have.
    private func put(_ series: [NewSeries], into batch: WriteBatch) {
        for (number, name, value) in index.takeUnstoredLabels(of: series) {
            batch.put(KeySpace.label(number), LabelRecord.encode(name: name, value: value))
        }
        for one in series {
            let record = SeriesRecord.encode(
                family: index.family(of: one.id),
                labels: index.run(of: one.id.number),
                created: index.created(one.id)
            )
            batch.put(KeySpace.series(one.id), record)
        }
    }
}
