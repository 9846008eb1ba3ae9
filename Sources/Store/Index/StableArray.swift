// SPDX-License-Identifier: Apache-2.0

/// Elements that are only ever appended and stay where they are.
///
/// One thread at a time appends, under a lock. Whoever has learnt under that lock that an element is there may read it
/// at any later time without the lock, while others are appended: nothing is moved, and nothing is freed before the
/// array is. So readers hold no lock for long, and appending never copies what is there.
///
/// Block k holds 1,024 × 2^k elements, so that twenty-odd blocks hold all there can be. What is not used yet of a large
/// block is memory that the system has not given.
final class StableArray<Element: BitwiseCopyable>: @unchecked Sendable {  // See above.
    private static var firstBits: Int { 10 }
    private static var mostBlocks: Int { 32 }

    private let blocks = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: mostBlocks)
    private var blockCount = 0
    /// How many elements there are; to be read under the lock.
    private(set) var count = 0

    init() {}

    deinit {
        for block in 0..<blockCount { blocks[block].deallocate() }
        blocks.deallocate()
    }

    /// Where an element is. What is written there is not seen by readers without the lock.
    @inline(__always)
    func pointer(to index: Int) -> UnsafeMutablePointer<Element> {
        let shifted = index + (1 << StableArray.firstBits)
        let bit = Int.bitWidth - 1 - shifted.leadingZeroBitCount
        return blocks[bit - StableArray.firstBits] + (shifted - (1 << bit))
    }

    /// The element.
    @inline(__always)
    subscript(index: Int) -> Element { pointer(to: index).pointee }

    /// Adds an element.
    @inline(__always)
    func append(_ element: Element) {
        pointer(to: appendRun(of: 1)).initialize(to: element)
    }

    /// Makes room for elements side by side and tells the index of the first. Some places before them may stay empty,
    /// less than a block's in all.
    @inline(__always)
    func appendRun(of length: Int) -> Int {
        if blockCount == 0 || count + length > StableArray.end(ofBlock: blockCount - 1) { makeRoom(for: length) }
        defer { count += length }
        return count
    }

    /// The index behind the last of a block.
    @inline(__always)
    private static func end(ofBlock block: Int) -> Int {
        ((2 << block) - 1) << firstBits
    }

    private func makeRoom(for length: Int) {
        repeat {
            if blockCount > 0, count < StableArray.end(ofBlock: blockCount - 1) {
                count = StableArray.end(ofBlock: blockCount - 1)
            }
            blocks[blockCount] = .allocate(capacity: 1 << (blockCount + StableArray.firstBits))
            blockCount += 1
        } while count + length > StableArray.end(ofBlock: blockCount - 1)
    }
}
