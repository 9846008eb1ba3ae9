// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Writes samples at slot boundaries behind what columns hold; `finish` makes them part of it.
///
/// The pointers are its own while it writes: a class' variables would be checked for exclusive access at every sample.
struct BoundarySamples {
    /// Milliseconds of a slot.
    let length: Int64
    let openSlot: Int64
    /// When the open slot has a sample, in milliseconds.
    let stamp: Int64?
    private let columns: SampleColumns
    private var timestamps: UnsafeMutablePointer<Int64>
    private var values: UnsafeMutablePointer<Double>
    private var count: Int
    private var capacity: Int

    init(_ columns: SampleColumns, length: Int64, openSlot: Int64, stamp: Int64?) {
        self.length = length
        self.openSlot = openSlot
        self.stamp = stamp
        self.columns = columns
        timestamps = columns.timestamps
        values = columns.values
        count = columns.count
        capacity = columns.capacity
    }

    /// The columns have what was written.
    func finish() {
        columns.count = count
    }

    /// The same value at a run of boundaries, both inclusive.
    @inline(__always)
    mutating func append(_ first: Int64, _ last: Int64, _ value: Double) {
        let added = Int(last &- first &+ 1)
        if count &+ added > capacity { grow(added) }
        var time = first &* length
        var at = count
        let end = count &+ added
        while at < end {
            timestamps[at] = time
            values[at] = value
            time &+= length
            at &+= 1
        }
        count = end
    }

    mutating func appendMarker(_ boundary: Int64) {
        append(boundary, boundary, SampleColumns.staleMarker)
    }

    /// The sample of the open slot, when the series has a point in it.
    mutating func appendOpen(lastSlot: Int64?, _ value: Double) {
        guard let stamp, lastSlot == openSlot else { return }
        if count == capacity { grow(1) }
        timestamps[count] = stamp
        values[count] = value
        count += 1
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        columns.count = count
        columns.reserve(more)
        timestamps = columns.timestamps
        values = columns.values
        capacity = columns.capacity
    }
}
