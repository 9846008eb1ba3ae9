// SPDX-License-Identifier: Apache-2.0

/// The pace of one node's loop: counts what was done, and looks at the query's end every some thousand units of it, so
/// that a node as large as the whole answer ends when the query has to.
struct Pace {
    /// So many units, each a label set or some samples, take less than some tens of milliseconds.
    private static let stride = 1 << 14

    private let query: RunningQuery
    private var left = Pace.stride

    init(_ query: RunningQuery) { self.query = query }

    /// Says that so many units come next.
    @inline(__always)
    mutating func advance(by units: Int = 1) throws(QueryError) {
        left -= units
        if left < 0 { try look() }
    }

    @inline(never)
    private mutating func look() throws(QueryError) {
        left = Pace.stride
        try query.checkpoint()
    }
}
