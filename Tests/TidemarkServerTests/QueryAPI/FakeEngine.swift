// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import Tidemark

@testable import PromQL
@testable import TidemarkServer

/// An engine that computes what a test says, and may take as long as it likes.
final class FakeEngine: QueryAnswering {
    private let result: QueryResult
    private let isHolding = Atomic(false)
    private let counters = Mutex((running: 0, cancelled: 0, most: 0))

    init(_ result: QueryResult = QueryResult(scalar: 1)) {
        self.result = result
    }

    /// From now on queries run until ``release()``, or until they are cancelled.
    func hold() { isHolding.store(true, ordering: .relaxed) }
    func release() { isHolding.store(false, ordering: .relaxed) }

    var running: Int { counters.withLock { $0.running } }
    var mostAtOnce: Int { counters.withLock { $0.most } }
    var cancelled: Int { counters.withLock { $0.cancelled } }

    func instant(
        _ query: String,
        at time: Timestamp,
        options: QueryOptions,
        on source: any SeriesSource,
        cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult {
        try run(cancellation)
    }

    func range(
        _ query: String,
        over time: ClosedRange<Timestamp>,
        step: Int64,
        options: QueryOptions,
        on source: any SeriesSource,
        cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult {
        try run(cancellation)
    }

    private func run(_ cancellation: QueryCancellation) throws(QueryError) -> QueryResult {
        counters.withLock { counters in
            counters.running += 1
            counters.most = max(counters.most, counters.running)
        }
        defer { counters.withLock { $0.running -= 1 } }
        while isHolding.load(ordering: .relaxed) {
            if cancellation.isCancelled {
                counters.withLock { $0.cancelled += 1 }
                throw QueryError(.canceled, "query was canceled in expression evaluation")
            }
            usleep(1_000)
        }
        return result
    }
}

extension QueryResult {
    /// A number at time 0.
    init(scalar value: Double, warnings: [String] = [], infos: [String] = []) {
        self.init(
            value: .scalar(time: Timestamp(milliseconds: 0), value: value),
            warnings: warnings,
            infos: infos,
            statistics: QueryStatistics()
        )
    }

    /// Series with samples every second.
    init(matrix series: [(Labels, [Double])], from start: Int64 = 0) {
        var columns = ResultColumns()
        for (labels, values) in series {
            columns.labels.append(labels)
            columns.values += values
            columns.timestamps += values.indices.map { start + Int64($0) * 1_000 }
            columns.offsets.append(columns.values.count)
        }
        self.init(value: .matrix(columns), warnings: [], infos: [], statistics: QueryStatistics())
    }
}

/// Waits until something holds; false when it does not within some seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<5_000 {
        if condition() { return true }
        usleep(1_000)
    }
    return condition()
}
