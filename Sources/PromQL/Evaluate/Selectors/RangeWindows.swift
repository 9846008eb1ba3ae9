// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The samples of one series, and which of them are in the window of each step. One for each thread, filled for each
/// series.
///
/// The window of a step is the samples `low[step]..<high[step]`: those in (end − range, end], with `anchored` and
/// `smoothed` also those of the lookback before and, for the latter, behind.
struct RangeWindows: ~Copyable {
    let columns: SampleColumns
    /// The ends of the windows, inclusive, in milliseconds.
    let ends: RangeEnds
    /// How long a window is, in milliseconds, without what `anchored` and `smoothed` add.
    let range: Int64
    /// The steps that a kernel is to work on now. Kernels whose work grows with the samples in all windows go from block
    /// to block, so that between two a query can be ended; the others take all steps at once.
    var block: Range<Int>
    private let before: Int64
    private let behind: Int64
    let low: UnsafeMutablePointer<Int32>
    let high: UnsafeMutablePointer<Int32>
    /// How many samples are in each window, where the source has left some out; else empty.
    private var counts: [Int32] = []
    private(set) var scratch: UnsafeMutableBufferPointer<Double>

    /// - Parameter ends: those of the input, or the same end for each step.
    init(_ input: RangeInput, ends: RangeEnds) {
        columns = SampleColumns()
        self.ends = ends
        block = 0..<ends.count
        range = input.range
        before = input.range + input.lookback
        behind = input.extent == .smoothed ? input.lookback : 0
        low = .allocate(capacity: ends.count)
        high = .allocate(capacity: ends.count)
        scratch = .allocate(capacity: 0)
    }

    /// One window that holds all of the samples.
    init(_ kernel: RangeKernel, _ samples: SampleColumns) {
        columns = samples
        ends = kernel.ends
        block = 0..<1
        range = kernel.range
        (before, behind) = (range, 0)
        low = .allocate(capacity: 1)
        high = .allocate(capacity: 1)
        low[0] = 0
        high[0] = Int32(samples.count)
        scratch = .allocate(capacity: 0)
    }

    deinit {
        low.deallocate()
        high.deallocate()
        scratch.deallocate()
    }

    /// Memory for so many numbers, whose values are not defined.
    mutating func scratch(_ count: Int) -> UnsafeMutablePointer<Double> {
        if scratch.count < count {
            scratch.deallocate()
            scratch = .allocate(capacity: max(count, 256))
        }
        return scratch.baseAddress.unsafelyUnwrapped
    }

    /// The start of a step's window, which is not part of it.
    func start(_ step: Int) -> Int64 { ends[step] - range }

    /// Moves the block behind the one that is done: some steps whose windows hold so many samples that looking at them
    /// takes milliseconds, at least one step.
    mutating func nextBlock() {
        let first = block.upperBound
        var last = first
        var held = 0
        while last < ends.count, held < 1 << 18 || last == first {
            held += Int(high[last] - low[last]) + 1
            last += 1
        }
        block = first..<last
    }

    /// Finds the samples of each window.
    ///
    /// - Returns: how many samples they hold, of all steps together.
    /// - Complexity: O(samples + steps).
    mutating func place() -> Int {
        if !columns.ordinals.isEmpty { return placeAmongLeftOut() }
        counts.removeAll(keepingCapacity: true)
        let timestamps = columns.timestamps
        let count = columns.count
        var first = 0
        var next = 0
        var end = ends.start
        var held = 0
        for step in 0..<ends.count {
            let last = end + behind
            let start = end - before
            while next < count, timestamps[next] <= last { next += 1 }
            while first < next, timestamps[first] <= start { first += 1 }
            low[step] = Int32(truncatingIfNeeded: first)
            high[step] = Int32(truncatingIfNeeded: next)
            held += next - first
            end &+= ends.interval
        }
        return held
    }

    /// How many samples are in the window of a step, those too that the source has left out.
    func held(_ step: Int) -> Int {
        counts.isEmpty ? Int(high[step] - low[step]) : Int(counts[step])
    }

    /// The same as `place`, where samples are left out: those between two that are here are evenly spaced.
    private mutating func placeAmongLeftOut() -> Int {
        let columns = columns
        let timestamps = columns.timestamps
        /// How many samples are not behind a time, when `index` of those that are here are not.
        func count(through time: Int64, _ index: Int) -> Int {
            guard index > 0 else { return 0 }
            let before = columns.ordinals[index - 1] + 1
            guard index < columns.count else { return before }
            let leftOut = columns.ordinals[index] - before
            return leftOut == 0 ? before : before + min(leftOut, Int((time - timestamps[index - 1]) / columns.spacing))
        }
        counts.removeAll(keepingCapacity: true)
        var first = 0
        var next = 0
        var total = 0
        for step in 0..<ends.count {
            let last = ends[step] + behind
            let start = ends[step] - before
            while next < columns.count, timestamps[next] <= last { next += 1 }
            while first < next, timestamps[first] <= start { first += 1 }
            low[step] = Int32(truncatingIfNeeded: first)
            high[step] = Int32(truncatingIfNeeded: next)
            let held = count(through: last, next) - count(through: start, first)
            counts.append(Int32(truncatingIfNeeded: held))
            total += held
        }
        return total
    }
}
