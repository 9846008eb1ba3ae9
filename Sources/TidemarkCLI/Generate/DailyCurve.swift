// SPDX-License-Identifier: Apache-2.0

/// How much traffic an audience makes through its day, in bins of ten minutes.
enum DailyCurve {
    static let millisecondsPerDay: Int64 = 86_400_000
    static let millisecondsPerBin: Int64 = 600_000
    static let binsPerDay = Int(millisecondsPerDay / millisecondsPerBin)

    /// Traffic at each full hour of the audience's clock, relative: quiet at four in the morning, a shoulder at noon, a
    /// peak at eight in the evening.
    private static let hours: [Double] = [
        0.45, 0.28, 0.19, 0.15, 0.15, 0.22, 0.42, 0.68, 0.88, 1.00, 1.05, 1.10,
        1.20, 1.15, 1.08, 1.05, 1.08, 1.15, 1.28, 1.45, 1.58, 1.52, 1.20, 0.80,
    ]

    /// The rate of each UTC bin of a day, with a mean of 1; linear between the full hours.
    ///
    /// - Parameter clockOffsetMinutes: how far the audience's clock is ahead of UTC.
    static func rates(clockOffsetMinutes: Int) -> [Double] {
        let raw = (0..<binsPerDay).map { bin in
            // The middle of the bin, on the audience's clock.
            let minute = (bin * 10 + 5 + clockOffsetMinutes + 2 * 1440) % 1440
            let hour = minute / 60
            let part = Double(minute % 60) / 60
            return hours[hour] * (1 - part) + hours[(hour + 1) % 24] * part
        }
        let mean = raw.reduce(0, +) / Double(raw.count)
        return raw.map { $0 / mean }
    }
}
