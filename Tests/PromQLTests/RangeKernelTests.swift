// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import PromQL

/// Functions of range vectors with the parameters they take before and behind it.
private let functions: [(function: Function, before: Int, behind: Int)] = [
    (.rate, 0, 0), (.increase, 0, 0), (.delta, 0, 0), (.irate, 0, 0), (.idelta, 0, 0), (.changes, 0, 0),
    (.resets, 0, 0),
    (.sumOverTime, 0, 0), (.avgOverTime, 0, 0), (.minOverTime, 0, 0), (.maxOverTime, 0, 0), (.countOverTime, 0, 0),
    (.presentOverTime, 0, 0), (.firstOverTime, 0, 0), (.lastOverTime, 0, 0), (.stddevOverTime, 0, 0),
    (.stdvarOverTime, 0, 0), (.quantileOverTime, 1, 0), (.madOverTime, 0, 0), (.tsOfFirstOverTime, 0, 0),
    (.tsOfLastOverTime, 0, 0), (.tsOfMinOverTime, 0, 0), (.tsOfMaxOverTime, 0, 0), (.deriv, 0, 0),
    (.predictLinear, 0, 1),
    (.doubleExponentialSmoothing, 0, 2),
]

/// A series of numbers: sometimes a counter with resets, sometimes all kinds of numbers.
private func randomSeries(_ random: inout SeededRandom) -> [NaiveRange.Sample] {
    let kind = Int.random(in: 0..<6, using: &random)
    var time = Int64.random(in: -600_000...600_000, using: &random)
    var value = 0.0
    return (0..<Int.random(in: 0...60, using: &random)).map { _ in
        time += Int64([1, 5_000, 15_000, 15_000, 15_000, 15_000, 120_000, 400_000].randomElement(using: &random)!)
        if Int.random(in: 0..<20, using: &random) == 0 { return (time, SampleColumns.staleMarker) }
        switch kind {
        case 0, 1:  // a counter; of the one kind with fractions
            let step = Double(Int.random(in: 0...40, using: &random)) / (kind == 0 ? 1 : 10)
            value = Int.random(in: 0..<10, using: &random) == 0 ? step : value + step
        case 2: value = Double.random(in: -1...1, using: &random) * [1e-300, 1, 1e300].randomElement(using: &random)!
        case 3: value = Double.random(in: 1e9...1e9 + 1, using: &random)
        case 4:
            value = [0, -0.0, 1, -1, 2, .nan, .infinity, -.infinity, 1e15].randomElement(using: &random)!
        default: value = Double(Int.random(in: -3...3, using: &random))
        }
        return (time, value)
    }
}

/// Whether two numbers are the same but for rounding; NaN is NaN.
private func areClose(_ left: Double, _ right: Double, tolerance: Double = 0) -> Bool {
    if left == right || left.isNaN && right.isNaN { return true }
    return (left - right).magnitude <= tolerance + 1e-9 * max(left.magnitude, right.magnitude)
        && left.isFinite && right.isFinite
}

@Suite struct `Functions of range vectors` {
    @Test func `are what their definitions say, window by window`() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("range functions: seed \(seed)")
        var random = SeededRandom(seed: seed)
        var compared = 0
        for _ in 0..<60 {
            let series = randomSeries(&random)
            let source = InMemorySeries()
            source.add(["__name__": "x_total"], series.map { ($0.time, $0.value) })
            var naive = NaiveRange(samples: series.filter { !SampleColumns.isStale($0.value) }, end: 0, range: 1)
            for (function, before, behind) in functions {
                naive.extent = [.plain, .anchored, .smoothed].randomElement(using: &random)!
                if ![.rate, .increase, .delta].contains(function) {
                    let isAble = function == .changes || function == .resets
                    naive.extent = isAble && naive.extent == .anchored ? .anchored : .plain
                }
                naive.range = [1, 15_000, 15_001, 60_000, 299_999, 600_000, 3_600_000].randomElement(using: &random)!
                naive.parameters = (0..<before + behind).map { _ in
                    switch function {
                    case .quantileOverTime: [.nan, -0.1, 1.1, 0, 0.5, 0.9, 1].randomElement(using: &random)!
                    case .predictLinear: Double(Int.random(in: -100...100, using: &random))
                    default: Double.random(in: 0.01...0.99, using: &random)
                    }
                }
                let texts = naive.parameters.map { $0.isNaN ? "NaN" : "\($0)" }
                let window = "x_total[\(naive.range)ms] \(naive.extent.rawValue)"
                let arguments = (before > 0 ? texts : []) + [window] + (behind > 0 ? texts : [])
                let query = "\(function.rawValue)(\(arguments.joined(separator: ", ")))"
                let first = series.first?.time ?? 0
                let start =
                    first + Int64.random(in: -100...2_000, using: &random) * [1, 15, 1_000].randomElement(
                        using: &random
                    )!
                let steps = Steps(
                    start: start,
                    interval: [1, 15_000, 15_000, 17_001, 400_000].randomElement(using: &random)!,
                    count: Int.random(in: 1...40, using: &random)
                )
                let result = try QueryEngine().range(
                    query,
                    from: Timestamp(milliseconds: start),
                    through: Timestamp(milliseconds: steps.end),
                    step: steps.interval,
                    on: source
                )
                guard case .matrix(let columns) = result.value else { preconditionFailure("a range query") }
                var found: [Int64: Double] = [:]
                for index in columns.values.indices { found[columns.timestamps[index]] = columns.values[index] }
                for step in 0..<steps.count {
                    naive.end = steps[step]
                    let expected = naive.value(of: function)
                    let value = found[naive.end]
                    if let expected, let value {
                        compared += 1
                        if areClose(value, expected.value, tolerance: expected.tolerance) { continue }
                    } else if (expected == nil) == (value == nil) || isUndefined(function, naive, value) {
                        continue
                    }
                    Issue.record(
                        "seed \(seed): \(query) at \(naive.end): \(value as Any), not \(expected as Any) of \(series)"
                    )
                    return
                }
            }
        }
        print("range functions: \(compared) windows compared")
        #expect(compared > 3_000)
    }

    /// Whether the definition says nothing: of a line through infinities.
    private func isUndefined(_ function: Function, _ naive: NaiveRange, _ value: Double?) -> Bool {
        guard function == .deriv || function == .predictLinear, let value else { return false }
        return !value.isFinite && naive.samples.contains { $0.value.isInfinite }
    }
}

