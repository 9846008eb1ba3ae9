// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The same numbers for the same seed (Steele, Lea and Flood, "SplitMix", 2014).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A seed of the moment, or the one in `TIDEMARK_SEED`; printed, so that a failure can be repeated.
    init(for test: String) {
        let given = getenv("TIDEMARK_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: .min ... .max)
        print("\(test): TIDEMARK_SEED=\(seed)")
        self.init(seed: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Every string of these letters of at most `length` letters, the empty one included.
func everyString(of letters: String, upTo length: Int) -> [String] {
    var all = [""]
    var longest = [""]
    for _ in 0..<length {
        longest = longest.flatMap { start in letters.map { start + String($0) } }
        all += longest
    }
    return all
}
