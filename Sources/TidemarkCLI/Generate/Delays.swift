// SPDX-License-Identifier: Apache-2.0

/// How long after its cause an event happens or a line arrives. All times in milliseconds.
///
/// A delay is the shortest plus the rest times a power of a number in 0 ..< 1: most are short, few are long. Powers in
/// place of an exponential, because only +, -, x and / give the same bits under every C library.
enum Delays {
    /// From impression to click: 0.8 s to 3 min, half of them below 24 s.
    static func click(_ word: UInt64) -> Int64 {
        cubed(word, from: 800, through: 180_000)
    }

    /// From click to conversion: 20 s to 40 min, half of them below 6 min.
    static func conversion(_ word: UInt64) -> Int64 {
        cubed(word, from: 20_000, through: 2_400_000)
    }

    /// From a prediction to its outcome: half of them in the first eighth of the range.
    static func label(_ word: UInt64, from least: Int64, through greatest: Int64) -> Int64 {
        cubed(word, from: least, through: greatest)
    }

    /// From an outcome to another one of the same prediction: 10 min to 3 h, half of them below 32 min.
    static func amendment(_ word: UInt64) -> Int64 {
        cubed(word, from: 600_000, through: 10_800_000)
    }

    /// From a line to its retry: 2 s to 10 min, half of them below 80 s.
    static func retry(_ word: UInt64) -> Int64 {
        cubed(word, from: 2_000, through: 600_000)
    }

    /// A late line is at least this much later than its event.
    static let leastLateness: Int64 = 60_000
    /// And at most this much.
    static let greatestLateness: Int64 = 7_200_000

    /// From a late event to its line: a minute to `limit`, half of them in the first quarter.
    ///
    /// - Parameter limit: at least `leastLateness`.
    static func lateness(_ word: UInt64, limit: Int64) -> Int64 {
        let unit = unitInterval(word)
        return leastLateness + Int64(Double(limit - leastLateness) * unit * unit)
    }

    private static func cubed(_ word: UInt64, from least: Int64, through greatest: Int64) -> Int64 {
        let unit = unitInterval(word)
        return least + Int64(Double(greatest - least) * unit * unit * unit)
    }
}
