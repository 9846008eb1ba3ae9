// SPDX-License-Identifier: Apache-2.0

/// An array of trivial values without reference counting, for the loops over events.
///
/// Appending is amortised O(1) and never checks for uniqueness; `removeAll` keeps the memory.
struct GrowableBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private(set) var capacity: Int

    init(capacity: Int = 16) {
        self.capacity = max(capacity, 1)
        self.base = .allocate(capacity: self.capacity)
    }

    deinit {
        base.deallocate()
    }

    /// The elements; invalid after the next append.
    var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow(to: count + 1) }
        base[count] = element
        count += 1
    }

    mutating func append(from source: UnsafePointer<Element>, count added: Int) {
        if count + added > capacity { grow(to: count + added) }
        (base + count).update(from: source, count: added)
        count += added
    }

    /// Makes room for so many more elements, which may then be written at `end`.
    @inline(__always)
    mutating func reserve(_ added: Int) {
        if count &+ added > capacity { grow(to: count + added) }
    }

    /// Where the next element goes. Room must have been reserved.
    @inline(__always)
    var end: UnsafeMutablePointer<Element> { base + count }

    /// Takes in so many elements that were written at `end`.
    @inline(__always)
    mutating func advance(by added: Int) {
        count &+= added
    }

    /// Cuts the buffer back to its first `newCount` elements.
    mutating func truncate(to newCount: Int) {
        precondition(newCount <= count, "a buffer is cut, not grown")
        count = newCount
    }

    mutating func removeAll() {
        count = 0
    }

    private mutating func grow(to needed: Int) {
        let newCapacity = max(needed, capacity * 2)
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        base = larger
        capacity = newCapacity
    }
}

extension UnsafeMutableBufferPointer where Element: BitwiseCopyable {
    /// The elements of an array in memory of their own, which the caller deallocates.
    static func copy(_ array: [Element]) -> UnsafeMutableBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: Swift.max(array.count, 1))
        _ = buffer.initialize(from: array)
        return UnsafeMutableBufferPointer(rebasing: buffer[..<array.count])
    }
}
