// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A read test script: what it loads and what it asks, in order.
///
/// Source of the language: Prometheus, `promql/promqltest/README.md` and `test.go`.
struct TestScript: Sendable {
    /// One command with the line it begins on, counted from 1.
    struct Command: Sendable {
        enum Action: Sendable {
            /// Forget all series.
            case clear
            case load(ScriptLoad)
            case evaluate(ScriptEvaluation)
            /// What stands there cannot be read, and why. The line is then that of the fault.
            case unreadable(String)
        }

        var line: Int
        var action: Action
    }

    var commands: [Command] = []
}

/// Series to load: sample i is at i × `interval`.
struct ScriptLoad: Sendable {
    /// One series with what is known of its samples.
    struct Series: Sendable {
        var labels: Labels
        var values: [SeriesNotation.Value]
        /// Start times relative to the samples, one for each value, or empty.
        var startOffsets: [Int64?]
    }

    /// Milliseconds between values.
    var interval: Int64
    /// Whether classic histograms are also loaded as native ones with custom buckets.
    var convertsHistograms = false
    var series: [Series] = []
}

/// A query and what is expected of it.
struct ScriptEvaluation: Sendable {
    /// At which times the query is asked.
    enum Times: Sendable {
        case instant(Int64)
        case range(start: Int64, end: Int64, step: Int64)
    }

    /// The series of a result.
    struct Row: Sendable {
        var labels: Labels
        var values: [SeriesNotation.Value]
    }

    /// What the value of the query is.
    enum Value: Sendable {
        case scalar(SeriesNotation.Value)
        case string(String)
        /// A vector or matrix; one row for each set of labels.
        case series([Row])
    }

    var query: String
    var times: Times
    var value = Value.series([])
    /// The order of an instant vector's series counts.
    var isOrdered = false
    /// The query fails, with a message that all of these match.
    var failure: [TextExpectation]?
    /// Nil when nothing is said of warnings; empty when there must be none.
    var warnings: [TextExpectation]?
    /// Nil when nothing is said of infos; empty when there must be none.
    var infos: [TextExpectation]?
    /// The times of a range vector that an instant query gives.
    var rangeVector: (start: Int64, end: Int64, step: Int64)?
}

/// A text that is expected, or a regular expression that matches a part of it.
struct TextExpectation: Sendable, CustomStringConvertible {
    /// As the script writes it.
    let description: String
    private let matcher: LabelMatcher?

    /// This very text.
    init(exactly text: String) {
        description = text
        matcher = nil
    }

    /// Whatever the regular expression finds something in.
    init(containing pattern: String) throws(LabelMatcherError) {
        description = pattern
        matcher = try LabelMatcher("", .matches, "(?s:.*)(?:\(pattern))(?s:.*)")
    }

    /// Whether a text is as expected.
    func matches(_ text: String) -> Bool {
        matcher.map { $0.matches(text) } ?? text.utf8.elementsEqual(description.utf8)
    }
}
