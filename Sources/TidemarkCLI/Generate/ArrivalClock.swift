// SPDX-License-Identifier: Apache-2.0

/// Gives each of N lines its time of arrival: slot `i` is the i-th of N equal parts of the traffic.
///
/// The traffic of the span (rate integrated over time) is cut into N parts of equal size, and each line arrives somewhere
/// in its part. So exactly N lines fill exactly the span, whatever N is, and the rate follows the daily curve.
struct ArrivalClock {
    /// Arrival of the current slot, never before that of the slot before, always before the end.
    private(set) var nowMilliseconds: Int64
    /// The ten minutes of the UTC day that `nowMilliseconds` lies in.
    private(set) var bin = 0

    private let endMilliseconds: Int64
    private let rates: [Double]
    /// Traffic of one slot.
    private let slotTraffic: Double
    // The stretch of constant rate around `nowMilliseconds`.
    private var stretchStart: Int64
    private var stretchEnd: Int64
    private var trafficBefore = 0.0
    private var trafficThrough = 0.0
    private var millisecondsPerTraffic = 0.0

    /// - Parameter rates: the rate of each bin of a UTC day, above 0.
    init(startMilliseconds: Int64, durationMilliseconds: Int64, slots: Int, rates: [Double]) {
        precondition(rates.count == DailyCurve.binsPerDay, "one rate for each bin of the day")
        self.rates = rates
        nowMilliseconds = startMilliseconds
        endMilliseconds = startMilliseconds + durationMilliseconds
        stretchStart = startMilliseconds
        stretchEnd = startMilliseconds
        var traffic = 0.0
        var time = startMilliseconds
        while time < endMilliseconds {
            let next = min(endMilliseconds, Self.binEnd(after: time))
            traffic += rates[Self.bin(of: time)] * Double(next - time)
            time = next
        }
        slotTraffic = traffic / Double(slots)
        openStretch()
    }

    /// Moves to `slot`. Slots are asked for in rising order.
    ///
    /// - Parameter jitter: a random word that places the arrival inside the slot.
    mutating func advance(to slot: UInt64, jitter: UInt64) {
        let traffic = (Double(slot) + unitInterval(jitter)) * slotTraffic
        while traffic >= trafficThrough, stretchEnd < endMilliseconds {
            openStretch()
        }
        let time = stretchStart + Int64((traffic - trafficBefore) * millisecondsPerTraffic)
        // Sums of doubles may pass the end by a rounding error.
        nowMilliseconds = min(max(nowMilliseconds, time), endMilliseconds - 1)
    }

    // MARK: - Stretches

    private mutating func openStretch() {
        stretchStart = stretchEnd
        stretchEnd = min(endMilliseconds, Self.binEnd(after: stretchStart))
        bin = Self.bin(of: stretchStart)
        trafficBefore = trafficThrough
        trafficThrough += rates[bin] * Double(stretchEnd - stretchStart)
        millisecondsPerTraffic = 1 / rates[bin]
    }

    private static func bin(of time: Int64) -> Int {
        Int(time % DailyCurve.millisecondsPerDay / DailyCurve.millisecondsPerBin)
    }

    private static func binEnd(after time: Int64) -> Int64 {
        (time / DailyCurve.millisecondsPerBin + 1) * DailyCurve.millisecondsPerBin
    }
}
