// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How many samples a query holds in the vectors that selectors and range functions have given it.
final class HeldSamples: Sendable {
    private let total = Atomic<Int>(0)

    /// Those of all vectors that are still there.
    var count: Int { total.load(ordering: .relaxed) }

    /// Counts more samples, for as long as what is returned is there.
    func hold(_ samples: Int) -> SampleCharge { SampleCharge(self, samples) }

    fileprivate func add(_ samples: Int) { total.wrappingAdd(samples, ordering: .relaxed) }
}

/// Samples that are held. A vector has it, and so have its copies.
final class SampleCharge: Sendable {
    private let held: HeldSamples
    private let samples: Int

    fileprivate init(_ held: HeldSamples, _ samples: Int) {
        self.held = held
        self.samples = samples
        held.add(samples)
    }

    deinit { held.add(-samples) }
}
