// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The samples that commits added since a checkpoint, series by series, in flat memory; each series' in order of time.
///
/// Blocks of eight samples, in slabs that never move, chained from the oldest to the newest:
///
///     next:4  count:4  times: 8 × 8  values: 8 × 8  commits: 8 × 4          168 bytes
///
/// Written under the store's lock while active, then read-only. Read behind that lock, as it was at one moment
/// (`reading`): memory that was written does not move or change.
final class SampleSegment: @unchecked Sendable {
    private static let blockBytes = 168
    private static let perBlock = 8
    private static let blocksPerSlab = 2_048
    private static let none = UInt32.max
    private static let timesAt = 8
    private static let valuesAt = 72
    private static let commitsAt = 136

    /// The first and the last block of a series.
    private struct Chain {
        var first = SampleSegment.none
        var last = SampleSegment.none
    }

    /// Where the slabs are. When it grows the table before stays, so that who reads it needs no lock.
    private struct SlabTable {
        var slabs: UnsafeMutablePointer<UnsafeMutableRawPointer>
        var capacity: Int
    }

    private struct Storage: ~Copyable {
        var table = SlabTable(slabs: .allocate(capacity: 64), capacity: 64)
        var outgrown: [SlabTable] = []
        var slabCount = 0
        var blockCount = 0
        var chains: [Chain] = []
        /// The series that have a chain, in order of their first sample.
        var touched: [UInt32] = []
        var count = 0
    }

    /// Commits up to this one are in the segment before.
    let base: UInt64
    private let box = UnsafeBox(Storage())

    init(after base: UInt64) {
        self.base = base
    }

    deinit {
        let storage = box.pointer
        for slab in 0..<storage.pointee.slabCount { storage.pointee.table.slabs[slab].deallocate() }
        storage.pointee.table.slabs.deallocate()
        for table in storage.pointee.outgrown { table.slabs.deallocate() }
    }

    /// The series that have samples, in order of the first.
    var touched: [UInt32] { box.pointer.pointee.touched }

    /// How many samples there are.
    var count: Int { box.pointer.pointee.count }

    /// Memory of the segment in bytes.
    var bytes: Int {
        let storage = box.pointer
        return storage.pointee.slabCount * SampleSegment.blocksPerSlab * SampleSegment.blockBytes
            + storage.pointee.chains.capacity * MemoryLayout<Chain>.stride + storage.pointee.touched.capacity * 4
    }

    /// Adds a sample, which is later than every other of its series.
    @inline(__always)
    func add(_ sample: SeriesSample, commit: UInt64) {
        let storage = box.pointer
        let series = Int(sample.series.number)
        if series >= storage.pointee.chains.count { grow(to: series + 1) }
        var index = storage.pointee.chains[series].last
        var block: UnsafeMutableRawPointer
        var used = 0
        if index == SampleSegment.none {
            storage.pointee.touched.append(sample.series.number)
            (index, block) = makeBlock()
            storage.pointee.chains[series] = Chain(first: index, last: index)
        } else {
            block = self.block(index)
            used = Int(block.load(fromByteOffset: 4, as: UInt32.self))
            if used == SampleSegment.perBlock {
                let full = block
                (index, block) = makeBlock()
                full.storeBytes(of: index, as: UInt32.self)
                storage.pointee.chains[series].last = index
                used = 0
            }
        }
        let at = 8 &* used
        block.storeBytes(of: sample.milliseconds, toByteOffset: SampleSegment.timesAt &+ at, as: Int64.self)
        block.storeBytes(of: sample.bits, toByteOffset: SampleSegment.valuesAt &+ at, as: UInt64.self)
        block.storeBytes(
            of: UInt32(truncatingIfNeeded: commit &- base),
            toByteOffset: SampleSegment.commitsAt &+ 4 &* used,
            as: UInt32.self
        )
        block.storeBytes(of: UInt32(truncatingIfNeeded: used &+ 1), toByteOffset: 4, as: UInt32.self)
        storage.pointee.count &+= 1
    }

