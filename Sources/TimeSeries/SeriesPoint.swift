// SPDX-License-Identifier: Apache-2.0

/// What events do to one series in one slot, where a plain `Increment` cannot say it. What `detail` and `payload` are
/// depends on the kind of the series; both are written to disk.
///
/// | kind | detail | payload | two of one slot and detail |
/// |---|---|---|---|
/// | counter, exact | `PointDetail.exact` | units, Int64 | add up |
/// | counter, inexact | `PointDetail.inexact` | Float64, whole units | add up |
/// | gauge | milliseconds since the slot's start | Float64 | of a slot the greatest detail stays; of equals the later |
/// | histogram, a bin | index of the bin, the +Inf bin last | observations, Int64 | add up |
/// | histogram, the sum | `PointDetail.exactSum` | millionths, Int64, may be negative | add up |
/// | histogram, the sum | `PointDetail.inexactSum` | Float64, whole units | add up |
/// | distinct | a register of a HyperLogLog, `PointDetail.register` | 0 | of a register the greatest rank stays |
public struct SeriesPoint: Hashable, Sendable {
    /// The series.
    public var series: SeriesID
    /// The slot of the event's time.
    public var slot: Slot
    /// Which part of the series' value; see above.
    public var detail: UInt32
    /// How much, or what; see above.
    public var payload: UInt64

    /// A point.
    @inlinable
    public init(series: SeriesID, slot: Slot, detail: UInt32, payload: UInt64) {
        self.series = series
        self.slot = slot
        self.detail = detail
        self.payload = payload
    }

    /// A point with an integer.
    @inlinable
    public init(series: SeriesID, slot: Slot, detail: UInt32, units: Int64) {
        self.init(series: series, slot: slot, detail: detail, payload: UInt64(bitPattern: units))
    }

    /// A point with a floating point value.
    @inlinable
    public init(series: SeriesID, slot: Slot, detail: UInt32, value: Double) {
        self.init(series: series, slot: slot, detail: detail, payload: value.bitPattern)
    }
}

/// The values of `SeriesPoint.detail` that have a name.
public enum PointDetail {
    /// Units of a counter.
    public static let exact: UInt32 = 0
    /// What fell back to Float64 in a counter.
    public static let inexact: UInt32 = 1
    /// The sum of a histogram's observations in millionths. Bins are below it.
    public static let exactSum: UInt32 = 0x1_0000
    /// What fell back to Float64 in a histogram's sum.
    public static let inexactSum: UInt32 = 0x1_0001

    /// A register of a HyperLogLog of 2^14 registers: its index and the rank it has seen, as one number whose order is
    /// that of (index, rank).
    ///
    /// - Precondition: `index` is below 16,384 and `rank` in 1...51.
    @inlinable
    public static func register(index: UInt32, rank: UInt32) -> UInt32 {
        index << 6 | rank
    }

    /// The register of an element by its hash: the upper 14 bits are the index, the rank is one more than the number of
    /// leading zeros of the rest (Flajolet and others 2007, figure 3).
    @inlinable
    public static func register(ofHash hash: UInt64) -> UInt32 {
        let rest = hash << 14 | 1 << 13
        return register(index: UInt32(hash >> 50), rank: UInt32(rest.leadingZeroBitCount) + 1)
    }
}

/// One sample of a sample series.
public struct SeriesSample: Hashable, Sendable {
    /// The series.
    public var series: SeriesID
    /// When, in milliseconds since the Unix epoch.
    public var milliseconds: Int64
    /// The bits of the value: staleness markers and other NaN payloads are kept.
    public var bits: UInt64

    /// A sample.
    @inlinable
    public init(series: SeriesID, milliseconds: Int64, bits: UInt64) {
        self.series = series
        self.milliseconds = milliseconds
        self.bits = bits
    }
}
