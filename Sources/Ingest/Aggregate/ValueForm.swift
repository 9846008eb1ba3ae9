// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What a definition takes from its value field, by the type of the metric.
enum ValueForm: UInt8, Sendable {
    /// A counter: a measure that is not negative, added up.
    case sum = 0
    /// A gauge: a number, of which the last stays.
    case level = 1
    /// A histogram: a number, counted in its bucket and added up.
    case observation = 2
    /// A distinct count: a text, by its hash.
    case element = 3

    init(_ kind: MetricFamily.Kind) {
        switch kind {
        case .counter: self = .sum
        case .gauge: self = .level
        case .histogram: self = .observation
        case .distinct: self = .element
        case .samples: preconditionFailure("no events make samples")
        }
    }

    /// How many of an event's values it takes: of an observation the number, and the bucket behind it.
    var width: Int { self == .observation ? 2 : 1 }
}
