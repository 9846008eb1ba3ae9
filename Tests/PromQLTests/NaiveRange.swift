// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import PromQL

/// Functions of range vectors written down as Prometheus's documentation defines them, for one window of one series of
/// numbers. Slow, and independent of the engine's kernels.
struct NaiveRange {
    typealias Sample = (time: Int64, value: Double)

    /// All samples of the series, staleness markers left out.
    var samples: [Sample]
    var end: Int64
    var range: Int64
    var lookback: Int64 = 300_000
    var extent = RangeExtent.plain
    var parameters: [Double] = []

    private var start: Int64 { end - range }
    private var seconds: Double { Double(range) / 1_000 }
    /// The samples in (start, end].
    private var window: [Sample] { samples.filter { $0.time > start && $0.time <= end } }

    /// The value, and how far another may be from it beside a billionth; nil for no sample.
    func value(of function: Function) -> (value: Double, tolerance: Double)? {
        if extent != .plain { return extended(function).map { ($0, rounding(samples, function)) } }
        let values = window.map(\.value)
        guard let first = window.first, let last = window.last else { return nil }
        let greatest = values.reduce(0) { max($0, $1.magnitude) }
        let finite = values.allSatisfy(\.isFinite)
        switch function {
        case .countOverTime: return (Double(values.count), 0)
        case .presentOverTime: return (1, 0)
        case .firstOverTime: return (first.value, 0)
        case .lastOverTime: return (last.value, 0)
        case .tsOfFirstOverTime: return (Double(first.time) / 1_000, 0)
        case .tsOfLastOverTime: return (Double(last.time) / 1_000, 0)
        case .minOverTime: return (values.filter { !$0.isNaN }.min() ?? .nan, 0)
        case .maxOverTime: return (values.filter { !$0.isNaN }.max() ?? .nan, 0)
        case .tsOfMinOverTime, .tsOfMaxOverTime:
            let numbers = values.filter { !$0.isNaN }
            let extreme = function == .tsOfMinOverTime ? numbers.min() : numbers.max()
            return (Double(window.last { $0.value == extreme || extreme == nil }!.time) / 1_000, 0)
        case .sumOverTime: return finite ? (ExactSum.of(values), greatest * 1e-28) : (values.reduce(0, +), 0)
        case .avgOverTime:
            if !finite { return (values.reduce(0, +), 0) }
            return (ExactSum.of(values.map { $0 / Double(values.count) }), greatest * 1e-15)
        case .stddevOverTime, .stdvarOverTime:
            if !finite { return (.nan, 0) }
            let mean = ExactSum.of(values.map { $0 / Double(values.count) })
            let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
            let isRoot = function == .stddevOverTime
            return (isRoot ? variance.squareRoot() : variance, isRoot ? greatest * 1e-10 : greatest * greatest * 1e-20)
        case .quantileOverTime: return (NaiveRange.quantile(parameters[0], values), 0)
        case .madOverTime:
            if values.contains(where: \.isNaN) { return (.nan, 0) }
            let median = NaiveRange.quantile(0.5, values)
            return (NaiveRange.quantile(0.5, values.map { ($0 - median).magnitude }), greatest * 1e-15)
        case .changes:
            return (Double(NaiveRange.pairs(values).count { $0 != $1 && !($0.isNaN && $1.isNaN) }), 0)
        case .resets: return (Double(NaiveRange.pairs(values).count { $1 < $0 }), 0)
        default: break
        }
        guard values.count >= 2 else { return nil }
        switch function {
        case .rate, .increase, .delta: return (extrapolated(function), rounding(window, function))
        case .irate, .idelta:
            let before = window[window.count - 2]
            let isReset = function == .irate && last.value < before.value
            let change = isReset ? last.value : last.value - before.value
            return (function == .irate ? change / (Double(last.time - before.time) / 1_000) : change, 0)
        case .deriv:
            return line(from: first.time).map { line in
                (line.slope, line.slope.isNaN ? 0 : line.slopeScale * line.condition * 1e-13)
            }
        case .predictLinear:
            // Sums of squares of times far from their mean lose digits, in Prometheus too.
            return line(from: end).map { line in
                let reach = Double(range) / 1_000 + parameters[0].magnitude
                return (
                    line.intercept + line.slope * parameters[0],
                    (greatest + line.slopeScale * reach) * line.condition * 1e-13
                )
            }
        case .doubleExponentialSmoothing:
            var level = values[0]
            var trend = values[1] - values[0]
            for value in values.dropFirst() {
                let next = parameters[0] * value + (1 - parameters[0]) * (level + trend)
                trend = parameters[1] * (next - level) + (1 - parameters[1]) * trend
                level = next
            }
            return (level, finite ? greatest * 1e-12 : 0)
        default: preconditionFailure("\(function) has no definition here")
        }
    }

    /// What differences of so great numbers may lose, in whatever order resets are added.
    private func rounding(_ samples: [Sample], _ function: Function) -> Double {
        let greatest = samples.lazy.filter { $0.value.isFinite }.reduce(0) { max($0, $1.value.magnitude) }
        return function == .changes || function == .resets ? 0 : greatest * 1e-13 / (function == .rate ? seconds : 1)
    }

