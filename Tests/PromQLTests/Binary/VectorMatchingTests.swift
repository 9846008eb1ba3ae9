// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import PromQL

@Suite("Vector matching")
struct VectorMatchingTests {
    @Test("Random operands give what the definition gives at each step, and fail where it fails")
    func model() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        var failures = 0
        var samples = 0
        for _ in 0..<4_000 {
            let round = Round(&random)
            switch (round.expected, round.actual) {
            case (nil, nil): failures += 1
            case (let expected?, let actual?):
                samples += expected.reduce(0) { $0 + $1.count }
                #expect(actual == expected, "seed \(seed): \(round.naive) \(round.left.labels) \(round.right.labels)")
            case (let expected, let actual):
                Issue.record("seed \(seed): \(round.naive): \(expected as Any) is \(actual as Any)")
            }
        }
        #expect(failures > 100 && samples > 1_000, "the rounds go both ways")
    }

    @Test("Rows of a join at one step are in the order of the side that may have many")
    func order() throws {
        let many = columns([["i": "2", "c": "x"], ["i": "1", "c": "y"], ["i": "2", "c": "a"]], [[1], [2], [3]])
        let one = columns([["i": "1"], ["i": "2"]], [[10], [20]])
        var matching = VectorMatching()
        matching.cardinality = .manyToOne
        matching.labels = ["i"]
        matching.isOn = true
        var join = VectorJoin(expression(.add, false, matching), matching, many, one)
        let result = try join.run(runningQuery(steps: 1))
        #expect(result.labels == many.labels)
        #expect(result.values == [21, 12, 23])
    }

    @Test("The first step at which labels do not match uniquely names the two series, ordered")
    func duplicate() throws {
        let many = columns([["a": "1"]], [[1, 1]])
        let one = columns(
            [["__name__": "z", "a": "1"], ["__name__": "b", "a": "1"]],
            [[1, 1], [VectorColumns.absent, 2]]
        )
        let matching = VectorMatching()
        var join = VectorJoin(expression(.add, false, matching), matching, many, one)
        let error = #expect(throws: QueryError.self) { try join.run(runningQuery(steps: 2)) }
        #expect(
            error?.message == """
                found duplicate series for the match group {a="1"} on the right hand-side of the operation: \
                [{__name__="b", a="1"}, {__name__="z", a="1"}];\
                many-to-many matching not allowed: matching labels must be unique on one side
                """
        )
    }
}

/// Two operands, an operator, and what comes of them in two ways; nil for an error.
private struct Round {
    let left: VectorColumns
    let right: VectorColumns
    let naive: NaiveJoin
    let expected: [[Labels: Double]]?
    let actual: [[Labels: Double]]?

    init(_ random: inout SeededRandom) {
        let stepCount = Int.random(in: 1...4, using: &random)
        left = Round.vector("a", stepCount, &random)
        right = Round.vector("b", stepCount, &random)
        let operation = [BinaryOperator.add, .multiply, .greater, .equal, .and, .or, .unless].randomElement(
            using: &random
        )!
        var matching = VectorMatching()
        matching.labels = ["x", "y", "__type__"].filter { _ in Bool.random(using: &random) }
        matching.isOn = Bool.random(using: &random)
        if operation.isSetOperator {
            matching.cardinality = .manyToMany
        } else {
            matching.cardinality = [.oneToOne, .manyToOne, .oneToMany].randomElement(using: &random)!
            if matching.cardinality != .oneToOne, Bool.random(using: &random) {
                matching.include = ["y", "z"].filter { !(matching.isOn && matching.labels.contains($0)) }
            }
            if Int.random(in: 0..<3, using: &random) == 0 { matching.fillLeft = 5 }
            if Int.random(in: 0..<3, using: &random) == 0 { matching.fillRight = 7 }
        }
        let naive = NaiveJoin(
            operation: operation,
            returnsBool: operation.isComparison && Bool.random(using: &random),
            matching: matching
        )
        self.naive = naive
        expected = try? (0..<stepCount).map { [left, right] in try naive(left.samples($0), right.samples($0)) }
        actual = Round.result(naive, left, right)
    }

    private static func result(_ naive: NaiveJoin, _ left: VectorColumns, _ right: VectorColumns) -> [[Labels: Double]]?
    {
        let columns: VectorColumns?
        let query = runningQuery(steps: left.stepCount)
        switch naive.operation {
        case .and: columns = try? left.intersected(with: right, naive.matching, query)
        case .or: columns = try? left.united(with: right, naive.matching, query)
        case .unless: columns = try? left.subtracting(right, naive.matching, query)
        default:
            let node = expression(naive.operation, naive.returnsBool, naive.matching)
            var join = VectorJoin(node, naive.matching, left, right)
            columns = try? join.run(query)
        }
        guard let columns else { return nil }
        #expect(Set(columns.labels).count == columns.count, "each label set has one row")
        return (0..<columns.stepCount).map { step in
            Dictionary(columns.samples(step).map { ($0.labels, $0.value) }) { first, _ in first }
        }
    }

    private static func vector(_ name: String, _ stepCount: Int, _ random: inout SeededRandom) -> VectorColumns {
        var labels: Set<Labels> = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            var pairs = ["__name__": name]
            for label in ["x", "y", "z"] { pairs[label] = ["", "1", "2"].randomElement(using: &random)! }
            if Int.random(in: 0..<4, using: &random) == 0 { pairs["__type__"] = "gauge" }
            labels.insert(Labels(pairs))
        }
        return columns(
            labels.sorted(),
            labels.map { _ in
                (0..<stepCount).map { _ in
                    Int.random(in: 0..<5, using: &random) < 2
                        ? VectorColumns.absent : Double(Int.random(in: 0...2, using: &random))
                }
            },
            steps: stepCount
        )
    }
}

extension VectorColumns {
    /// The samples at a step.
    fileprivate func samples(_ step: Int) -> [(labels: Labels, value: Double)] {
        labels.indices.compactMap { row in
            let value = values[row * stepCount + step]
            return VectorColumns.isAbsent(value) ? nil : (labels[row], value)
        }
    }
}
