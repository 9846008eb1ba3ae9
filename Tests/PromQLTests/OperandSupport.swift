// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import PromQL

/// Pseudorandom numbers that a seed makes again (Steele, Lea and Flood 2014, SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Rows of numbers; the number of steps is to be said where there may be no row.
func columns(_ labels: [Labels], _ rows: [[Double]], steps: Int? = nil) -> VectorColumns {
    VectorColumns(
        stepCount: steps ?? rows.first?.count ?? 1,
        labels: labels,
        dropsName: labels.map { _ in false },
        values: rows.flatMap { $0 }
    )
}

/// An operator whose operands do not matter.
func expression(_ operation: BinaryOperator, _ returnsBool: Bool, _ matching: VectorMatching?) -> BinaryExpression {
    let place = SourceRange(start: 0, end: 0)
    let operand = Expression.number(NumberLiteral(value: 0, position: place))
    return BinaryExpression(
        operation: operation,
        left: operand,
        right: operand,
        returnsBool: returnsBool,
        matching: matching,
        position: place
    )
}

/// A query over no series, at 0, 10, … ms.
func runningQuery(steps: Int, source: any SeriesSource = InMemorySeries()) -> RunningQuery {
    let steps = Steps(start: 0, interval: 10, count: steps)
    return RunningQuery(
        source: source,
        options: QueryOptions(),
        steps: steps,
        end: steps.end,
        isRange: steps.count > 1,
        cancellation: QueryCancellation()
    )
}
