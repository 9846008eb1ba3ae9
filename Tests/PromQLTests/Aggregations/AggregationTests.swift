// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import PromQL

/// A vector with missing, infinite and NaN samples, and where it stands.
private struct RandomVector {
    var columns: VectorColumns
    var source = InMemorySeries()
    /// Milliseconds between steps; more than the lookback, so that a missing sample is missing.
    static let step: Int64 = 400_000

    init(rows: Int, steps: Int, isClean: Bool, _ numbers: inout SeededRandom) {
        columns = VectorColumns(stepCount: steps)
        for row in 0..<rows {
            let group = Int.random(in: 0..<3, using: &numbers)
            let labels: Labels = [
                "__name__": "m", "g": "\(group)", "row": "\(1_000 + row)", "z": row % 2 == 0 ? "x" : "",
            ]
            columns.appendAbsent(labels, dropsName: false)
            var samples: [(Int64, Double)] = []
            for step in 0..<steps {
                let value: Double
                switch isClean ? 99 : Int.random(in: 0..<100, using: &numbers) {
                case 0..<15: continue
                case 15..<18: value = .nan
                case 18: value = .infinity
                case 19: value = -.infinity
                case 20..<24: value = -0.0
                case 24..<26: value = 1.5e308
                case 26..<50: value = Double(Int.random(in: -3...3, using: &numbers))
                default: value = Double.random(in: -1e6...1e6, using: &numbers)
                }
                columns.values[row * steps + step] = value
                samples.append((Int64(step) * RandomVector.step, value))
            }
            if !samples.isEmpty { source.add(labels, samples) }
        }
    }
}

/// What an operator gives for the numbers of one group at one step, by its definition.
private func definition(_ operation: AggregationOperator, _ numbers: [Double], quantile: Double) -> Double {
    let count = Double(numbers.count)
    switch operation {
    case .sum:
        // A sum that is infinite once stays so, whatever comes behind.
        let sum = numbers.reduce(0, +)
        return sum.isFinite ? exactSum(numbers) : sum
    case .avg:
        // Divided first, so that no sum overflows.
        return numbers.allSatisfy(\.isFinite) ? exactSum(numbers.map { $0 / count }) : exactSum(numbers)
    case .count: return count
    case .group: return 1
    case .min: return numbers.filter { !$0.isNaN }.min() ?? .nan
    case .max: return numbers.filter { !$0.isNaN }.max() ?? .nan
    case .stdvar, .stddev:
        guard numbers.allSatisfy(\.isFinite) else { return .nan }
        let mean = exactSum(numbers.map { $0 / count })
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        return operation == .stdvar ? variance : variance.squareRoot()
    case .quantile:
        let sorted = numbers.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
        let rank = quantile * (count - 1)
        let lower = Int(rank)
        let upper = min(lower + 1, numbers.count - 1)
        return sorted[lower] * (1 - (rank - Double(lower))) + sorted[upper] * (rank - Double(lower))
    default: preconditionFailure("not one number for a group")
    }
}

/// The sum in more digits than Float64 has.
private func exactSum(_ numbers: [Double]) -> Double {
    #if arch(x86_64)
        let sum = numbers.reduce(Float80(0)) { $0 + Float80($1) }
        return Double(sum)
    #else
        return numbers.reduce(CompensatedSum()) { sum, number in
            var sum = sum
            sum.add(number)
            return sum
        }.total
    #endif
}

@Suite struct `Aggregations of random matrices` {
    private let seed = UInt64.random(in: 0...UInt64.max)

    private func evaluate(_ query: String, _ vector: RandomVector, threads: Int = 2) throws -> [Labels: [Int: Double]] {
        var options = QueryOptions()
        options.threads = threads
        let result = try QueryEngine(options: options).range(
            query,
            from: Timestamp(milliseconds: 0),
            through: Timestamp(milliseconds: Int64(vector.columns.stepCount - 1) * RandomVector.step),
            step: RandomVector.step,
            on: vector.source
        )
        guard case .matrix(let columns) = result.value else { throw QueryError(.internal, "no matrix") }
        var values: [Labels: [Int: Double]] = [:]
        for series in 0..<columns.count {
            for sample in columns.samples(of: series) {
                values[columns.labels[series], default: [:]][Int(columns.timestamps[sample] / RandomVector.step)] =
                    columns.values[sample]
            }
        }
        return values
    }

    /// The rows with a sample at a step, by the value of the label `g`.
    private func groups(_ vector: RandomVector, at step: Int) -> [String: [Int]] {
        let rows = (0..<vector.columns.count).filter {
            !VectorColumns.isAbsent(vector.columns.values[$0 * vector.columns.stepCount + step])
        }
        return Dictionary(grouping: rows) { vector.columns.labels[$0]["g"]! }
    }

    private func isNear(_ operation: AggregationOperator, _ value: Double, _ expected: Double, _ numbers: [Double])
        -> Bool
    {
        if value.isNaN || expected.isNaN { return value.isNaN == expected.isNaN }
        if value == expected { return true }
        // A difference of large numbers has the error of the large ones.
        let size = numbers.map(\.magnitude).max() ?? 0
        switch operation {
        case .sum: return (value - expected).magnitude <= 1e-15 * size * Double(numbers.count)
        case .avg: return (value - expected).magnitude <= 1e-14 * size
        case .stdvar: return (value - expected).magnitude <= 1e-9 * size * size
        case .stddev: return (value - expected).magnitude <= 1e-9 * size
        default: return ApproximateEquality.holds(value, expected)
        }
    }

