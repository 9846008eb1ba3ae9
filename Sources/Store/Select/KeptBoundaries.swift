// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The slot boundaries whose samples a reader looks at when it looks at the edges of windows only. Those between need no
/// value, and so the slots between them need not be decoded. Made once for all series of a selection.
struct KeptBoundaries: Sendable {
    /// Ascending, each once.
    let boundaries: [Int64]
    let windows: SampleWindows

    /// Nil when it would hardly spare anything.
    ///
    /// - Parameters:
    ///   - start: the time asked for, in milliseconds; both ends are inclusive.
    ///   - length: milliseconds of a slot.
    ///   - slotsPerSpan: slots of a chunk.
    /// - Complexity: O(n log n) of n windows.
    init?(_ windows: SampleWindows, from start: Int64, through end: Int64, length: Int64, slotsPerSpan: UInt32) {
        // Before 1970 there are no slots.
        let start = max(start, 0)
        guard end >= start else { return nil }
        let all = (end - start) / length
        let each = windows.start.newest + windows.start.oldest + windows.end.newest + windows.end.oldest
        // Within one chunk or two there is nothing to pass over.
        guard all > Int64(slotsPerSpan), Int64(each) * Int64(windows.count) <= all / 4 else { return nil }
        var found: [Int64] = []
        found.reserveCapacity(each * windows.count)
        func keep(_ time: Int64, _ edge: SampleWindows.Edge, lookback: Int64) {
            let before = time >= 0 ? time / length : -1 - (-1 - time) / length
            var oldest = edge.oldest
            // One that is too old is not looked at.
            if edge.newest > 0, time - before * length >= lookback { oldest = 1 }
            var boundary = before - Int64(edge.newest) + 1
            while boundary <= before + Int64(oldest) {
                found.append(boundary)
                boundary += 1
            }
        }
        for index in 0..<windows.count {
            let end = windows.firstEnd + Int64(index) * windows.interval
            keep(end - windows.range, windows.start, lookback: windows.lookback)
            keep(end, windows.end, lookback: .max)
        }
        found.sort()
        var kept = 0
        for index in found.indices where index == 0 || found[index] != found[kept - 1] {
            found[kept] = found[index]
            kept += 1
        }
        found.removeLast(found.count - kept)
        boundaries = found
        self.windows = windows
    }

    /// From where on all boundaries are kept, when the last one asked for is `last`: ends of windows may lie behind it.
    func tail(_ last: Int64) -> Int64 { last + 1 - Int64(max(windows.end.newest, 1)) }

    /// The place of the first boundary behind another one.
    ///
    /// - Complexity: O(log n).
    func place(behind boundary: Int64) -> Int {
        var (low, high) = (0, boundaries.count)
        while low < high {
            let middle = (low + high) >> 1
            if boundaries[middle] <= boundary { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether there is one in `after + 1...through`.
    func contains(after: Int64, through: Int64) -> Bool {
        let place = place(behind: after)
        return place < boundaries.count && boundaries[place] <= through
    }
}
