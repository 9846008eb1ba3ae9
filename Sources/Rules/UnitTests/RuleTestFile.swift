// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// A file of unit tests as it is read, with the rules that it is about.
struct RuleTestFile: Sendable {
    /// As it was named.
    let path: String
    /// Of all rule files, in the order in which they are evaluated.
    var groups: [RuleGroup] = []
    /// Milliseconds between two evaluations, of whatever group: promtool pays no heed to a group's own interval.
    var evaluationInterval: Int64 = 60_000
    /// Whether a number may be the next one above or below what was expected.
    var comparesFuzzily = false
    var tests: [RuleTest] = []

    /// Puts the groups into the order of `group_eval_order`.
    ///
    /// Those that are not named there come before the second that is, and otherwise stay where they are: so it is with
    /// promtool, of whose order of all others nothing is known.
    mutating func order(_ names: [String]) {
        func place(_ group: RuleGroup) -> Int { names.firstIndex(of: group.name) ?? 0 }
        // By place first, then as they were: `sort` alone does not promise to keep that.
        groups = groups.enumerated()
            .sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
            .map(\.element)
    }
}

/// One of the tests of a file: series, and what is expected of the rules over them.
struct RuleTest: Sendable {
    /// Its name, or where it stands in the file.
    var name: String
    /// Milliseconds between two samples of a series.
    var interval: Int64
    /// The time of the first samples and the first evaluation; all `eval_time`s count from here.
    var start = Timestamp(milliseconds: 0)
    var input: [Labels: Input] = [:]
    var externalLabels: Labels = [:]
    var externalURL = ""
    var alerts: [AlertCheck] = []
    var expressions: [ExpressionCheck] = []

    /// The samples of an input series, in the order of time.
    struct Input: Sendable {
        var times: [Int64] = []
        var values: [Double] = []
        /// Empty when there is none, else one entry for each sample.
        var histograms: [NativeHistogram?] = []
    }

    /// What is expected to fire at a time.
    struct AlertCheck: Sendable {
        let line: Int?
        /// Milliseconds from the start.
        let evalTime: Int64
        let alertname: String
        let expected: [FiringAlert]
    }

    /// What an expression is expected to give at a time.
    struct ExpressionCheck: Sendable {
        let line: Int?
        /// Milliseconds from the start.
        let evalTime: Int64
        let query: String
        let expected: [Sample]
    }

    /// An alert as it is compared: by all labels, `alertname` among them, and annotations.
    struct FiringAlert: Sendable, Equatable {
        /// Ordered by name. One that is expected may be empty, which is like no alert's.
        let labels: [Pair]
        /// Ordered by name, none empty: an alert does not know of empty ones.
        let annotations: [Pair]

        init(labels: [(name: String, value: String)], annotations: [(name: String, value: String)]) {
            func ordered(_ texts: [(name: String, value: String)]) -> [Pair] {
                texts.map(Pair.init).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            }
            self.labels = ordered(labels)
            self.annotations = ordered(annotations.filter { !$0.value.isEmpty })
        }

        init(_ alert: Alert) {
            self.init(
                labels: alert.labels.pairs.map { ($0.name, $0.value) },
                annotations: alert.annotations.pairs.map { ($0.name, $0.value) }
            )
        }

        /// A name and a value.
        struct Pair: Sendable, Equatable {
            let name: String
            let value: String

            /// Whether the bytes are the same. (Swift's strings are equal when they look alike, composed or not.)
            static func == (left: Pair, right: Pair) -> Bool {
                left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
            }
        }
    }

    /// A sample as it is compared.
    struct Sample: Sendable {
        let labels: Labels
        let value: Double
        /// When it is not a number.
        let histogram: NativeHistogram?
    }

    /// The latest time that is asked about, in milliseconds from the start.
    var lastEvalTime: Int64 {
        max(alerts.map(\.evalTime).max() ?? 0, expressions.map(\.evalTime).max() ?? 0)
    }
}
