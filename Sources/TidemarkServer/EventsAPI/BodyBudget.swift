// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Synchronization

/// Memory for bodies that are being received, shared by all connections.
final class BodyBudget: Sendable {
    private let free: Atomic<Int>

    init(bytes: Int) {
        free = Atomic(bytes)
    }

    /// A share that starts empty, grows while a body arrives and returns everything when it goes.
    func lease() -> Lease { Lease(self) }

    /// Bytes nobody holds.
    var freeBytes: Int { free.load(ordering: .relaxed) }

    /// One body's share.
    struct Lease: ~Copyable {
        private let budget: BodyBudget
        private var bytes = 0

        fileprivate init(_ budget: BodyBudget) {
            self.budget = budget
        }

        /// Makes the share at least `total` bytes.
        ///
        /// - Throws: ``APIError``, 429, when the others leave too little.
        mutating func grow(to total: Int) throws(APIError) {
            guard total > bytes else { return }
            // In steps, so that a body of many small parts is not as many atomic operations.
            let step = max(total - bytes, 64 << 10)
            let left = budget.free.subtract(step, ordering: .relaxed).newValue
            guard left >= 0 else {
                budget.free.add(step, ordering: .relaxed)
                throw APIError(.tooManyRequests, "too many bodies are being received at once", retryAfter: 1)
            }
            bytes += step
        }

        deinit {
            budget.free.add(bytes, ordering: .relaxed)
        }
    }
}
