// SPDX-License-Identifier: Apache-2.0

/// The decoded samples of one series: two flat columns of equal length, ordered by time, no time twice.
///
/// Made once and filled again and again: the memory stays. One thread at a time. (Its properties are touched for every
/// sample, so that they go without Swift's checks of exclusive access.)
public final class SampleColumns {
    /// Milliseconds since the Unix epoch; the first `count` are set.
    @exclusivity(unchecked) public private(set) var timestamps: UnsafeMutablePointer<Int64>
    /// The values; a staleness marker is a NaN with the bits of `staleMarker`.
    @exclusivity(unchecked) public private(set) var values: UnsafeMutablePointer<Double>
    /// How many samples there are.
    @exclusivity(unchecked) public var count = 0
    /// Native histograms: empty when there is none, else one entry for each sample, nil for a number. The value of a
    /// sample with a histogram is its sum, unless it is a staleness marker.
    public var histograms: [NativeHistogram?] = []
    /// Since when the counter behind each sample has counted, in milliseconds, 0 when that is not known: empty when it
    /// is known of none, else one entry for each sample. (Prometheus: start timestamps, "created" in OpenMetrics.)
    public var starts: [Int64] = []
    /// Where a source has left samples out: of each sample how many the series has before it in the time asked; empty when
    /// none is left out. See `SampleWindows`.
    public var ordinals: [Int] = []
    /// How far those left out are from each other, from the one before them, and from the one behind, in milliseconds.
    public var spacing: Int64 = 0
    /// What a source keeps here between two reads, so that it need not make it again. For sources only.
    public var workspace: AnyObject?
    /// For how many there is room.
    @exclusivity(unchecked) public private(set) var capacity: Int

    /// The NaN that says that a series has ended (Prometheus: `model/value/value.go`, `StaleNaN`).
    public static let staleMarker = Double(bitPattern: 0x7FF0_0000_0000_0002)

    /// Columns with room for some samples; they grow.
    public init(capacity: Int = 2_048) {
        self.capacity = max(capacity, 1)
        timestamps = .allocate(capacity: self.capacity)
        values = .allocate(capacity: self.capacity)
    }

    deinit {
        timestamps.deallocate()
        values.deallocate()
    }

    /// Takes all samples out.
    public func removeAll() {
        count = 0
        if !histograms.isEmpty { histograms.removeAll(keepingCapacity: true) }
        if !starts.isEmpty { starts.removeAll(keepingCapacity: true) }
        if !ordinals.isEmpty { ordinals.removeAll(keepingCapacity: true) }
    }

    /// Makes room for `more` samples behind those that are there.
    public func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let grown = max(count + more, capacity * 2)
        let newTimestamps = UnsafeMutablePointer<Int64>.allocate(capacity: grown)
        let newValues = UnsafeMutablePointer<Double>.allocate(capacity: grown)
        newTimestamps.update(from: timestamps, count: count)
        newValues.update(from: values, count: count)
        timestamps.deallocate()
        values.deallocate()
        (timestamps, values, capacity) = (newTimestamps, newValues, grown)
    }

    /// Adds one sample.
    @inline(__always)
    public func append(_ milliseconds: Int64, _ value: Double) {
        if count == capacity { reserve(1) }
        timestamps[count] = milliseconds
        values[count] = value
        count += 1
    }

    /// Takes the last sample out.
    ///
    /// - Precondition: there is one.
    public func removeLast() {
        precondition(count > 0, "there is a sample to take out")
        count -= 1
        if !histograms.isEmpty { histograms.removeLast() }
        if !starts.isEmpty { starts.removeLast() }
        if !ordinals.isEmpty { ordinals.removeLast() }
    }

    /// Adds samples that lie one behind the other.
    public func append(_ milliseconds: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, count more: Int) {
        reserve(more)
        (timestamps + count).update(from: milliseconds, count: more)
        (self.values + count).update(from: values, count: more)
        count += more
    }

    /// Whether a value is the staleness marker, bit for bit.
    @inlinable
    public static func isStale(_ value: Double) -> Bool {
        value.bitPattern == 0x7FF0_0000_0000_0002
    }
}
