// SPDX-License-Identifier: Apache-2.0

import Foundation
import TimeSeries

/// Where values stand on an axis, and at which of them there is a line across.
struct ChartScale: Equatable {
    let lowest: Double
    let highest: Double
    /// The values with a line, ascending, round numbers.
    let ticks: [Double]

    /// A scale for values, with round ends.
    ///
    /// - Parameters:
    ///   - minimum: the end of the axis where the dashboard says it; it gives way to values beyond.
    ///   - base: what round numbers are multiples of: 60 where seconds are read as minutes.
    ///   - lines: about how many. Where numbers are too large or too small for round ones there is one at each end.
    init(values: ClosedRange<Double>, minimum: Double? = nil, maximum: Double? = nil, base: Double = 1, lines: Int = 4)
    {
        var low = min(values.lowerBound, minimum ?? values.lowerBound)
        var high = max(values.upperBound, maximum ?? values.upperBound)
        if high - low <= abs(high) * 1e-9 {
            // One value only: in the middle, or over nothing.
            let room = high == 0 ? 1 : abs(high) * 0.5
            high += room
            if minimum.map({ low > $0 }) ?? true { low -= room }
        }
        let step = Self.roundStep((high - low) / Double(lines) / base) * base
        let first = (low / step).rounded(.down)
        let last = (high / step).rounded(.up)
        guard step > 0, (1...20).contains(last - first), (first * step).isFinite, (last * step).isFinite else {
            (lowest, highest) = (values.lowerBound, values.upperBound)
            ticks = lowest < highest ? [lowest, highest] : [lowest]
            return
        }
        lowest = first * step
        highest = last * step
        ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    }

    /// 1, 2, 2.5 or 5 times a power of ten, not below `step`.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        for factor in [1, 2, 2.5, 5, 10] where factor * power >= step * (1 - 1e-9) { return factor * power }
        return 10 * power
    }

    /// 0 at the lower end, 1 at the upper; in the middle where there is one value only.
    func place(_ value: Double) -> Double {
        // Halves: the ends may be further apart than a Float64 can say.
        let length = highest / 2 - lowest / 2
        return length > 0 ? (value / 2 - lowest / 2) / length : 0.5
    }
}

/// Moments with a line in a chart, and what stands below them.
struct TimeAxis {
    let ticks: [(time: Int64, text: String)]

    private static let hour: Int64 = 3_600_000
    private static let steps: [Int64] = [
        60_000, 300_000, 600_000, 900_000, 1_800_000, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour,
        48 * hour,
        168 * hour, 720 * hour, 2_160 * hour,
    ]

    /// - Parameters:
    ///   - window: milliseconds since 1970.
    ///   - most: how many lines there may be.
    init(window: ClosedRange<Int64>, most: Int = 7) {
        let length = window.upperBound - window.lowerBound
        let step = Self.steps.first { length / $0 <= Int64(most) } ?? max(1, length / Int64(most))
        let first = (window.lowerBound + step - 1) / step * step
        ticks = stride(from: first, through: window.upperBound, by: Int64.Stride(step)).map { time in
            (
                time,
                step < 24 * Self.hour
                    ? MomentText.clock(time, withDay: time % (24 * Self.hour) == 0) : MomentText.day(time)
            )
        }
    }
}

/// Times as people read them, in UTC.
enum MomentText {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `27 Nov`.
    static func day(_ milliseconds: Int64) -> String {
        let days = Int64((Double(milliseconds) / 86_400_000).rounded(.down))
        let date = CivilDate(daysSince1970: days)
        return "\(date.day)\u{A0}\(months[Int(date.month - 1)])"
    }

    /// `18:05`, or the day where that begins.
    static func clock(_ milliseconds: Int64, withDay: Bool = false) -> String {
        if withDay { return day(milliseconds) }
        let minutes = Int64((Double(milliseconds) / 60_000).rounded(.down))
        let ofDay = ((minutes % 1_440) + 1_440) % 1_440
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return two(ofDay / 60) + ":" + two(ofDay % 60)
    }

    /// `27 Nov 18:05`.
    static func moment(_ milliseconds: Int64) -> String { day(milliseconds) + " " + clock(milliseconds) }
}
