// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// Looks at series one by one: whether their labels are as some matchers ask.
///
/// What is found out about a label is kept, so that a value is looked at once, and only if one of the series has it.
struct LabelFilter: ~Copyable {
    /// What is asked of the label of one name.
    private struct Condition {
        let name: Int
        var matchers: [LabelMatcher]
        /// Whether a series without the label fails.
        var isRequired: Bool
    }

    private enum Verdict {
        static let unknown: UInt8 = 0
        static let passes: UInt8 = 1
        static let fails: UInt8 = 2
        /// It passes, and a series without a label of that name would fail.
        static let required: UInt8 = 3
    }

    private let index: SeriesIndex
    private var conditions: [Condition] = []
    private var required = 0
    /// By number of label.
    private let verdicts: UnsafeMutablePointer<UInt8>

    /// - Parameter labelCount: how many labels there are; those of the series that are looked at among them.
    init(_ index: SeriesIndex, _ matchers: [(name: Int, matcher: LabelMatcher)], labelCount: Int) {
        self.index = index
        for (name, matcher) in matchers {
            if let known = conditions.firstIndex(where: { $0.name == name }) {
                conditions[known].matchers.append(matcher)
                if !matcher.matchesEmpty { conditions[known].isRequired = true }
            } else {
                conditions.append(Condition(name: name, matchers: [matcher], isRequired: !matcher.matchesEmpty))
            }
        }
        required = conditions.count { $0.isRequired }
        // Zeroed by the system, page by page as they are touched, when there are many.
        guard let memory = calloc(max(labelCount, 1), 1) else { preconditionFailure("out of memory") }
        verdicts = memory.assumingMemoryBound(to: UInt8.self)
    }

    deinit { free(verdicts) }

    /// Whether a series is as asked.
    @inline(__always)
    func passes(_ id: UInt32) -> Bool {
        var found = 0
        for label in index.run(of: id) {
            var verdict = verdicts[Int(label)]
            if verdict == Verdict.unknown { verdict = judge(Int(label)) }
            if verdict == Verdict.fails { return false }
            if verdict == Verdict.required { found += 1 }
        }
        return found == required
    }

    private func judge(_ number: Int) -> UInt8 {
        let label = index.labels[number]
        var verdict = Verdict.passes
        for condition in conditions where condition.name == Int(label.name) {
            if !condition.matchers.allSatisfy({ $0.matches(utf8: label.value) }) {
                verdict = Verdict.fails
            } else if condition.isRequired {
                verdict = Verdict.required
            }
        }
        verdicts[number] = verdict
        return verdict
    }
}
