// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

/// A query whose end has come.
private func endedQuery(steps: Int = 1, source: any SeriesSource = InMemorySeries()) -> RunningQuery {
    let steps = Steps(start: 0, interval: 10, count: steps)
    let cancellation = QueryCancellation()
    let query = RunningQuery(
        source: source,
        options: QueryOptions(),
        steps: steps,
        end: steps.end,
        isRange: steps.count > 1,
        cancellation: cancellation
    )
    cancellation.cancel()
    return query
}

/// So many series that differ in `i`, with one sample.
private func manyRows(_ count: Int, _ value: Double = 1) -> VectorColumns {
    columns((0..<count).map { ["__name__": "m", "i": "\($0)"] }, (0..<count).map { _ in [value] })
}

/// An aggregation of anything.
private func aggregation(_ operation: AggregationOperator) throws -> Aggregation {
    let parameter = operation == .countValues ? "\"v\", " : operation == .limitk ? "1000000, " : ""
    guard case .aggregation(let node) = try QueryEngine.parse("\(operation.rawValue)(\(parameter)m)") else {
        throw QueryError(.badData, "no aggregation")
    }
    return node
}

@Suite struct `One large node ends when its query does` {
    private let many = manyRows(20_000)

    @Test func `when sets are made`() {
        let matching = VectorMatching()
        #expect(throws: QueryError.self) { try many.intersected(with: many, matching, endedQuery()) }
        #expect(throws: QueryError.self) { try many.subtracting(many, matching, endedQuery()) }
        #expect(throws: QueryError.self) { try many.united(with: many, matching, endedQuery()) }
    }

    @Test func `when rows are matched`() {
        #expect(throws: QueryError.self) { try MatchGroups(many, many, by: .all, endedQuery()) }
    }

    @Test func `when names go`() {
        var nameless = many
        nameless.dropAllNames()
        #expect(throws: QueryError.self) { try nameless.withNamesDropped(endedQuery()) }
        #expect(throws: QueryError.self) {
            try ResultColumns(many, Steps(at: 0), isSorted: false, endedQuery())
        }
    }

    @Test func `when samples are counted or taken`() throws {
        let evaluation = Evaluation(endedQuery(), steps: Steps(at: 0))
        #expect(throws: QueryError.self) { try evaluation.valueCounts(aggregation(.countValues), many) }
        #expect(throws: QueryError.self) {
            try evaluation.firstSamples(aggregation(.limitk), many, [1e6])
        }
    }

    @Test func `when rows are grouped`() {
        #expect(throws: QueryError.self) { try SeriesGroups(many, by: [], isWithout: false, endedQuery()) }
    }

    @Test func `when histograms are summed`() throws {
        var columns = manyRows(200)
        var histogram = NativeHistogram()
        histogram.positiveSpans = [.init(offset: 0, length: 200)]
        histogram.positiveBuckets = Array(repeating: 1, count: 200)
        for row in 0..<columns.count { columns.set(histogram, at: row) }
        let groups = try SeriesGroups(columns, by: [], isWithout: false, runningQuery(steps: 1))
        var result = VectorColumns(stepCount: 1, labels: [[:]], dropsName: [false], values: [VectorColumns.absent])
        let evaluation = Evaluation(endedQuery(), steps: Steps(at: 0))
        #expect(throws: QueryError.self) {
            try evaluation.combineHistograms(aggregation(.sum), columns, groups, into: &result)
        }
    }

    @Test func `when a join walks one group`() throws {
        let one = columns([["a": "1"], ["a": "2"]], [[1], [VectorColumns.absent]])
        var matching = VectorMatching()
        matching.cardinality = .manyToOne
        matching.isOn = true
        // The walk alone: the query ends when everything before is done.
        var join = VectorJoin(expression(.add, false, matching), matching, many, one)
        #expect(throws: QueryError.self) { try join.run(endedQuery()) }
    }
}

@Suite struct `A join with duplicates` {
    @Test func `looks once for what is present`() throws {
        // 2,000 pairs of one group at 50 steps, 10,000 rows without a sample on the other side: 10⁹ looks otherwise.
        let steps = 50
        let absent = Array(repeating: VectorColumns.absent, count: steps)
        let many = columns((0..<10_000).map { ["a": "1", "i": "\($0)"] }, (0..<10_000).map { _ in absent })
        let present = Array(repeating: 1.0, count: steps)
        let one = columns((0..<2_000).map { ["a": "1", "j": "\($0)"] }, (0..<2_000).map { _ in present })
        var matching = VectorMatching()
        matching.cardinality = .manyToOne
        matching.labels = ["a"]
        matching.isOn = true
        var join = VectorJoin(expression(.add, false, matching), matching, many, one)
        let begun = ContinuousClock.now
        let result = try join.run(runningQuery(steps: steps))
        #expect(result.values.allSatisfy(VectorColumns.isAbsent))
        #expect(ContinuousClock.now - begun < .seconds(5))
    }
}
