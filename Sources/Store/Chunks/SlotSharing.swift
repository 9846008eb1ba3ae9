// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// Decides which chunks of a batch share their slots, and keeps count of who uses an entry `SharedSlots`.
///
/// Plain chunks wait for the end of their batch. Those of one span with the same slots, two and more, then get one entry
/// for all; a chunk written again whose slots have not changed stays with the entry it has. All that changes in counts
/// is in the batch of the chunks that change it: whatever write is the last before a crash, each entry has as many uses
/// as chunks refer to it. One thread.
struct SlotSharing {
    private struct Pending {
        var chunk: PlainChunk
        var place: ChunkPlace
        /// The entry of the chunk that this one replaces.
        var old: SharedSlots.Reference?
        /// Whether it stays with it.
        var keeps: Bool
    }

    /// Slots of a span of a day.
    private struct Content: Hashable {
        var day: UInt32
        var span: UInt16
        /// The same bytes may stand for more or fewer slots.
        var count: Int
        var column: [UInt8]
    }

    /// What a batch does to an entry.
    private struct Change {
        var uses = 0
        /// The entry when the batch makes it.
        var made: SharedSlots?
    }

    private let store: SeriesStore
    private let leastBytes: Int
    private var pending: [Pending] = []
    private var changes: [ChunkKey: Change] = [:]
    /// About how many bytes wait.
    private(set) var pendingBytes = 0

    /// - Parameter leastBytes: shorter columns stay in their chunks.
    init(store: SeriesStore, leastBytes: Int) {
        self.store = store
        self.leastBytes = leastBytes
    }

    /// Takes a chunk of a place, in place of one with the slots at `old`, which it `keeps` when it has the same.
    mutating func add(
        _ chunk: PlainChunk,
        at place: ChunkPlace,
        instead old: SharedSlots.Reference?,
        keeps: Bool,
        to batch: WriteBatch
    ) throws(StoreError) {
        guard keeps || chunk.slots.count >= leastBytes else {
            if let old { try leave(old, from: place) }
            return put(chunk, at: place, sharing: nil, to: batch)
        }
        pending.append(Pending(chunk: chunk, place: place, old: old, keeps: keeps))
        pendingBytes += chunk.slots.count + chunk.payloads.count
    }

    /// A chunk that referred to an entry does not any more.
    mutating func leave(_ old: SharedSlots.Reference, from place: ChunkPlace) throws(StoreError) {
        changes[try key(old, place), default: Change()].uses -= 1
    }

    /// Puts everything that waits into the batch.
    ///
    /// - Throws: `corrupt` when an entry that a chunk refers to is not there or counts fewer uses than it has.
    mutating func finish(_ batch: WriteBatch) throws(StoreError) {
        var members: [Content: Int] = [:]
        for waiting in pending where !waiting.keeps { members[content(waiting), default: 0] += 1 }
        var entries: [Content: (lead: SeriesID, hash: UInt16)?] = [:]
        for waiting in pending {
            if waiting.keeps {
                put(waiting.chunk, at: waiting.place, sharing: waiting.old, to: batch)
                continue
            }
            if let old = waiting.old { try leave(old, from: waiting.place) }
            let content = content(waiting)
            guard members[content, default: 0] > 1 else {
                put(waiting.chunk, at: waiting.place, sharing: nil, to: batch)
                continue
            }
            if entries[content] == nil { entries[content] = .some(try makeEntry(of: waiting)) }
            guard let entry = entries[content] ?? nil else {
                put(waiting.chunk, at: waiting.place, sharing: nil, to: batch)
                continue
            }
            let reference = SharedSlots.Reference(
                distance: waiting.place.series.number - entry.lead.number,
                hash: entry.hash
            )
            changes[try key(reference, waiting.place), default: Change()].uses += 1
            put(waiting.chunk, at: waiting.place, sharing: reference, to: batch)
        }
        try putChanges(batch)
        pending.removeAll(keepingCapacity: true)
        pendingBytes = 0
    }

    // MARK: - Entries

    /// The name of an entry for the slots of a chunk, the first of those that have them; nil when other slots have it.
    private mutating func makeEntry(of first: Pending) throws(StoreError) -> (lead: SeriesID, hash: UInt16)? {
        let column = first.chunk.slots
        let hash = SharedSlots.hash(of: column)
        let key = ChunkKey(slotsAt: first.place, hash: hash)
        if let there = try entry(key) {
            // Of two columns in 65,536 the hash is the same: the second stays in its chunks.
            guard there.column == column, there.count == first.chunk.count else { return nil }
        } else {
            changes[key, default: Change()].made = SharedSlots(uses: 0, count: first.chunk.count, column: column)
        }
        return (first.place.series, hash)
    }

    private mutating func putChanges(_ batch: WriteBatch) throws(StoreError) {
        for (key, change) in changes where change.uses != 0 {
            guard var entry = try entry(key), entry.uses + change.uses >= 0 else {
                throw Recovery.missing(store.database, key.bytes)
            }
            entry.uses += change.uses
            if entry.uses == 0 {
                batch.delete(key.bytes)
            } else {
                batch.put(key.bytes, entry.encode(key: key.checksum))
            }
        }
        changes.removeAll(keepingCapacity: true)
    }

    /// The entry of a key as it is before the batch, or as the batch makes it, without a use yet.
    private func entry(_ key: ChunkKey) throws(StoreError) -> SharedSlots? {
        if let made = changes[key]?.made { return made }
        return try store.readSharedSlots(key)
    }

    private func key(_ reference: SharedSlots.Reference, _ place: ChunkPlace) throws(StoreError) -> ChunkKey {
        guard let key = reference.key(from: place) else {
            throw Recovery.missing(store.database, ChunkKey(place).bytes)
        }
        return key
    }

    private func put(
        _ chunk: PlainChunk,
        at place: ChunkPlace,
        sharing reference: SharedSlots.Reference?,
        to batch: WriteBatch
    ) {
        let key = ChunkKey(place)
        batch.put(key.bytes, chunk.encode(sharing: reference, key: key.checksum))
    }

    private func content(_ waiting: Pending) -> Content {
        Content(
            day: waiting.place.day,
            span: waiting.place.span,
            count: waiting.chunk.count,
            column: waiting.chunk.slots
        )
    }
}
