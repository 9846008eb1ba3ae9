// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What is in memory of the committed series: the total of each, and what was added since the last checkpoint.
///
/// Not thread safe; `SeriesStore` guards it.
struct Head {
    /// The totals of all committed series.
    private(set) var totals = SeriesTotals()
    /// Takes the points and samples of new commits.
    private(set) var active: HeadLayer
    /// What a checkpoint is writing.
    private(set) var frozen: HeadLayer?

    init(after commit: UInt64) {
        active = HeadLayer(after: commit)
    }

    /// Memory in bytes.
    var bytes: Int { totals.bytes + active.bytes + (frozen?.bytes ?? 0) }

    /// Makes room for more series, of these kinds.
    mutating func grow(_ kinds: some Sequence<MetricFamily.Kind>) {
        totals.grow(kinds)
    }

    /// Puts back a total that a checkpoint wrote.
    mutating func restore(_ id: SeriesID, _ record: TotalRecord) {
        totals.restore(id, record)
    }

    /// Adds a commit to totals and points.
    mutating func apply(_ commit: Commit, number: UInt64, arrival: UInt32) {
        totals.add(commit.increments, arrival: arrival)
        for increment in commit.increments { active.points.add(SeriesPoint(increment), commit: number, addsUp: true) }
        totals.prepare(commit.points)
        for point in commit.points {
            totals.add(point, arrival: arrival)
            active.points.add(point, commit: number, addsUp: totals.addsUp(point))
        }
        for sample in commit.samples {
            totals.add(sample, arrival: arrival)
            active.samples.add(sample, commit: number)
        }
    }

    /// Looks ahead at the points of a commit of the journal.
    mutating func prepare(_ points: [SeriesPoint]) {
        totals.prepare(points)
    }

    /// Adds one point of the journal.
    mutating func replay(_ point: SeriesPoint, commit: UInt64, arrival: UInt32) {
        totals.add(point, arrival: arrival)
        active.points.add(point, commit: commit, addsUp: totals.addsUp(point))
    }

    /// Adds one sample of the journal.
    mutating func replay(_ sample: SeriesSample, commit: UInt64, arrival: UInt32) {
        totals.add(sample, arrival: arrival)
        active.samples.add(sample, commit: commit)
    }

    /// The same totals with nothing added to them, for a journal that begins behind `commit`.
    func restarted(after commit: UInt64) -> Head {
        var head = self
        head.active = HeadLayer(after: commit)
        head.frozen = nil
        return head
    }

    /// Sets what was added apart for a checkpoint through `commit`; new commits go to a fresh layer.
    mutating func freeze(through commit: UInt64) -> HeadLayer {
        precondition(frozen == nil, "one checkpoint at a time")
        let layer = active
        frozen = layer
        active = HeadLayer(after: commit)
        return layer
    }

    /// The checkpoint has written what was set apart.
    mutating func dropFrozen() {
        frozen = nil
    }
}

/// The points and samples of a run of commits.
struct HeadLayer {
    let points: HeadSegment
    let samples: SampleSegment

    init(after commit: UInt64) {
        points = HeadSegment(after: commit)
        samples = SampleSegment(after: commit)
    }

    /// Points and samples in here.
    var count: Int { points.count + samples.count }

    /// Memory in bytes.
    var bytes: Int { points.bytes + samples.bytes }
}

extension SeriesPoint {
    /// An increment as a point.
    @inline(__always)
    init(_ increment: Increment) {
        self.init(
            series: increment.series,
            slot: increment.slot,
            detail: PointDetail.exact,
            payload: UInt64(bitPattern: increment.units)
        )
    }
}
