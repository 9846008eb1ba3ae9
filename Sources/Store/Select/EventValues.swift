// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// From points to values, kind by kind.
extension SeriesReader {
    // MARK: - Counters and histograms

    /// Sums of what `steps` holds of one part of a counter or a histogram.
    func appendSums(_ request: EventRequest, _ runs: LiveRuns, _ output: inout BoundarySamples) {
        let bound: UInt32
        switch request.part {
        case .whole: bound = 0
        case .bucket(let index): bound = UInt32(index)
        case .count: bound = UInt32(request.family.bounds.count)
        case .sum:
            takeSteps { $0 == PointDetail.exactSum ? .units : $0 == PointDetail.inexactSum ? .inexact : .nothing }
            sum(base[PointDetail.exactSum], base.inexact, unitsPerWhole: 1_000_000, runs, &output)
            return
        }
        guard request.family.kind == .histogram else {
            let unitsPerWhole: Double = request.family.unit == .micro ? 1_000_000 : 1
            if appendPlainCounter(unitsPerWhole, runs, &output) { return }
            takeSteps { $0 == PointDetail.exact ? .units : .inexact }
            sum(base[PointDetail.exact], base.inexact, unitsPerWhole: unitsPerWhole, runs, &output)
            return
        }
        takeSteps { $0 <= bound ? .units : .nothing }
        sum((0...bound).reduce(Int128(0)) { $0 + base[$1] }, 0, unitsPerWhole: 1, runs, &output)
    }

    enum Share {
        case units
        case inexact
        case nothing
    }

    /// Puts what the points add to one part into `steps`; a slot with any point has a step.
    @inline(__always)
    func takeSteps(_ share: (UInt32) -> Share) {
        let count = points.count
        steps.clear(room: count)
        let (slots, details, payloads) = (points.slots, points.details, points.payloads)
        let (stepSlots, units, inexact) = (steps.slots, steps.units, steps.inexact)
        var step = -1
        for index in 0..<count {
            if step < 0 || stepSlots[step] != slots[index] {
                step &+= 1
                stepSlots[step] = slots[index]
                units[step] = 0
                inexact[step] = 0
            }
            switch share(details[index]) {
            case .units: units[step] &+= Int64(bitPattern: payloads[index])
            case .inexact: inexact[step] += Double(bitPattern: payloads[index])
            case .nothing: break
            }
        }
        steps.count = step + 1
    }

    private func sum(
        _ units: Int128,
        _ inexact: Double,
        unitsPerWhole: Double,
        _ runs: LiveRuns,
        _ output: inout BoundarySamples
    ) {
        let count = steps.count
        let slots = UnsafePointer(steps.slots)
        let added = UnsafePointer(steps.units)
        let floats = UnsafePointer(steps.inexact)
        let last = lastSlot
        var isExact = inexact == 0 && units.magnitude < 1 << 61
        var magnitude: UInt64 = 0
        for index in 0..<count {
            let (sum, overflow) = magnitude.addingReportingOverflow(added[index].magnitude)
            magnitude = sum
            isExact = isExact && !overflow && floats[index] == 0
        }
        // Fast path: nothing but integers that fit.
        if isExact, magnitude < 1 << 61 {
            var total = Int64(truncatingIfNeeded: units)
            var taken = 0
            let scale = unitsPerWhole
            runs.forEach(slots, count: count, lastSlot: base.lastSlot) { from, through, before in
                while taken < before {
                    total &+= added[taken]
                    taken &+= 1
                }
                output.append(from, through, Double(total) / scale)
            } marker: { at in
                output.appendMarker(at)
            }
            while taken < count {
                total &+= added[taken]
                taken &+= 1
            }
            output.appendOpen(lastSlot: last, Double(total) / scale)
            return
        }
        var total = units
        var floating = inexact
        var taken = 0
        func take(_ before: Int) -> Double {
            while taken < before {
                total += Int128(added[taken])
                floating += floats[taken]
                taken += 1
            }
            return Double(total) / unitsPerWhole + floating
        }
        runs.forEach(slots, count: count, lastSlot: base.lastSlot) { from, through, before in
            output.append(from, through, take(before))
        } marker: { at in
            output.appendMarker(at)
        }
        output.appendOpen(lastSlot: last, take(count))
    }

    /// The last slot that has a point and is not behind the time asked.
    private var lastSlot: Int64? { steps.count > 0 ? Int64(steps.slots[steps.count - 1]) : base.lastSlot }

    // MARK: - Gauges

    /// The value that was set last.
    func appendLatest(_ runs: LiveRuns, _ output: inout BoundarySamples) {
        steps.clear(room: points.count)
        for index in 0..<points.count { _ = steps.step(points.slots[index]) }
        // A gauge has one point a slot, so that steps and points have the same indices.
        runs.forEach(steps.slots, count: steps.count, lastSlot: base.lastSlot) { from, through, before in
            let bits = before > 0 ? points.payloads[before - 1] : base.payload
            output.append(from, through, Double(bitPattern: bits))
        } marker: { at in
            output.appendMarker(at)
        }
        let bits = points.count > 0 ? points.payloads[points.count - 1] : base.payload
        output.appendOpen(lastSlot: lastSlot, Double(bitPattern: bits))
    }

    // MARK: - Distinct

    /// The estimate of elements in the slots before each boundary: all of them, or those of a window.
    func appendDistinct(_ runs: LiveRuns, windowSlots: Int64?, _ output: inout BoundarySamples) {
        // Slots before the first boundary belong to the window, not to the runs.
        let firstInside = points.lowerBound(clamping: runs.first)
        var before = base.lastSlot
        if firstInside > 0 { before = Int64(points.slots[firstInside - 1]) }
        steps.clear(room: points.count)
        for index in firstInside..<points.count { _ = steps.step(points.slots[index]) }

        var sketch = SlidingSketch(windowSlots == nil ? base.sketch : HyperLogLog())
        var taken = 0
        var dropped = 0
        func value(at boundary: Int64) -> Double {
            while taken < points.count, Int64(points.slots[taken]) < boundary {
                sketch.add(points.details[taken], slot: points.slots[taken])
                taken += 1
            }
            if let windowSlots {
                while dropped < taken, Int64(points.slots[dropped]) < boundary - windowSlots {
                    sketch.drop(points.details[dropped], slot: points.slots[dropped])
                    dropped += 1
                }
            }
            return sketch.estimate
        }
        runs.forEach(steps.slots, count: steps.count, lastSlot: before) { from, through, _ in
            if windowSlots == nil {
                output.append(from, through, value(at: from))
            } else {
                for boundary in from...through { output.append(boundary, boundary, value(at: boundary)) }
            }
        } marker: { at in
            output.appendMarker(at)
        }
        output.appendOpen(lastSlot: steps.count > 0 ? lastSlot : before, value(at: output.openSlot + 1))
    }
}
