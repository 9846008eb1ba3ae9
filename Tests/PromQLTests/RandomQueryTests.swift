// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import TimeSeries

@testable import PromQL

/// How many queries are made; TIDEMARK_RANDOM_QUERIES asks for more.
private let wanted = ProcessInfo.processInfo.environment["TIDEMARK_RANDOM_QUERIES"].flatMap(Int.init) ?? 20_000
/// TIDEMARK_RANDOM_SEED makes the same queries again; TIDEMARK_RANDOM_TRACE=1 prints each before it is asked.
private let givenSeed = ProcessInfo.processInfo.environment["TIDEMARK_RANDOM_SEED"].flatMap(UInt64.init)
private let isTraced = ProcessInfo.processInfo.environment["TIDEMARK_RANDOM_TRACE"] != nil

/// When a query is asked.
private enum Asked: CustomStringConvertible {
    case at(Int64)
    case from(Int64, through: Int64, step: Int64)

    var description: String {
        switch self {
        case .at(let time): "at \(time)"
        case .from(let start, let end, let step): "from \(start) through \(end) step \(step)"
        }
    }

    /// A time that the query API takes: seconds that fit Go's time, in milliseconds.
    private static let least = Int64.min + 62_135_596_801_000
    private static let greatest = Int64.max - 62_135_596_801_000

    init(_ random: inout SeededRandom) {
        func one(_ choices: [Int64]) -> Int64 { choices.randomElement(using: &random)! }
        func time() -> Int64 {
            Int.random(in: 0..<12, using: &random) == 0
                ? one([Asked.least, Asked.greatest, -9_200_000_000_000_000, 9_200_000_000_000_000, 1 << 53, -1])
                : Int64.random(in: -180_000...300_000, using: &random)
        }
        let start = time()
        if Bool.random(using: &random) {
            self = .at(start)
            return
        }
        let step = one([1, 7, 1_000, 15_000, 15_000, 15_000, 60_000, 86_400_000, 9_223_372_036_854])
        let count = Int64.random(in: 0...5, using: &random)
        let end =
            Int.random(in: 0..<40, using: &random) == 0 ? Asked.greatest : min(start + step * count, Asked.greatest)
        self = .from(start, through: end, step: step)
    }
}

@Suite struct `Random queries over series of all kinds` {
    /// Small, so that limits are met.
    private var options: QueryOptions {
        var options = QueryOptions()
        options.maximumSamples = 5_000
        options.timeout = 20_000
        options.threads = 1
        return options
    }

    @Test func `are answered or refused`() throws {
        let seed = givenSeed ?? UInt64.random(in: 0..<1 << 32)
        print("random queries: seed \(seed)")
        fflush(nil)
        var random = SeededRandom(seed: seed)
        var grammar = RandomQueries(seed: seed)
        var typed = TypedQueries(seed: seed)
        let engine = QueryEngine(options: options)
        var source = RandomSeries.source(&random)
        var (answered, refused, slowest) = (0, 0, (Duration.zero, ""))
        var errors: [String: Int] = [:]
        for number in 0..<wanted {
            if number % 500 == 499 { source = RandomSeries.source(&random) }
            let query = number % 4 == 0 ? grammar.vector(2) : typed.query(1 + number % 3)
            let asked = Asked(&random)
            if isTraced { FileHandle.standardError.write(Data("\(asked): \(query)\n".utf8)) }
            let begun = ContinuousClock.now
            do throws(QueryError) {
                let result =
                    switch asked {
                    case .at(let time): try engine.instant(query, at: Timestamp(milliseconds: time), on: source)
                    case .from(let start, let end, let step):
                        try engine.range(
                            query,
                            from: Timestamp(milliseconds: start),
                            through: Timestamp(milliseconds: end),
                            step: step,
                            on: source
                        )
                    }
                answered += 1
                expectWhole(result, "seed \(seed), \(asked): \(query)")
            } catch {
                refused += 1
                errors[String(error.message.prefix(60)), default: 0] += 1
                #expect(
                    error.kind == .badData || error.kind == .execution,
                    "seed \(seed), \(asked): \(query): \(error)"
                )
                #expect(!error.message.isEmpty)
            }
            let took = ContinuousClock.now - begun
            if took > slowest.0 { slowest = (took, "\(asked): \(query)") }
        }
        print("random queries: \(answered) answered, \(refused) refused, the slowest in \(slowest.0): \(slowest.1)")
        if isTraced { for (text, count) in errors.sorted(by: { $0.value > $1.value }) { print(count, text) } }
        #expect(answered > wanted / 3 && refused > wanted / 50)
    }

    /// Columns of an answer are of equal length, times go up, and no mark of the engine's own comes out.
    private func expectWhole(_ result: QueryResult, _ place: String) {
        let columns: ResultColumns
        switch result.value {
        case .vector(_, let vector): columns = vector
        case .matrix(let matrix): columns = matrix
        case .scalar, .string: return
        }
        var isWhole = columns.offsets.count == columns.count + 1 && columns.offsets.last == columns.values.count
        isWhole = isWhole && columns.timestamps.count == columns.values.count
        isWhole = isWhole && (columns.histograms.isEmpty || columns.histograms.count == columns.values.count)
        isWhole = isWhole && Set(columns.labels).count == columns.count
        for (index, value) in columns.values.enumerated() {
            let histogram = columns.histograms.isEmpty ? nil : columns.histograms[index]
            isWhole =
                isWhole && !VectorColumns.isAbsent(value) && (histogram != nil || !VectorColumns.isHistogram(value))
        }
        for series in 0..<columns.count {
            let times = columns.timestamps[columns.samples(of: series)]
            isWhole = isWhole && !times.isEmpty && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
        }
        #expect(isWhole, "\(place)")
    }
}
