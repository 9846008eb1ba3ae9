// SPDX-License-Identifier: Apache-2.0

import CRE2

/// A compiled regular expression of RE2 that matches whole values and says where its groups matched; any number of
/// threads may use it at once.
package final class CapturingExpression: Sendable {
    private let expression: RegularExpression
    /// How many groups capture.
    package let groupCount: Int
    /// The name of each group, the whole match first; nil for one without.
    package let groupNames: [String?]

    /// Compiles a pattern; its dot matches line feeds too.
    ///
    /// - Returns: nil when it is no regular expression, or one larger than RE2 takes.
    package init?(_ pattern: String) {
        guard let expression = try? RegularExpression(pattern, captures: true) else { return nil }
        self.expression = expression
        let count = Int(cre2_group_count(expression.regex))
        groupCount = count
        groupNames =
            [nil]
            + (0..<count).map { group in
                var length = 0
                guard let start = cre2_group_name(expression.regex, Int32(group + 1), &length) else { return nil }
                return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
            }
    }

    /// Where the groups of a match of the whole value are, the whole first, as offsets of UTF-8; nil for a group that
    /// takes no part. Nil when the value does not match.
    package func groups(in value: String) -> [Range<Int>?]? {
        var value = value
        var bounds = Array(repeating: Int64(-1), count: 2 * (groupCount + 1))
        let result = value.withUTF8 {
            cre2_match_groups(expression.regex, $0.baseAddress, $0.count, &bounds, Int32(groupCount + 1))
        }
        guard result == 1 else {
            precondition(result == 0, "memory for the groups of a match")
            return nil
        }
        return (0...groupCount).map { group in
            bounds[2 * group] < 0 ? nil : Int(bounds[2 * group])..<Int(bounds[2 * group + 1])
        }
    }
}
