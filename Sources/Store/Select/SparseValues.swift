// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// From points, and from what stretches of others come to, to the samples that are looked at.
extension SeriesReader {
    func appendSparse(_ request: EventRequest, _ runs: LiveRuns, openSlot: Int64, _ output: inout SparseSamples) {
        let bound: UInt32
        switch request.part {
        case .bucket(let index): bound = UInt32(index)
        case .count: bound = UInt32(request.family.bounds.count)
        case .sum:
            takeSteps { $0 == PointDetail.exactSum ? .units : $0 == PointDetail.inexactSum ? .inexact : .nothing }
            let sum = SparseSum(base[PointDetail.exactSum], base.inexact, unitsPerWhole: 1_000_000)
            append(sum, runs, openSlot, &output) { $0 == PointDetail.exactSum }
            return
        case .whole:
            if request.family.kind == .gauge {
                appendSparseLatest(runs, openSlot, &output)
            } else {
                takeSteps { $0 == PointDetail.exact ? .units : .inexact }
                let unitsPerWhole: Double = request.family.unit == .micro ? 1_000_000 : 1
                let sum = SparseSum(base[PointDetail.exact], base.inexact, unitsPerWhole: unitsPerWhole)
                append(sum, runs, openSlot, &output) { $0 == PointDetail.exact }
            }
            return
        }
        takeSteps { $0 <= bound ? .units : .nothing }
        let units = (0...bound).reduce(Int128(0)) { $0 + base[$1] }
        append(SparseSum(units, 0, unitsPerWhole: 1), runs, openSlot, &output) { $0 <= bound }
    }

    /// A sum that grows step by step.
    private struct SparseSum {
        private var total: Int128
        private var floating: Double
        private let unitsPerWhole: Double

        init(_ units: Int128, _ inexact: Double, unitsPerWhole: Double) {
            total = units
            floating = inexact
            self.unitsPerWhole = unitsPerWhole
        }

        /// The same, to the last bit, as `sum` makes of 64 and of 128 bits.
        var value: Double {
            let units = Int64(exactly: total).map { Double($0) } ?? Double(total)
            return units / unitsPerWhole + floating
        }

        mutating func add(_ units: Int128, _ inexact: Double) {
            total += units
            floating += inexact
        }
    }

    private func append(
        _ sum: SparseSum,
        _ runs: LiveRuns,
        _ openSlot: Int64,
        _ output: inout SparseSamples,
        isUnits: (UInt32) -> Bool
    ) {
        var sum = sum
        let last = forEachStretch(runs, &output) { item in
            guard case .points(let step) = item else { return false }
            // A number that is none is kept like a drop: all behind it are none.
            return steps.units[step] < 0 || !(steps.inexact[step] >= 0)
        } take: { item in
            switch item {
            case .points(let step): sum.add(Int128(steps.units[step]), steps.inexact[step])
            case .skipped(let stretch): sum.add(skipped.units(stretch, isUnits), 0)
            }
        } value: {
            sum.value
        }
        output.appendOpen(hasPoint: last == openSlot, sum.value)
    }

    private func appendSparseLatest(_ runs: LiveRuns, _ openSlot: Int64, _ output: inout SparseSamples) {
        steps.clear(room: points.count)
        // A gauge has one point a slot, so that steps and points have the same indices.
        for index in 0..<points.count { _ = steps.step(points.slots[index]) }
        var bits = base.payload
        let last = forEachStretch(runs, &output) { _ in
            false
        } take: { item in
            switch item {
            case .points(let step): bits = points.payloads[step]
            case .skipped(let stretch): bits = skipped.latest(stretch)
            }
        } value: {
            Double(bitPattern: bits)
        }
        output.appendOpen(hasPoint: last == openSlot, Double(bitPattern: bits))
    }

    /// What makes a value another one.
    private enum Item {
        /// The points of one slot, by their index in `steps`.
        case points(Int)
        case skipped(SkippedPoints.Stretch)
    }

