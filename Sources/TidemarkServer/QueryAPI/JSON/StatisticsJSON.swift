// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// How much the `stats` of an answer say: the parameter `stats`.
package enum StatisticsDetail: Sendable {
    /// Nothing.
    case none
    /// Times and sums: any value of the parameter.
    case summary
    /// And the samples of each step: `all`.
    case perStep

    /// What the parameter's text asks for; nil or empty for nothing.
    init(_ parameter: String?) {
        switch parameter {
        case nil, "": self = .none
        case "all": self = .perStep
        default: self = .summary
        }
    }
}

extension JSONPieces {
    /// Appends what a query took, in Prometheus's names (`util/stats/query_stats.go`). The times that Tidemark does not
    /// take apart are 0.
    mutating func append(statistics: QueryStatistics, detail: StatisticsDetail) {
        let timings: KeyValuePairs<StaticString, Double> = [
            #"{"timings":{"evalTotalTime":"#: statistics.totalSeconds,
            #","resultSortTime":"#: 0,
            #","queryPreparationTime":"#: statistics.preparationSeconds,
            #","innerEvalTime":"#: statistics.evaluationSeconds,
            #","execQueueTime":"#: 0,
            #","execTotalTime":"#: statistics.totalSeconds,
        ]
        for (key, seconds) in timings {
            append(key)
            append(number: seconds)
        }
        append(#"},"samples":{"#)
        if detail == .perStep {
            append(#""totalQueryableSamplesPerStep":["#)
            for (index, step) in statistics.samplesPerStep.enumerated() {
                append(index == 0 ? "[" : ",[")
                append(seconds: step.time.milliseconds)
                append(",")
                append(step.samples)
                append("]")
            }
            append("],")
        }
        append(#""totalQueryableSamples":"#)
        append(statistics.totalQueryableSamples)
        append(#","peakSamples":"#)
        append(statistics.peakSamples)
        append("}}")
    }
}