@Suite struct `A range query` {
    @Test func `is the instant queries at its steps, and the same on several threads`() throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("range and instant queries: seed \(seed)")
        var random = SeededRandom(seed: seed)
        var grammar = RandomQueries(seed: seed)
        var typed = TypedQueries(seed: seed)
        var source = RandomSeries.source(&random, hasOddNumbers: false)
        var (compared, samples) = (0, 0)
        var single = QueryOptions()
        single.threads = 1
        single.maximumSamples = 20_000
        var several = single
        several.threads = 4
        for number in 0..<1_500 {
            if number % 200 == 199 { source = RandomSeries.source(&random, hasOddNumbers: false) }
            let query = number % 4 == 0 ? grammar.vector(2) : typed.vector(1 + number % 3)
            // They mean something else at each instant.
            if ["start", "end", "range", "step"].contains(where: { query.lowercased().contains("\($0)(") }) {
                continue
            }
            let steps = Steps(
                start: Int64.random(in: -60_000...200_000, using: &random),
                interval: [1, 7_000, 15_000].randomElement(using: &random)!,
                count: 4
            )
            let place = "seed \(seed): \(query) from \(steps.start) step \(steps.interval)"
            let whole = answer(query, steps, source, single)
            guard whole == answer(query, steps, source, several) else {
                Issue.record("\(place): differs with the number of threads")
                return
            }
            let parts = (0..<steps.count).map { answer(query, Steps(at: steps[$0]), source, single) }
            if whole.error != nil {
                // What is too much at once may be not too much in parts; and a subquery may have inner steps in the whole of
                // which none lies in the window of any step, so that nothing in it is ever asked.
                let isOfTheWhole = ["too many samples", "can only be used with"].contains {
                    whole.error?.contains($0) ?? false
                }
                if !isOfTheWhole, !parts.contains(where: { $0.error != nil }) {
                    Issue.record("\(place): \(whole.error ?? "") at no step")
                    return
                }
                continue
            }
            compared += 1
            for (step, part) in parts.enumerated() {
                let expected = whole.samples.filter { $0.key.time == steps[step] }
                samples += expected.count
                guard part.error == nil, part.isClose(to: expected) else {
                    Issue.record("\(place), step \(step): \(part) is not \(expected)")
                    return
                }
            }
        }
        print("range and instant queries: \(compared) compared, \(samples) samples")
        #expect(compared > 500 && samples > 1_000)
    }

    private func answer(_ query: String, _ steps: Steps, _ source: InMemorySeries, _ options: QueryOptions) -> Answer {
        let engine = QueryEngine(options: options)
        do throws(QueryError) {
            let start = Timestamp(milliseconds: steps.start)
            let result =
                steps.count == 1
                ? try engine.instant(query, at: start, on: source)
                : try engine.range(
                    query,
                    from: start,
                    through: Timestamp(milliseconds: steps.end),
                    step: steps.interval,
                    on: source
                )
            return Answer(result, steps)
        } catch {
            return Answer(error: error)
        }
    }
}

/// An answer in a form in which answers are compared.
private struct Answer: Equatable {
    struct Key: Hashable {
        let labels: Labels
        let time: Int64
    }

    /// A number by its bits, all NaNs alike, or a histogram by its text, in which NaNs are alike too.
    struct Value: Equatable {
        let bits: UInt64
        let histogram: NativeHistogram?

        static func == (left: Value, right: Value) -> Bool {
            left.bits == right.bits && left.histogram?.description == right.histogram?.description
        }
    }

    var samples: [Key: Value] = [:]
    var notes: [String] = []
    var error: String?

    init(error: QueryError) { self.error = error.message }

    init(_ result: QueryResult, _ steps: Steps) {
        notes = (result.warnings + result.infos).sorted()
        switch result.value {
        case .vector(_, let columns), .matrix(let columns):
            for series in 0..<columns.count {
                for index in columns.samples(of: series) {
                    let histogram = columns.histograms.isEmpty ? nil : columns.histograms[index]
                    samples[Key(labels: columns.labels[series], time: columns.timestamps[index])] = Value(
                        bits: histogram != nil
                            ? 0 : (columns.values[index].isNaN ? .nan : columns.values[index]).bitPattern,
                        histogram: histogram
                    )
                }
            }
        case .scalar, .string: break
        }
    }

    /// Whether the samples are these but for rounding, and for what is known of resets.
    func isClose(to other: [Key: Value]) -> Bool {
        guard samples.count == other.count else { return false }
        return samples.allSatisfy { key, value in
            guard let known = other[key] else { return false }
            switch (value.histogram, known.histogram) {
            case (nil, nil):
                return areClose(Double(bitPattern: value.bits), Double(bitPattern: known.bits), tolerance: 1e-12)
            case (let left?, let right?):
                let (a, b) = (left.buckets(), right.buckets())
                return areClose(left.count, right.count) && areClose(left.sum, right.sum, tolerance: 1e-12)
                    && a.count == b.count && zip(a, b).allSatisfy { areClose($0.count, $1.count, tolerance: 1e-12) }
            default: return false
            }
        }
    }
}
