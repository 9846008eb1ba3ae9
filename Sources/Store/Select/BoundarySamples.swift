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
        let time = first &* length
        if added <= 4, count &+ 4 <= capacity {
            // Four at any rate, of which the next ones write over what is too much: short runs are as long as chance has
            // it, which no processor foretells.
            let (second, third, fourth) = (time &+ length, time &+ 2 &* length, time &+ 3 &* length)
            let times = timestamps + count
            let numbers = values + count
            (times[0], times[1], times[2], times[3]) = (time, second, third, fourth)
            (numbers[0], numbers[1], numbers[2], numbers[3]) = (value, value, value, value)
            count &+= added
        } else {
            appendMany(time, added, value)
        }
    }

    private mutating func appendMany(_ first: Int64, _ added: Int, _ value: Double) {
        if count &+ added > capacity { grow(added) }
        var time = first
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

    /// A sample at each boundary of a run, both inclusive.
    ///
    /// - Parameter fill: sets values where they begin, of a run in which none is 0 behind one that is not; all are 0
    ///   before.
    @inline(__always)
    mutating func appendDense(_ first: Int64, _ last: Int64, _ fill: (UnsafeMutablePointer<Double>) -> Void) {
        let added = Int(last &- first &+ 1)
        guard added > 0 else { return }
        if count &+ added > capacity { grow(added) }
        let values = values + count
        let times = timestamps + count
        values.update(repeating: 0, count: added)
        fill(values)
        let bits = UnsafeMutableRawPointer(values).assumingMemoryBound(to: UInt64.self)
        var value: UInt64 = 0
        var index = 0
        while index < added {
            let here = bits[index]
            value = here == 0 ? value : here
            bits[index] = value
            index &+= 1
        }
        var time = first &* length
        for index in 0..<added {
            times[index] = time
            time &+= length
        }
        count &+= added
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
