// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Finds the series of a raw text, the bytes of a line before its value. Never forgets.
///
/// Open addressing with linear probing over entries that stand in the order in which they were added. Each entry knows
/// which one followed it last: scrapes come in the same order again and again, and a guess costs one comparison.
struct SeriesTextTable: ~Copyable {
    /// A raw text, and what is known of it.
    struct Entry: BitwiseCopyable {
        let hash: UInt64
        /// Where the text begins in `texts`.
        let offset: Int
        let length: Int
        /// Index of the series in `SampleBatch.table`.
        let series: UInt32
        /// Index of the entry of the line that followed when this one was met last.
        var successor: UInt32
    }

    private var texts = GrowableBuffer<UInt8>(capacity: 4_096)
    private var entries = GrowableBuffer<Entry>(capacity: 64)
    /// Index of an entry, or 0; a power of two of them, at most half of them used.
    private var slots: UnsafeMutablePointer<UInt32>
    private var mask: Int
    /// Not known outside, so that no text can be made whose entries collide.
    private let key = HashKey(first: .random(in: .min ... .max), second: .random(in: .min ... .max))

    init() {
        let capacity = 128
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
        // Entry 0 is longer than every line: the guess that never comes true.
        entries.append(Entry(hash: 0, offset: 0, length: .max, series: 0, successor: 0))
    }

    deinit {
        slots.deallocate()
    }

    /// The entry of an index that `index` or `add` gave, or 0.
    @inline(__always)
    subscript(index: Int) -> Entry { entries.base[index] }

    /// Remembers which entry followed which.
    @inline(__always)
    mutating func setSuccessor(of index: Int, to next: Int) {
        entries.base[index].successor = UInt32(truncatingIfNeeded: next)
    }

    /// Whether a line begins with the text of an entry, and a blank or nothing is behind it.
    @inline(__always)
    func isPrefix(_ entry: Entry, of line: UnsafePointer<UInt8>, count: Int) -> Bool {
        count > entry.length && LineCursor.isBlank(line[entry.length])
            && memcmp(line, texts.base + entry.offset, entry.length) == 0
    }

    /// The index of the entry of a text, or 0.
    func index(of text: UnsafePointer<UInt8>, count: Int, hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot])
            let entry = entries.base[index]
            if entry.hash == hash, entry.length == count, memcmp(text, texts.base + entry.offset, count) == 0 {
                return index
            }
            slot = (slot + 1) & mask
        }
        return 0
    }

    func hash(of text: UnsafePointer<UInt8>, count: Int) -> UInt64 {
        FoldedHash.hash(text, count: count, key: key)
    }

    /// Adds a text that is not there yet.
    mutating func add(_ text: UnsafePointer<UInt8>, count: Int, hash: UInt64, series: UInt32) -> Int {
        let index = entries.count
        entries.append(Entry(hash: hash, offset: texts.count, length: count, series: series, successor: 0))
        texts.append(from: text, count: count)
        if entries.count * 2 > mask { grow() } else { place(index, hash) }
        return index
    }

    private func place(_ index: Int, _ hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(truncatingIfNeeded: index)
    }

    private mutating func grow() {
        slots.deallocate()
        let capacity = (mask + 1) * 2
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
        for index in 1..<entries.count { place(index, entries.base[index].hash) }
    }
}
