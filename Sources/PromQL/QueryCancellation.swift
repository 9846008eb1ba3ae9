// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Ends a running query from another thread. The query looks at it between pieces of work, some milliseconds apart.
public final class QueryCancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Not cancelled.
    public init() {}

    /// Asks the query to end with an error of kind `canceled`.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether it was asked to.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}
