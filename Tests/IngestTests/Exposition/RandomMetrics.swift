// SPDX-License-Identifier: Apache-2.0

import TestSupport
import TimeSeries

/// Metrics of random names, labels, times and values, in the order of their names.
///
/// - Parameter plain: only names that need no quotes, and no NaN in counters: what every reader of OpenMetrics takes.
func randomMetrics(plain: Bool, using random: inout SeededRandom) -> [WrittenMetric] {
    let letters =
        plain ? ["a", "b", "Z", "_", "9"] : ["a", "b", "_", ".", "é", "\"", "\\", "\n", " ", "{", "}", "#", "1", ":"]
    let types: [MetricType] = [.unknown, .counter, .gauge, .histogram, .summary, .info, .stateSet, .gaugeHistogram]
    func text(_ most: Int) -> String {
        (0..<random.below(most + 1)).map { _ in letters.randomElement(using: &random) ?? "" }.joined()
    }
    var metrics: [String: WrittenMetric] = [:]
    for _ in 0..<(1 + random.below(8)) {
        let name = "n" + text(6) + (random.below(2) == 0 ? "_total" : "")
        let type = types[random.below(types.count)]
        var series: [Labels: (labels: Labels, milliseconds: [Int64], values: [Double])] = [:]
        for _ in 0..<(1 + random.below(4)) {
            let names = Set((0..<random.below(4)).map { _ in "l" + text(3) })
            let labels = Labels(names.map { (name: $0, value: text(5)) })
            var milliseconds = Int64.random(in: -1_000_000...2_000_000_000_000, using: &random)
            let count = 1 + random.below(5)
            series[labels] = (
                labels,
                (0..<count).map { _ in
                    milliseconds += 1 + Int64(random.below(100_000))
                    return milliseconds
                },
                (0..<count).map { _ in
                    let value = Double(bitPattern: random.next() >> (plain ? 1 : 0))
                    if value.isNaN { return plain ? 1 : .nan }
                    return random.below(2) == 0 ? value : (value * 1e-300).rounded()
                }
            )
        }
        metrics[name] = WrittenMetric(
            name: name,
            help: text(8),
            type: type,
            series: series.sorted { $0.key < $1.key }.map(\.value)
        )
    }
    return metrics.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
}
