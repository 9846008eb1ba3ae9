// SPDX-License-Identifier: Apache-2.0

/// When campaigns that are billed in lump get their `spend` events.
///
/// Every hour in a busy span. In a thin one the interval grows (to a day at most), so that bills do not outnumber what
/// they bill.
struct BillingSchedule {
    let intervalMilliseconds: Int64

    /// - Parameter lumpShares: share of all traffic of each campaign that is billed in lump.
    init(configuration: GeneratorConfiguration, lumpShares: [Double]) {
        /// A bill stands for at least about this many impressions.
        let leastImpressions = 20.0
        let hour: Int64 = 3_600_000
        let meanShare = lumpShares.reduce(0, +) / Double(max(1, lumpShares.count))
        let perHour =
            Double(configuration.events) * meanShare * Double(hour) / Double(configuration.durationMilliseconds)
        let hours: [Int64] = [1, 2, 3, 4, 6, 8, 12]
        intervalMilliseconds = (hours.first { perHour * Double($0) >= leastImpressions } ?? 24) * hour
    }

    /// Campaigns are billed one after the other inside an interval, none at its edges.
    func firstBill(startMilliseconds: Int64, place: Int, of count: Int) -> Int64 {
        startMilliseconds + intervalMilliseconds * Int64(place + 1) / Int64(count + 1)
    }
}
