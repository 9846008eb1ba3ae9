// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What the commits since a checkpoint did to event series, series by series, in flat memory.
///
/// Each series has a chain of blocks of six points. Blocks lie in slabs that never move:
///
///     next:4  count:4  slots: 6 × 4  details: 6 × 4  commits: 6 × 4  payloads: 6 × 8          128 bytes
///
/// A point knows its commit (as a distance from the segment's first), so that a reader can leave out those that came
/// after the state it reads. Written only while it is the active one, under the store's lock; read-only once a
/// checkpoint has set it apart.
final class HeadSegment: @unchecked Sendable {
    private static let blockBytes = 128
    private static let perBlock = 6
    private static let blocksPerSlab = 2_048
    private static let none = UInt32.max
    private static let slotsAt = 8
    private static let detailsAt = 32
    private static let commitsAt = 56
    private static let payloadsAt = 80

    private struct Storage: ~Copyable {
        var slabs: [UnsafeMutableRawPointer] = []
        var blockCount = 0
        /// The newest block of each series.
        var chains: [UInt32] = []
        /// The series that have a chain, in order of their first point.
        var touched: [UInt32] = []
        /// Points in here.
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

    /// The series that have points, in order of the first.
    var touched: [UInt32] { box.pointer.pointee.touched }

    /// How many points there are.
    var count: Int { box.pointer.pointee.count }

    /// Memory of the segment in bytes.
    var bytes: Int {
        let storage = box.pointer
        return storage.pointee.slabs.count * HeadSegment.blocksPerSlab * HeadSegment.blockBytes
            + (storage.pointee.chains.capacity + storage.pointee.touched.capacity) * 4
    }

    /// Adds a point of a commit. One that adds up with the series' last point, in the same commit, is added there.
    @inline(__always)
    func add(_ point: SeriesPoint, commit: UInt64, addsUp: Bool) {
        let storage = box.pointer
        let series = Int(point.series.number)
        let distance = UInt32(truncatingIfNeeded: commit &- base)
        if series >= storage.pointee.chains.count { grow(to: series + 1) }
        var index = storage.pointee.chains[series]
        var block: UnsafeMutableRawPointer
        var used = 0
        if index == HeadSegment.none {
            storage.pointee.touched.append(point.series.number)
            (index, block) = makeBlock(next: HeadSegment.none)
            storage.pointee.chains[series] = index
        } else {
            block = self.block(index)
            used = Int(block.load(fromByteOffset: 4, as: UInt32.self))
            let last = 4 &* (used &- 1)
            if addsUp, block.load(fromByteOffset: HeadSegment.slotsAt &+ last, as: UInt32.self) == point.slot.number,
                block.load(fromByteOffset: HeadSegment.commitsAt &+ last, as: UInt32.self) == distance,
                block.load(fromByteOffset: HeadSegment.detailsAt &+ last, as: UInt32.self) == point.detail
            {
                let at = HeadSegment.payloadsAt &+ 2 &* last
                let (sum, overflow) = block.load(fromByteOffset: at, as: Int64.self)
                    .addingReportingOverflow(Int64(bitPattern: point.payload))
                if !overflow {
                    block.storeBytes(of: sum, toByteOffset: at, as: Int64.self)
                    return
                }
            }
            if used == HeadSegment.perBlock {
                (index, block) = makeBlock(next: index)
                storage.pointee.chains[series] = index
                used = 0
            }
        }
        let at = 4 &* used
        block.storeBytes(of: point.slot.number, toByteOffset: HeadSegment.slotsAt &+ at, as: UInt32.self)
        block.storeBytes(of: point.detail, toByteOffset: HeadSegment.detailsAt &+ at, as: UInt32.self)
        block.storeBytes(of: distance, toByteOffset: HeadSegment.commitsAt &+ at, as: UInt32.self)
        block.storeBytes(of: point.payload, toByteOffset: HeadSegment.payloadsAt &+ 2 &* at, as: UInt64.self)
        block.storeBytes(of: UInt32(truncatingIfNeeded: used &+ 1), toByteOffset: 4, as: UInt32.self)
        storage.pointee.count &+= 1
    }

    /// Appends the points of one series through a commit, in order of arrival.
    ///
    /// - Complexity: O(points of the series).
    func collect(_ series: UInt32, through commit: UInt64, into columns: PointColumns) {
        let storage = box.pointer
        guard Int(series) < storage.pointee.chains.count, commit > base else { return }
        // Chains lead from the newest block to the oldest: what is filled from the back comes out in order.
        var total = 0
        var index = storage.pointee.chains[Int(series)]
        while index != HeadSegment.none {
            let block = self.block(index)
            total += Int(block.load(fromByteOffset: 4, as: UInt32.self))
            index = block.load(as: UInt32.self)
        }
        guard total > 0 else { return }
        columns.reserve(total)
        let distance = commit - base
        var end = columns.count + total
        index = storage.pointee.chains[Int(series)]
        while index != HeadSegment.none {
            let block = self.block(index)
            let used = Int(block.load(fromByteOffset: 4, as: UInt32.self))
            end -= used
            for at in 0..<used {
                columns.slots[end + at] = block.load(fromByteOffset: HeadSegment.slotsAt + 4 * at, as: UInt32.self)
                columns.details[end + at] = block.load(fromByteOffset: HeadSegment.detailsAt + 4 * at, as: UInt32.self)
                columns.payloads[end + at] = block.load(
                    fromByteOffset: HeadSegment.payloadsAt + 8 * at,
                    as: UInt64.self
                )
                let added = block.load(fromByteOffset: HeadSegment.commitsAt + 4 * at, as: UInt32.self)
                if UInt64(added) > distance { total -= 1 }
            }
            index = block.load(as: UInt32.self)
        }
        // Points are in order of their commits, so those that came later are at the end.
        columns.count += total
    }

    // MARK: - Memory

    private func grow(to count: Int) {
        let storage = box.pointer
        storage.pointee.chains.append(
            contentsOf: repeatElement(HeadSegment.none, count: count - storage.pointee.chains.count)
        )
    }

    @inline(__always)
    private func block(_ index: UInt32) -> UnsafeMutableRawPointer {
        box.pointer.pointee.slabs[Int(index) / HeadSegment.blocksPerSlab]
            + Int(index) % HeadSegment.blocksPerSlab * HeadSegment.blockBytes
    }

    private func makeBlock(next: UInt32) -> (UInt32, UnsafeMutableRawPointer) {
        let storage = box.pointer
        if storage.pointee.blockCount == storage.pointee.slabs.count * HeadSegment.blocksPerSlab {
            storage.pointee.slabs.append(
                .allocate(byteCount: HeadSegment.blocksPerSlab * HeadSegment.blockBytes, alignment: 8)
            )
        }
        let index = UInt32(storage.pointee.blockCount)
        storage.pointee.blockCount += 1
        let block = self.block(index)
        block.storeBytes(of: next, as: UInt32.self)
        block.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        return (index, block)
    }
}
