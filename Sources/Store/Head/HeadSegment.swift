// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The increments of the commits since a checkpoint, series by series, in flat memory.
///
/// Each series has a chain of blocks of eight increments. Blocks lie in slabs that never move:
///
///     next:4  count:4  slots: 8 × 4  units: 8 × 8          104 bytes
///
/// Written only while it is the active one, under the store's lock; read-only once a checkpoint has set it apart.
final class HeadSegment: @unchecked Sendable {
    private static let blockBytes = 104
    private static let perBlock = 8
    private static let blocksPerSlab = 2_048
    private static let none = UInt32.max

    private struct Storage: ~Copyable {
        var slabs: [UnsafeMutableRawPointer] = []
        var blockCount = 0
        /// The newest block of each series.
        var chains: [UInt32] = []
        /// The series that have a chain, in order of their first increment.
        var touched: [UInt32] = []
        /// Increments that fell back to Float64; few.
        var inexact: [InexactIncrement] = []
        /// Exact increments in here.
        var count = 0
    }

    private let box = UnsafeBox(Storage())

    /// The series that have exact increments, in order of the first.
    var touched: [UInt32] { box.pointer.pointee.touched }

    /// Increments that fell back to Float64.
    var inexact: [InexactIncrement] { box.pointer.pointee.inexact }

    /// How many exact increments there are.
    var count: Int { box.pointer.pointee.count }

    deinit {
        for slab in box.pointer.pointee.slabs { slab.deallocate() }
    }

    /// Memory of the segment in bytes.
    var bytes: Int {
        let storage = box.pointer
        return storage.pointee.slabs.count * HeadSegment.blocksPerSlab * HeadSegment.blockBytes
            + (storage.pointee.chains.count + storage.pointee.touched.count) * 4
            + inexact.count * MemoryLayout<InexactIncrement>.stride
    }

    var isEmpty: Bool { count == 0 && inexact.isEmpty }

    /// Adds an increment; one to the slot that the series was last added to is added there.
    @inline(__always)
    func add(_ increment: Increment) {
        let storage = box.pointer
        let series = Int(increment.series.number)
        if series >= storage.pointee.chains.count { grow(to: series + 1) }
        var index = storage.pointee.chains[series]
        var block: UnsafeMutableRawPointer
        var used = 0
        if index == HeadSegment.none {
            storage.pointee.touched.append(increment.series.number)
            (index, block) = makeBlock(next: HeadSegment.none)
            storage.pointee.chains[series] = index
        } else {
            block = self.block(index)
            used = Int(block.load(fromByteOffset: 4, as: UInt32.self))
            if block.load(fromByteOffset: 4 &+ 4 &* used, as: UInt32.self) == increment.slot.number {
                let at = 32 &+ 8 &* used
                let (sum, overflow) = block.load(fromByteOffset: at, as: Int64.self)
                    .addingReportingOverflow(increment.units)
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
        block.storeBytes(of: increment.slot.number, toByteOffset: 8 &+ 4 &* used, as: UInt32.self)
        block.storeBytes(of: increment.units, toByteOffset: 40 &+ 8 &* used, as: Int64.self)
        block.storeBytes(of: UInt32(truncatingIfNeeded: used &+ 1), toByteOffset: 4, as: UInt32.self)
        storage.pointee.count &+= 1
    }

    private func grow(to count: Int) {
        let storage = box.pointer
        storage.pointee.chains.append(
            contentsOf: repeatElement(HeadSegment.none, count: count - storage.pointee.chains.count)
        )
    }

    func add(_ increment: InexactIncrement) {
        box.pointer.pointee.inexact.append(increment)
    }

    /// The increments of one series, ordered by slot, each slot once except where a sum would overflow.
    func points(of series: UInt32) -> [CounterChunk.Point] {
        let storage = box.pointer
        guard Int(series) < storage.pointee.chains.count else { return [] }
        var points: [CounterChunk.Point] = []
        var index = storage.pointee.chains[Int(series)]
        while index != HeadSegment.none {
            let block = self.block(index)
            for at in 0..<Int(block.load(fromByteOffset: 4, as: UInt32.self)) {
                points.append(
                    CounterChunk.Point(
                        slot: Slot(block.load(fromByteOffset: 8 + 4 * at, as: UInt32.self)),
                        units: block.load(fromByteOffset: 40 + 8 * at, as: Int64.self)
                    )
                )
            }
            index = block.load(as: UInt32.self)
        }
        points.sort { $0.slot < $1.slot }
        return points
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
