// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// The bins of numbers of a feature without a baseline: exponential, eight for each doubling, so that nothing has to be
/// known of the feature.
///
/// The magnitudes of a bin are above one power of 2^(1/8) and up to the next, which is its label in four digits, with a
/// minus sign before it for negative numbers: 1 is in `1`, 3 in `3.084`, −0.2 in `-0.2102`. Magnitudes up to 2^-30 are in
/// `0`, those above 2^(40 − 1/8) in `1.1e+12`. (The powers are the bucket bounds of Prometheus's native histograms of
/// schema 3.)
///
/// The values of a text feature need no bins: each is its own.
public final class GenericBins: Sendable {
    /// The only one: the bins are the same for all.
    public static let shared = GenericBins()

    /// How many bins there are.
    static let count = 1 + 2 * magnitudes

    private nonisolated(unsafe) let labels: UnsafeMutablePointer<UInt8>
    /// Of each label, where it begins; of one more, where the last one ends.
    private nonisolated(unsafe) let starts: UnsafeMutablePointer<UInt32>
    /// The sixteenths of the numbers from 1 to 2.
    private nonisolated(unsafe) let octave: UnsafeMutablePointer<Cell>
    private let indices: [String: Int]

    private init() {
        let texts = (0..<GenericBins.count).map(GenericBins.text)
        labels = .allocate(capacity: texts.reduce(0) { $0 + $1.utf8.count })
        starts = .allocate(capacity: GenericBins.count + 1)
        var end = 0
        for (index, text) in texts.enumerated() {
            starts[index] = UInt32(end)
            for byte in text.utf8 {
                labels[end] = byte
                end += 1
            }
        }
        starts[GenericBins.count] = UInt32(end)
        indices = Dictionary(uniqueKeysWithValues: zip(texts, 0...))
        octave = .allocate(capacity: 16)
        for index in 0..<16 { octave[index] = Cell(index) }
    }

    deinit {
        labels.deallocate()
        starts.deallocate()
        octave.deallocate()
    }

    // MARK: - The event path

    /// The bin of a number.
    ///
    /// - Precondition: it is not NaN.
    @inline(__always)
    func index(of value: Double) -> Int {
        let magnitudes = GenericBins.magnitudes
        let magnitude = value.magnitude
        guard magnitude > 0x1p-30 else { return 0 }
        guard magnitude < 0x1p40 else { return value < 0 ? 2 * magnitudes : magnitudes }
        let bits = magnitude.bitPattern
        let cell = octave[Int(truncatingIfNeeded: bits >> 48 & 0xF)]
        let significand = bits & (1 << 52 - 1)
        // Eights of the exponent, and those powers of the octave that the significand exceeds.
        let eighths = Int(truncatingIfNeeded: bits >> 52) &* 8 &- 8 * 1023
        let power = eighths &+ cell.below &+ (significand > cell.bound ? 1 : 0)
        return power &- GenericBins.leastPower &+ (value < 0 ? magnitudes : 0)
    }

    /// The label of a bin; valid as long as the process.
    @inline(__always)
    func label(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let start = Int(starts[index])
        return UnsafeBufferPointer(start: labels + start, count: Int(starts[index &+ 1]) &- start)
    }

    // MARK: - From the labels back

    /// The numbers of a bin: above `lower`, up to and including `upper`. Where a bin's least number is its bound, as on the negative side, `lower` is the number
    /// just below it.
    static func bounds(_ index: Int) -> (lower: Double, upper: Double) {
        if index == 0 { return ((-0x1p-30).nextDown, 0x1p-30) }
        let isNegative = index > magnitudes
        let power = leastPower + (isNegative ? index - magnitudes : index)
        let lower = bound(power - 1)
        let upper = power == greatestPower ? .infinity : bound(power)
        return isNegative ? ((-upper).nextDown, (-lower).nextDown) : (lower, upper)
    }

    /// A number that stands for those of a bin: the middle of its powers.
    static func middle(_ index: Int) -> Double {
        if index == 0 { return 0 }
        let power = leastPower + (index > magnitudes ? index - magnitudes : index)
        let middle = (bound(power - 1) * bound(power)).squareRoot()
        return index > magnitudes ? -middle : middle
    }

    /// The bin of a label, or nil.
    func index(ofLabel label: String) -> Int? { indices[label] }

    // MARK: - Powers of 2^(1/8)

    private static let leastPower = -240
    private static let greatestPower = 320
    /// Bins of one sign.
    private static let magnitudes = greatestPower - leastPower

    private static func bound(_ power: Int) -> Double { NativeHistogram.bound(Int32(power), schema: 3) }

    private static func text(_ index: Int) -> String {
        if index == 0 { return "0" }
        let isNegative = index > magnitudes
        let value = bound(leastPower + (isNegative ? index - magnitudes : index))
        let exponent = Int(log10(value).rounded(.down)) - 3
        let digits = exponent < 0 ? value * pow(10, Double(-exponent)) : value / pow(10, Double(exponent))
        return (isNegative ? "-" : "") + GoNumber.general(Double("\(Int(digits.rounded()))e\(exponent)") ?? value)
    }

    /// A sixteenth of the numbers from 1 to 2, by the first four bits behind the point. At most one of the powers is in
    /// each.
    private struct Cell: BitwiseCopyable {
        /// How many of the powers 1, 2^(1/8), … 2^(7/8) are below it.
        let below: Int
        /// The significand bits of the power inside it, or bits that are never exceeded.
        let bound: UInt64

        init(_ index: Int) {
            let start = UInt64(index) << 48
            let end = UInt64(index + 1) << 48
            let powers = (0..<8).map { GenericBins.bound($0).significandBitPattern }
            below = powers.count { $0 < start }
            bound = powers.first { $0 >= start && $0 < end } ?? .max
        }
    }
}
