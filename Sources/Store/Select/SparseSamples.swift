// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Writes those samples at slot boundaries that are looked at into columns, and which of all they are.
///
/// Boundaries come in order of time: runs of live ones, and between them those that are known to be live and whose values
/// are not.
struct SparseSamples {
    private let columns: SampleColumns
    private let kept: [Int64]
    /// Milliseconds of a slot.
    private let length: Int64
    /// When the open slot has a sample, in milliseconds.
    private let stamp: Int64?
    /// The first boundary asked for.
    private let first: Int64
    /// From where on all are kept.
    private let tail: Int64
    /// The first boundary in `kept` that is not passed yet.
    private var next: Int
    /// How many samples there are before, with those left out.
    private var ordinal = 0
    /// Whether the sample to come is kept.
    var keepsNext = false

    init(_ columns: SampleColumns, _ runs: LiveRuns, _ edges: KeptBoundaries, length: Int64, stamp: Int64?) {
        self.columns = columns
        kept = edges.boundaries
        self.length = length
        self.stamp = stamp
        first = runs.first
        tail = edges.tail(runs.last)
        next = edges.place(behind: runs.first - 1)
        columns.spacing = length
    }

    /// Those of a run of live boundaries that are looked at, both inclusive: none when `through` is before `from`.
    ///
    /// - Parameters:
    ///   - lastOnes: how many of the last ones are kept.
    ///   - value: that at a boundary; asked for in order.
    mutating func append(_ from: Int64, _ through: Int64, lastOnes: Int64 = 0, _ value: (Int64) -> Double) {
        guard from <= through else { return }
        let tail = max(min(through - lastOnes + 1, self.tail), from)
        let start = ordinal - Int(from)
        ordinal = start + Int(through) + 1
        var at = from
        if keepsNext || from == first || tail == from {
            write(from, start, value)
            at += 1
        }
        keepsNext = false
        while next < kept.count, kept[next] < at { next += 1 }
        while next < kept.count, kept[next] < tail {
            write(kept[next], start, value)
            next += 1
        }
        at = max(at, tail)
        while at <= through {
            write(at, start, value)
            at += 1
        }
    }

    @inline(__always)
    private func write(_ boundary: Int64, _ start: Int, _ value: (Int64) -> Double) {
        columns.append(boundary * length, value(boundary))
        columns.ordinals.append(start + Int(boundary))
    }

    /// The sample that says that the series has ended.
    mutating func appendMarker(_ boundary: Int64) {
        columns.append(boundary * length, SampleColumns.staleMarker)
        columns.ordinals.append(ordinal)
        ordinal += 1
    }

    /// Passes over boundaries at which the series is live and nobody looks.
    mutating func pass(_ count: Int64) {
        ordinal += Int(count)
    }

    /// The sample of the open slot, when the series has a point in it.
    mutating func appendOpen(hasPoint: Bool, _ value: Double) {
        guard let stamp, hasPoint else { return }
        columns.append(stamp, value)
        columns.ordinals.append(ordinal)
        ordinal += 1
    }
}
