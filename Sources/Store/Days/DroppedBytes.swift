// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Bytes of files that have been dropped and are not deleted yet, because somebody reads them: as good as free.
final class DroppedBytes: Sendable {
    private let sum = Atomic(0)

    var value: Int { sum.load(ordering: .acquiring) }

    func add(_ bytes: Int) { sum.add(bytes, ordering: .acquiringAndReleasing) }

    func subtract(_ bytes: Int) { sum.subtract(bytes, ordering: .acquiringAndReleasing) }
}
