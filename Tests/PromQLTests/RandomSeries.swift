// SPDX-License-Identifier: Apache-2.0

import TestSupport
import TimeSeries

@testable import PromQL

/// Series of all kinds for queries that are made at random: numbers and histograms, gaps, ends and returns, start
/// timestamps, and the names that ``RandomQueries`` asks for.
enum RandomSeries {
    /// Numbers that arithmetic finds hard.
    static let oddNumbers: [Double] = [
        0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        .leastNonzeroMagnitude,
        1e300, 1e-300, 0x1p53, 0x1p63, -0x1p63, 0x1p64, SampleColumns.staleMarker,
    ]

    /// Fills a source. Samples are about 15 s apart, the first at about −2 min, the last at about +4 min.
    ///
    /// - Parameter hasOddNumbers: whether ``oddNumbers`` are among them; the others are exact in sums.
    static func source(_ random: inout SeededRandom, hasOddNumbers: Bool = true) -> InMemorySeries {
        let source = InMemorySeries()
        for name in ["a", "job:b:rate5m", "sum", "offset", "x y", "up_total", "größe_bytes"] {
            for value in ["x", "é 😀"] {
                let labels = Labels([
                    ("__name__", name), ("a", value), ("b", "c"), ("job", "j"), ("instance", "i\(value)"),
                ])
                source.add(labels, samples: samples(&random, hasOddNumbers, name == "sum" ? .mixed : .numbers))
            }
        }
        for bound in ["0.5", "1e1", "+Inf", "much"] {
            source.add(
                Labels([("__name__", "h_bucket"), ("le", bound)]),
                samples: samples(&random, hasOddNumbers, .numbers)
            )
        }
        for (number, kind) in [Kind.exponential, .custom, .mixed, .allHistograms].enumerated() {
            let labels = Labels([("__name__", "native"), ("a", "\(number)"), ("job", "j"), ("instance", "ix")])
            source.add(labels, samples: samples(&random, hasOddNumbers, kind))
        }
        for version in ["1", "2"] {
            let labels = Labels([
                ("__name__", "target_info"), ("job", "j"), ("instance", "ix"), ("version", version), ("a", ""),
            ])
            source.add(labels, samples: samples(&random, hasOddNumbers, .numbers))
        }
        return source
    }

    private enum Kind {
        case numbers, exponential, custom, allHistograms, mixed
    }

    private static func samples(
        _ random: inout SeededRandom,
        _ hasOddNumbers: Bool,
        _ kind: Kind
    ) -> [(Int64, InMemorySeries.Sample)] {
        var result: [(Int64, InMemorySeries.Sample)] = []
        var histograms = SeededRandom(seed: random.next())
        let schema = Int32.random(in: -4...8, using: &random)
        let hasStarts = Int.random(in: 0..<4, using: &random) == 0
        let isOdd = hasOddNumbers && Int.random(in: 0..<3, using: &random) == 0
        var time: Int64 = -120_000
        var value = 0.0
        while time < 240_000 {
            time += Int64([1, 14_999, 15_000, 15_000, 15_000, 15_001, 75_000].randomElement(using: &random)!)
            let start = hasStarts ? time + Int64.random(in: -60_000...1_000, using: &random) : 0
            let choice = Int.random(in: 0..<12, using: &random)
            if choice == 0 {
                result.append((time, .init(SampleColumns.staleMarker, start: start)))
                continue
            }
            var sample: InMemorySeries.Sample
            if kind == .numbers || kind == .mixed && choice < 6 {
                value = choice == 1 ? 0 : value + Double(choice) / 8
                if isOdd, choice < 5 { value = oddNumbers.randomElement(using: &random)! }
                sample = .init(value, start: start)
            } else {
                var histogram =
                    kind == .custom || kind != .exponential && choice > 8
                    ? histograms.customHistogram()
                    : histograms.histogram(schema: choice == 2 ? nil : schema)
                histogram.resetHint = [.unknown, .unknown, .gauge, .reset, .notReset].randomElement(using: &random)!
                if isOdd {
                    histogram.sum = oddNumbers.randomElement(using: &random)!
                    if SampleColumns.isStale(histogram.sum) { histogram.sum = .nan }
                    if choice > 9 {
                        histogram.multiply(by: [.infinity, -1, .nan, 1e300].randomElement(using: &random)!)
                    }
                }
                sample = .init(histogram, start: start)
            }
            result.append((time, sample))
        }
        return result
    }
}