    /// Goes through the steps and the stretches between them as `LiveRuns.forEach` goes through slots, and appends the
    /// samples that are kept.
    ///
    /// - Parameters:
    ///   - isDrop: whether the value falls in a slot.
    ///   - take: called in order, once the samples before are appended.
    ///   - value: that of all that was taken.
    /// - Returns: the last slot with a point.
    /// - Complexity: O(steps + stretches + boundaries that are kept).
    @inline(__always)
    private func forEachStretch(
        _ runs: LiveRuns,
        _ output: inout SparseSamples,
        isDrop: (Item) -> Bool,
        take: (Item) -> Void,
        value: () -> Double
    ) -> Int64? {
        let stretches = skipped.stretches
        var (step, stretch) = (0, 0)
        var next = runs.first
        var previous = base.lastSlot
        // Up to where it is known that steps have to be looked at one by one.
        var looked = 0
        while step < steps.count || stretch < stretches.count {
            if let last = previous, step >= looked, step < steps.count, Int64(steps.slots[step]) <= last + 2 + runs.idle
            {
                let end = stretch < stretches.count ? steps.place(of: stretches[stretch].first) : steps.count
                looked = max(end, step)
                if end - step > 2, steps.areSteady(step..<end, idle: runs.idle) {
                    let through = Int64(steps.slots[end - 1])
                    output.append(next, through) { boundary in
                        while Int64(steps.slots[step]) < boundary {
                            take(.points(step))
                            step += 1
                        }
                        return value()
                    }
                    while step < end {
                        take(.points(step))
                        step += 1
                    }
                    next = through + 1
                    previous = through
                    continue
                }
            }
            let item: Item
            let first: Int64
            let last: Int64
            if stretch == stretches.count || step < steps.count && Int64(steps.slots[step]) < stretches[stretch].first {
                item = .points(step)
                first = Int64(steps.slots[step])
                last = first
                step += 1
            } else {
                item = .skipped(stretches[stretch])
                first = stretches[stretch].first
                last = stretches[stretch].last
                stretch += 1
            }
            let drops = isDrop(item)
            let end = previous.map { $0 + 1 + runs.idle }
            if let end, first <= end + 1 {
                output.append(next, first, lastOnes: drops ? 1 : 0) { _ in value() }
            } else {
                if let end { self.end(at: end, next, &output, value) }
                output.keepsNext = true
                if runs.hasValueBefore { output.append(first, first) { _ in value() } }
            }
            take(item)
            // Within a stretch the series is live all the time, and no boundary is kept.
            output.pass(last - first)
            if drops { output.keepsNext = true }
            next = last + 1
            previous = last
        }
        guard let previous else { return nil }
        let end = previous + 1 + runs.idle
        if end < runs.last {
            self.end(at: end, next, &output, value)
        } else {
            output.append(next, runs.last) { _ in value() }
        }
        return previous
    }

    /// The series ends behind a boundary.
    @inline(__always)
    private func end(at end: Int64, _ next: Int64, _ output: inout SparseSamples, _ value: () -> Double) {
        output.append(next, end, lastOnes: 2) { _ in value() }
        if next <= end + 1 { output.appendMarker(end + 1) }
    }
}

extension StepColumns {
    /// Where the first step at or behind a slot is.
    ///
    /// - Complexity: O(log n).
    fileprivate func place(of slot: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) >> 1
            if Int64(slots[middle]) < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether the series does not end between some steps, and falls in none of them: so it is with nearly all. Each is
    /// looked at without a branch.
    fileprivate func areSteady(_ range: Range<Int>, idle: Int64) -> Bool {
        var pause: UInt32 = 0
        for index in range.dropFirst() { pause = max(pause, slots[index] &- slots[index &- 1]) }
        var signs: Int64 = 0
        var growing = 0
        for index in range {
            signs |= units[index]
            growing &+= inexact[index] >= 0 ? 1 : 0
        }
        return Int64(pause) <= idle + 2 && signs >= 0 && growing == range.count
    }
}
