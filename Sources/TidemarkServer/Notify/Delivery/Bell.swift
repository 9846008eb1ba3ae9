// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// Something one thread waits for and others ring. A ring before the wait ends it at once; many rings are one.
struct Bell: Sendable {
    private let isRung = Monitor(false)

    /// Ends a wait, this one or the next.
    func ring() {
        isRung.withLock { $0 = true }
        isRung.wake()
    }

    /// Waits for a ring, which is used up.
    ///
    /// - Returns: false when there was none within the limit; at most a day.
    @discardableResult
    func wait(atMost limit: Duration) -> Bool {
        let milliseconds = Int(min(max(limit, .zero), .seconds(86_400)).milliseconds) + (limit > .zero ? 1 : 0)
        let rung = isRung.wait(atMostMilliseconds: milliseconds) { isRung -> Bool? in
            defer { isRung = false }
            return isRung ? true : nil
        }
        return rung ?? false
    }
}