    /// What there is of one series now, to be read later and without the lock under which this is called: samples that
    /// are added meanwhile are not part of it. Nil when there is nothing.
    func reading(_ series: UInt32) -> Reading? {
        let storage = box.pointer
        guard Int(series) < storage.pointee.chains.count else { return nil }
        let chain = storage.pointee.chains[Int(series)]
        if chain.first == SampleSegment.none { return nil }
        return Reading(
            segment: self,
            slabs: storage.pointee.table.slabs,
            first: chain.first,
            last: chain.last,
            usedOfLast: Int(block(chain.last).load(fromByteOffset: 4, as: UInt32.self))
        )
    }

    /// The samples of one series as they were at one moment. All blocks but the last are full and change no more.
    struct Reading {
        fileprivate let segment: SampleSegment
        fileprivate let slabs: UnsafeMutablePointer<UnsafeMutableRawPointer>
        fileprivate let first, last: UInt32
        fileprivate let usedOfLast: Int

        /// Appends the samples through a commit that lie in `start...end`, milliseconds, both inclusive.
        ///
        /// - Complexity: O(samples of the series).
        func collect(through commit: UInt64, from start: Int64, through end: Int64, into columns: SampleColumns) {
            guard commit > segment.base else { return }
            let distance = commit - segment.base
            var index = first
            while true {
                let block = SampleSegment.block(index, slabs)
                let used = index == last ? usedOfLast : SampleSegment.perBlock
                let commits = (block + SampleSegment.commitsAt).assumingMemoryBound(to: UInt32.self)
                let times = (block + SampleSegment.timesAt).assumingMemoryBound(to: Int64.self)
                let values = (block + SampleSegment.valuesAt).assumingMemoryBound(to: Double.self)
                // Most blocks are asked for whole; of the others what is behind the start, before the end and before
                // the commit.
                var from = 0
                var to = used
                while from < to, times[from] < start { from += 1 }
                while to > from, times[to - 1] > end || UInt64(commits[to - 1]) > distance { to -= 1 }
                if to > from { columns.append(times + from, values + from, count: to - from) }
                if index == last || to < used { return }
                index = block.load(as: UInt32.self)
            }
        }
    }

    // MARK: - Memory

    private func grow(to count: Int) {
        let storage = box.pointer
        storage.pointee.chains.append(
            contentsOf: repeatElement(Chain(), count: count - storage.pointee.chains.count)
        )
    }

    @inline(__always)
    private func block(_ index: UInt32) -> UnsafeMutableRawPointer {
        SampleSegment.block(index, box.pointer.pointee.table.slabs)
    }

    @inline(__always)
    private static func block(
        _ index: UInt32,
        _ slabs: UnsafeMutablePointer<UnsafeMutableRawPointer>
    ) -> UnsafeMutableRawPointer {
        slabs[Int(index) / blocksPerSlab] + Int(index) % blocksPerSlab * blockBytes
    }

    private func makeBlock() -> (UInt32, UnsafeMutableRawPointer) {
        let storage = box.pointer
        if storage.pointee.blockCount == storage.pointee.slabCount * SampleSegment.blocksPerSlab { makeSlab() }
        let index = UInt32(storage.pointee.blockCount)
        storage.pointee.blockCount += 1
        let block = self.block(index)
        block.storeBytes(of: SampleSegment.none, as: UInt32.self)
        block.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        return (index, block)
    }

    private func makeSlab() {
        let storage = box.pointer
        let count = storage.pointee.slabCount
        if count == storage.pointee.table.capacity {
            let old = storage.pointee.table
            storage.pointee.table = SlabTable(slabs: .allocate(capacity: 2 * count), capacity: 2 * count)
            storage.pointee.table.slabs.update(from: old.slabs, count: count)
            storage.pointee.outgrown.append(old)
        }
        let bytes = SampleSegment.blocksPerSlab * SampleSegment.blockBytes
        (storage.pointee.table.slabs + count).initialize(to: .allocate(byteCount: bytes, alignment: 8))
        storage.pointee.slabCount += 1
    }
}
