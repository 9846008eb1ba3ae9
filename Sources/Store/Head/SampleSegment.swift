// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The samples that commits added since a checkpoint, series by series, in flat memory; each series' in order of time.
///
/// Blocks of eight samples, in slabs that never move, chained from the oldest to the newest:
///
///     next:4  count:4  times: 8 × 8  values: 8 × 8  commits: 8 × 4          168 bytes
///
/// The same rules as `HeadSegment`: written under the store's lock while active, then read-only.
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

    private struct Storage: ~Copyable {
        var slabs: [UnsafeMutableRawPointer] = []
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
        for slab in box.pointer.pointee.slabs { slab.deallocate() }
    }

    /// The series that have samples, in order of the first.
    var touched: [UInt32] { box.pointer.pointee.touched }

    /// How many samples there are.
    var count: Int { box.pointer.pointee.count }

    /// Memory of the segment in bytes.
    var bytes: Int {
        let storage = box.pointer
        return storage.pointee.slabs.count * SampleSegment.blocksPerSlab * SampleSegment.blockBytes
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

    /// Appends the samples of one series through a commit that lie in `start...end`, milliseconds, both inclusive.
    ///
    /// - Complexity: O(samples of the series).
    func collect(_ series: UInt32, through commit: UInt64, from start: Int64, through end: Int64, into: SampleColumns) {
        let storage = box.pointer
        guard Int(series) < storage.pointee.chains.count, commit > base else { return }
        let distance = commit - base
        var index = storage.pointee.chains[Int(series)].first
        while index != SampleSegment.none {
            let block = self.block(index)
            for at in 0..<Int(block.load(fromByteOffset: 4, as: UInt32.self)) {
                if UInt64(block.load(fromByteOffset: SampleSegment.commitsAt + 4 * at, as: UInt32.self)) > distance {
                    return
                }
                let time = block.load(fromByteOffset: SampleSegment.timesAt + 8 * at, as: Int64.self)
                if time > end { return }
                if time >= start {
                    let bits = block.load(fromByteOffset: SampleSegment.valuesAt + 8 * at, as: UInt64.self)
                    into.append(time, Double(bitPattern: bits))
                }
            }
            index = block.load(as: UInt32.self)
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
        box.pointer.pointee.slabs[Int(index) / SampleSegment.blocksPerSlab]
            + Int(index) % SampleSegment.blocksPerSlab * SampleSegment.blockBytes
    }

    private func makeBlock() -> (UInt32, UnsafeMutableRawPointer) {
        let storage = box.pointer
        if storage.pointee.blockCount == storage.pointee.slabs.count * SampleSegment.blocksPerSlab {
            storage.pointee.slabs.append(
                .allocate(byteCount: SampleSegment.blocksPerSlab * SampleSegment.blockBytes, alignment: 8)
            )
        }
        let index = UInt32(storage.pointee.blockCount)
        storage.pointee.blockCount += 1
        let block = self.block(index)
        block.storeBytes(of: SampleSegment.none, as: UInt32.self)
        block.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        return (index, block)
    }
}
