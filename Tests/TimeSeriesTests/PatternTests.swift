// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TimeSeries

/// What is matched without RE2, against RE2.
@Suite struct `Patterns that need no RE2` {
    /// Whether RE2 itself takes all of the value.
    private func plain(_ expression: RegularExpression, _ value: String) -> Bool {
        var value = value
        return value.withUTF8 { expression.matches($0) }
    }

    /// Whether the pattern is read without RE2 and, if so, means for every value what it means for RE2.
    private func compare(_ pattern: String, _ values: [String]) -> Bool {
        let expression = try? RegularExpression(pattern)
        guard let expression else {
            #expect(PatternParser.branches(of: pattern) == nil, "RE2 does not take \(pattern.debugDescription)")
            #expect(throws: LabelMatcherError.self) { try LabelMatcher("x", .matches, pattern) }
            return false
        }
        guard let matcher = try? LabelMatcher("x", .matches, pattern),
            let opposite = try? LabelMatcher("x", .doesNotMatch, pattern)
        else {
            Issue.record("RE2 takes \(pattern.debugDescription)")
            return false
        }
        for value in values {
            let expected = plain(expression, value)
            if matcher.matches(value) != expected || opposite.matches(value) == expected {
                Issue.record("\(pattern.debugDescription) and \(value.debugDescription): RE2 says \(expected)")
            }
        }
        if let literals = matcher.literals {
            #expect(literals.allSatisfy { plain(expression, $0) }, "\(pattern.debugDescription)")
        }
        #expect(matcher.matchesEmpty == plain(expression, ""))
        #expect(!matcher.matchesEverything || values.allSatisfy { plain(expression, $0) })
        return PatternParser.branches(of: pattern) != nil
    }

    @Test func `every short pattern means what it means for RE2`() {
        let values = everyString(of: "ab.\n", upTo: 4) + ["é", "aé", "éa", "|", "(", "*", "+", "\\", "^a", "a$"]
        var read = 0
        let patterns = everyString(of: "ab.*+|", upTo: 5) + everyString(of: "a.*()|?\\^$", upTo: 4)
        for pattern in patterns where compare(pattern, values) { read += 1 }
        print("TimeSeriesTests: \(patterns.count) patterns, \(read) of them read without RE2")
        #expect(read > 1_000)
    }

    @Test func `random patterns mean what they mean for RE2`() {
        var random = SeededRandom(for: "patterns")
        let pieces = [
            "a", "b", "ab", "ba", "é", "한", ".*", ".+", ".*", ".+", "|", "|", "(", ")", "(?:", "\\.", "\\-", "\\\\",
            "-",
            "\\|", ".*?", ".+?", ".", "[ab]", "a?", "(?i)", "\\d", "\\n", "^", "$", "{", "}", "a{2}", "\\_", "_", " ",
            "\n", "\\ ", "\\\"", "\"", "]", "(?s:", "\\pL", "(?P<n>", "\\/", "\\@", "\\~", "\\`",
        ]
        let letters: [Character] = [
            "a", "b", "a", "b", "é", "한", "\n", ".", "-", "\\", "|", "_", "1", "\u{301}", "A", " ",
        ]
        func text(_ most: Int) -> String {
            String((0..<Int.random(in: 0...most, using: &random)).map { _ in letters.randomElement(using: &random)! })
        }
        var read = 0
        for _ in 0..<10_000 {
            var pattern = ""
            var open = 0
            // Most often only what can be read.
            let choice = Bool.random(using: &random) ? pieces[..<20] : pieces[...]
            for _ in 0..<Int.random(in: 0...9, using: &random) {
                let piece = choice.randomElement(using: &random)!
                if piece == ")", open == 0, Int.random(in: 0..<10, using: &random) > 0 { continue }
                if piece.hasPrefix("(") && piece != "(?i)" { open += 1 } else if piece == ")" { open -= 1 }
                pattern += piece
            }
            if open > 0, Int.random(in: 0..<20, using: &random) > 0 { pattern += String(repeating: ")", count: open) }
            if compare(pattern, (0..<12).map { _ in text(8) } + ["", "a", "ab", "aab", "abab"]) { read += 1 }
        }
        print("TimeSeriesTests: 10000 random patterns, \(read) of them read without RE2")
        #expect(read > 2_500)
    }

    @Test(arguments: [
        ("a.*", "a\nb", true), ("a.+", "a", false), ("a.+", "a\n", true), (".*b", "a\nb", true), (".+b", "b", false),
        (".+b", "éb", true), (".*ab.*", "xaby", true), (".+ab.+", "ab", false), (".+ab.+", "abab", false),
        (".+ab.+", "abababx", true), ("a.*a", "a", false), ("a.*a", "aa", true), ("a.+a", "aa", false),
        ("a.*b.+c", "abc", false), ("a.*b.+c", "abbc", true), (".*aab.*", "aaab", true), (".+é.*", "é", false),
        (".+é.*", "éé", true), ("a.*|b", "b", true), ("a.*|b", "bb", false), ("(a|b).*(c|d)", "axd", true),
        (".*", "", true), (".+", "", false), (".+", "\n", true), ("", "", true), ("", "a", false),
        ("(?i)abc", "aBC", true),
        ("(?-s)a.b", "a\nb", false), ("a.b", "a\nb", true), ("[a-c]+", "abcabc", true), ("a|b", "a|b", false),
        ("(?m)^a$", "b\na", false), (".*.*", "", true), (".*.+", "", false), (".+.+", "a", false), (".+.+", "é", false),
    ])
    func `hard cases`(pattern: String, value: String, holds: Bool) throws {
        #expect(try LabelMatcher("x", .matches, pattern).matches(value) == holds)
        _ = compare(pattern, [value])
    }

    @Test func `groups multiply only so far`() throws {
        let letters = "(a|b|c|d|e|f|g|h)"
        #expect(try LabelMatcher("x", .matches, String(repeating: letters, count: 4)).literals?.count == 4_096)
        let many = try LabelMatcher("x", .matches, String(repeating: letters, count: 40))
        #expect(many.literals == nil)
        #expect(many.matches(String(repeating: "h", count: 40)) && !many.matches(String(repeating: "h", count: 39)))
        let names = (0..<4_000).map { "name-\($0)" }
        let alternation = try LabelMatcher("x", .matches, names.joined(separator: "|"))
        #expect(alternation.literals == names.sorted())
        #expect(names.allSatisfy(alternation.matches) && !alternation.matches("name-4000"))
        #expect(PatternParser.branches(of: String(repeating: "(", count: 10_000)) == nil)
        let shapes = try LabelMatcher("x", .matches, (0..<40).map { "s\($0)-.*" }.joined(separator: "|"))
        #expect(shapes.matches("s39-a") && !shapes.matches("s40-a"))
    }
}
