// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The same numbers on every machine for the same seed (SplitMix64: Steele, Lea and Flood 2014).
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// A seed of the moment, or the one in `TIDEMARK_SEED`; printed, so that a failure can be repeated.
    package init(for test: String) {
        let given = ProcessInfo.processInfo.environment["TIDEMARK_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: .min ... .max)
        print("\(test): TIDEMARK_SEED=\(seed)")
        self.init(seed: seed)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0..<`end`.
    package mutating func below(_ end: Int) -> Int { Int.random(in: 0..<end, using: &self) }

    package mutating func chance(_ percent: Double) -> Bool { Double.random(in: 0..<100, using: &self) < percent }

    /// Small or large, of any number of bits.
    package mutating func anyMagnitude() -> UInt64 { next() >> UInt64(below(64)) }

    package mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