    private static func pairs(_ values: [Double]) -> [(Double, Double)] { Array(zip(values, values.dropFirst())) }

    /// The difference, with what was there before each drop added.
    private static func increase(_ values: [Double]) -> Double {
        values[values.count - 1] - values[0] + pairs(values).filter { $1 < $0 }.reduce(0) { $0 + $1.0 }
    }

    private static func quantile(_ quantile: Double, _ values: [Double]) -> Double {
        if quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        let sorted = values.filter(\.isNaN) + values.filter { !$0.isNaN }.sorted()
        let rank = quantile * Double(sorted.count - 1)
        let lower = Int(rank.rounded(.down))
        let weight = rank - rank.rounded(.down)
        return sorted[lower] * (1 - weight) + sorted[min(lower + 1, sorted.count - 1)] * weight
    }

    /// Up to the edges where they are near, by half a gap where they are not, not below zero.
    private func extrapolated(_ function: Function) -> Double {
        let (first, last) = (window[0], window[window.count - 1])
        let isCounter = function != .delta
        let change = isCounter ? NaiveRange.increase(window.map(\.value)) : last.value - first.value
        let sampled = Double(last.time - first.time) / 1_000
        let gap = sampled / Double(window.count - 1)
        var before = Double(first.time - start) / 1_000
        var behind = Double(end - last.time) / 1_000
        if before >= gap * 1.1 { before = gap / 2 }
        if behind >= gap * 1.1 { behind = gap / 2 }
        if isCounter, change > 0, first.value >= 0 {
            let toZero = sampled * (first.value / change)
            if toZero < before { before = toZero }
        }
        let whole = change * ((sampled + before + behind) / sampled)
        return function == .rate ? whole / seconds : whole
    }

    /// Least squares; nil where infinities leave nothing to say.
    ///
    /// - Returns: also how great a slope the values make possible, and how much greater the squares of the times are than
    ///   those of their distances from the mean.
    private func line(
        from origin: Int64
    ) -> (slope: Double, intercept: Double, slopeScale: Double, condition: Double)? {
        let values = window.map(\.value)
        if values.contains(where: \.isNaN) { return (.nan, .nan, 0, 0) }
        if values.contains(where: \.isInfinite) {
            return Set(values).count == 1 ? (.nan, .nan, 0, 0) : nil
        }
        let times = window.map { Double($0.time - origin) / 1_000 }
        let count = Double(values.count)
        let meanTime = ExactSum.of(times) / count
        let mean = ExactSum.of(values.map { $0 / count })
        let covariance = ExactSum.of(zip(times, values).map { ($0 - meanTime) * ($1 - mean) })
        let spread = ExactSum.of(times.map { ($0 - meanTime) * ($0 - meanTime) })
        let slope = covariance / spread
        return (
            slope, mean - slope * meanTime, values.reduce(0) { max($0, $1.magnitude) } * count / spread.squareRoot(),
            1 + ExactSum.of(times.map { $0 * $0 }) / spread
        )
    }

    /// `anchored` and `smoothed`.
    private func extended(_ function: Function) -> Double? {
        let isSmoothed = extent == .smoothed
        let known = samples.filter { $0.time > start - lookback && $0.time <= end + (isSmoothed ? lookback : 0) }
        let before = known.last { $0.time <= start }
        guard known.contains(where: { $0.time > start }) else { return nil }
        if before == nil, !known.contains(where: { $0.time <= end }) { return nil }
        let inside = known.filter { $0.time > start && $0.time < end }.map(\.value)
        let isCounter = function != .delta
        if function == .changes || function == .resets {
            let values = (before.map { [$0.value] } ?? []) + window.map(\.value)
            return Double(
                NaiveRange.pairs(values).count { function == .resets ? $1 < $0 : $0 != $1 && !($0.isNaN && $1.isNaN) }
            )
        }
        func value(at time: Int64) -> Double {
            let left = known.last { $0.time <= time }
            let right = known.first { $0.time >= time }
            guard let left else { return right!.value }
            if left.time == time || !isSmoothed { return left.value }
            guard let right else { return left.value }
            let from = isCounter && right.value < left.value ? 0 : left.value
            return from + (right.value - from) * Double(time - left.time) / Double(right.time - left.time)
        }
        let values = [value(at: start)] + inside + [value(at: end)]
        let change = isCounter ? NaiveRange.increase(values) : values[values.count - 1] - values[0]
        return function == .rate ? change / seconds : change
    }
}

/// Sums without rounding but for one at the end (Shewchuk 1997, as in Python's `math.fsum`).
enum ExactSum {
    /// - Precondition: no sum of some of the values overflows.
    static func of(_ values: [Double]) -> Double {
        var parts: [Double] = []
        for value in values {
            var rest = value
            var kept: [Double] = []
            for part in parts {
                let (large, small) = rest.magnitude < part.magnitude ? (part, rest) : (rest, part)
                let sum = large + small
                let lost = small - (sum - large)
                if lost != 0 { kept.append(lost) }
                rest = sum
            }
            parts = kept + [rest]
        }
        return parts.reduce(0, +)
    }
}
