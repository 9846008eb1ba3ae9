// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Store

/// What an event series reads as, straight from the definition: boundary by boundary, from a dictionary of slots.
struct ReadingTwin {
    let family: MetricFamily
    let part: SeriesPart
    let slots: StoreContents.Slots
    let resolution: SlotResolution
    let horizon: Horizon
    /// Slots of the window of a distinct series.
    var window: Int64?
    /// What is before this time in milliseconds counts, and cannot be read.
    var floor: Int64 = 0

    struct Sample: Equatable, CustomStringConvertible {
        var time: Int64
        var bits: UInt64

        var description: String { "\(time): \(Double(bitPattern: bits))" }
    }

    private var isGauge: Bool { family.kind == .gauge }

    /// The first slot that can be read.
    private var firstSlot: Int64 { (floor + resolution.milliseconds - 1) / resolution.milliseconds }

    /// The value of everything before a slot.
    private func value(before boundary: Int64) -> Double {
        let earlier = slots.filter { Int64($0.key) < boundary }
        func sum(_ isWanted: (UInt32) -> Bool) -> Double {
            Double(
                earlier.values.flatMap { $0 }.filter { isWanted($0.key) }
                    .reduce(Int128(0)) { $0 + Int128(Int64(bitPattern: $1.value)) }
            )
        }
        func inexact(_ detail: UInt32) -> Double {
            earlier.values.reduce(0) { $0 + Double(bitPattern: $1[detail] ?? 0) }
        }
        switch family.kind {
        case .counter:
            return sum { $0 == PointDetail.exact } / (family.unit == .micro ? 1_000_000 : 1)
                + inexact(PointDetail.inexact)
        case .histogram:
            switch part {
            case .bucket(let bound): return sum { $0 <= UInt32(bound) }
            case .count: return sum { $0 < PointDetail.exactSum }
            default: return sum { $0 == PointDetail.exactSum } / 1_000_000 + inexact(PointDetail.inexactSum)
            }
        case .gauge:
            return Double(bitPattern: earlier.max { $0.key < $1.key }?.value.first?.value ?? 0)
        case .distinct:
            var sketch = HyperLogLog()
            for (slot, registers) in earlier where window.map({ Int64(slot) >= max(boundary - $0, firstSlot) }) ?? true
            {
                for register in registers.keys { sketch.insert(register) }
            }
            return sketch.estimate
        case .samples:
            preconditionFailure("samples are read as they are")
        }
    }

    func samples(from start: Int64, through end: Int64) -> [Sample] {
        let length = resolution.milliseconds
        let start = max(start, floor)
        guard start <= end else { return [] }
        let active = Set(slots.keys.map { Int64($0) })
        guard let first = active.min() else { return [] }
        var samples: [Sample] = []
        func append(_ time: Int64, _ value: Double) {
            if time >= start, time <= end { samples.append(Sample(time: time, bits: value.bitPattern)) }
        }
        let boundaries = max(first, start / length)...max(first, start / length, min(end / length, Int64(horizon.slot)))
        var last = active.filter { $0 < boundaries.lowerBound }.max()
        for boundary in boundaries where boundary <= Int64(horizon.slot) {
            if active.contains(boundary - 1) { last = boundary - 1 }
            let isActive = active.contains(boundary)
            let idle = last.map { boundary - ($0 + 1) }
            if let idle, idle <= horizon.idleSlots {
                append(boundary * length, value(before: boundary))
            } else if isActive, idle == horizon.idleSlots + 1 || !isGauge {
                append(boundary * length, value(before: boundary))
            } else if idle == horizon.idleSlots + 1 {
                append(boundary * length, SampleColumns.staleMarker)
            }
        }
        if let stamp = horizon.stamp, active.contains(Int64(horizon.slot)) {
            append(stamp, value(before: Int64(horizon.slot) + 1))
        }
        return samples
    }
}

extension SampleColumns {
    /// What is in it.
    var list: [ReadingTwin.Sample] {
        (0..<count).map { ReadingTwin.Sample(time: timestamps[$0], bits: values[$0].bitPattern) }
    }
}