    @Test(arguments: [
        AggregationOperator.sum, .avg, .count, .group, .min, .max, .stddev, .stdvar, .quantile,
    ])
    func `are as defined, step by step`(_ operation: AggregationOperator) throws {
        print("seed \(seed)")
        var numbers = SeededRandom(seed: seed)
        // The last shape is worked on by several threads, in blocks of steps.
        for (rows, steps, isClean) in [
            (1, 1, false), (7, 33, false), (60, 50, true), (40, 60, false), (400, 170, false),
        ] {
            let vector = RandomVector(rows: rows, steps: steps, isClean: isClean, &numbers)
            let quantile = Double.random(in: 0...1, using: &numbers)
            let query = operation == .quantile ? "quantile by (g) (\(quantile), m)" : "\(operation.rawValue) by (g) (m)"
            let result = try evaluate(query, vector)
            for step in 0..<steps {
                let groups = groups(vector, at: step)
                #expect(result.values.filter { $0[step] != nil }.count == groups.count)
                for (group, rows) in groups {
                    let values = rows.map { vector.columns.values[$0 * steps + step] }
                    // The variance of numbers whose squares overflow is what it happens to be.
                    if operation == .stdvar || operation == .stddev, values.contains(where: { $0.magnitude > 1e150 }) {
                        continue
                    }
                    let expected = definition(operation, values, quantile: quantile)
                    let value = try #require(result[["g": group]]?[step], "\(query) step \(step) seed \(seed)")
                    #expect(
                        isNear(operation, value, expected, values),
                        "\(query) of \(values): \(value), not \(expected); seed \(seed)"
                    )
                }
            }
        }
    }

    @Test(arguments: [("topk", 1), ("topk", 4), ("bottomk", 3), ("limitk", 2), ("topk", 1_000)])
    func `keep k samples of each group`(_ operation: String, _ k: Int) throws {
        print("seed \(seed)")
        var numbers = SeededRandom(seed: seed)
        let vector = RandomVector(rows: 30, steps: 40, isClean: false, &numbers)
        let result = try evaluate("\(operation) by (g) (\(k), m)", vector)
        for step in 0..<40 {
            for (group, rows) in groups(vector, at: step) {
                let values = rows.map { vector.columns.values[$0 * 40 + step] }
                let sorted = values.filter { !$0.isNaN }.sorted(by: operation == "topk" ? { $0 > $1 } : { $0 < $1 })
                let nans = values.filter(\.isNaN)
                let ordered = operation == "limitk" ? values : sorted + nans
                let kept = result.filter { $0.key["g"] == group }.compactMap { $0.value[step] }
                let bits: ([Double]) -> [UInt64] = {
                    $0.map { ($0 == 0 ? 0 : $0.isNaN ? .nan : $0).bitPattern }.sorted()
                }
                #expect(bits(kept) == bits(Array(ordered.prefix(k))), "\(operation) step \(step) seed \(seed)")
            }
        }
    }

    @Test func `are the same on one thread as on two`() throws {
        print("seed \(seed)")
        var numbers = SeededRandom(seed: seed)
        let vector = RandomVector(rows: 300, steps: 300, isClean: false, &numbers)
        for query in ["sum(m)", "avg without (row) (m)", "quantile(0.9, m)", "stddev by (z) (m)"] {
            let one = try evaluate(query, vector, threads: 1)
            let two = try evaluate(query, vector, threads: 2)
            #expect(one.count == two.count)
            for (labels, values) in one {
                #expect(values.mapValues(\.bitPattern) == two[labels]?.mapValues(\.bitPattern), "\(query) seed \(seed)")
            }
        }
    }
}

@Suite struct `Parameters of aggregations` {
    private func failure(_ query: String) -> String? {
        do {
            _ = try QueryEngine().instant(query, at: Timestamp(milliseconds: 0), on: InMemorySeries())
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `that no integer holds fail the query`() {
        #expect(failure("topk(1e19, m)") == "Scalar value 1e+19 overflows int64")
        #expect(failure("limitk(-1e19, m)") == nil)
        #expect(failure("bottomk(NaN, m)") == "Parameter value is NaN")
        #expect(failure("topk(1e18, m)") == nil)
        #expect(failure(#"count_values("", m)"#) == #"invalid label name """#)
    }

    @Test(arguments: [("quantile(1.5, m)", "1.5"), ("quantile(-2, m)", "-2"), ("quantile(NaN, m)", "NaN")])
    func `of quantile that are out of range are warned of`(_ query: String, _ text: String) throws {
        let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 0), on: InMemorySeries())
        #expect(result.warnings == ["PromQL warning: quantile value should be between 0 and 1, got \(text) (1:10)"])
    }
}

@Suite struct `The hash of labels` {
    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)]
    )
    func `is XXH64`(_ text: String, _ expected: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { LabelsHash.hash($0) } == expected)
    }

    @Test func `takes a share of the series that is near the ratio`() throws {
        let source = InMemorySeries()
        for series in 0..<1_000 { source.add(["__name__": "m", "series": "\(series)"], [(0, 1)]) }
        for ratio in [0.1, 0.5, 0.9] {
            let query = "count(limit_ratio(\(ratio), m))"
            let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 0), on: source)
            guard case .vector(_, let columns) = result.value else { throw QueryError(.internal, "no vector") }
            #expect((columns.values[0] / 1_000 - ratio).magnitude < 0.05)
        }
    }
}
