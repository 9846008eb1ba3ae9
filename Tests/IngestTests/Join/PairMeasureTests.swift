// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Ingest

@Suite struct `Measures of pairs` {
    private func value(_ function: PairMeasure.Function, _ predicted: Double, _ actual: Double) -> Double? {
        let value = function.value(predicted, actual)
        return value.isNaN ? nil : value
    }

    @Test func `of probabilities are of 0 and 1 alone`() {
        #expect(value(.logLoss, 0.8, 1) == -log(0.8))
        #expect(value(.logLoss, 0.8, 0) == -log(1 - 0.8))
        #expect(value(.logLoss, 0, 1) == -log(1e-15))
        #expect(value(.logLoss, 1, 1) == 0)
        #expect(value(.brier, 0.75, 1) == 0.0625)
        for function in [PairMeasure.Function.logLoss, .brier] {
            for (predicted, actual) in [(1.1, 1.0), (-0.1, 0), (0.5, 2), (.nan, 1), (0.5, .nan)] {
                #expect(value(function, predicted, actual) == nil)
            }
        }
    }

    @Test func `of numbers are of both sides, or none`() {
        let expected: [(PairMeasure.Function, Double?)] = [
            (.absoluteError, 5), (.squaredError, 25), (.overestimate, 5), (.underestimate, nil), (.positive, nil),
            (.negative, 2), (.square, 4), (.count, 1),
        ]
        for (function, result) in expected { #expect(value(function, 3, -2) == result, "\(function)") }
        #expect(value(.underestimate, 1, 3) == 2)
        #expect(value(.positive, 1, 3) == 3)
        for function in PairMeasure.Function.allCases {
            #expect(value(function, .nan, 3) == nil, "\(function)")
            #expect(value(function, 3, .nan) == nil, "\(function)")
        }
    }
}
