// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TimeSeries

@Suite struct `Label matchers` {
    @Test func `equality is equality of bytes`() throws {
        let composed = try LabelMatcher("place", .equal, "hot\u{E9}is")
        #expect(composed.matches("hot\u{E9}is"))
        #expect(!composed.matches("hote\u{301}is"))
        #expect(!composed.matches("hot"))
        #expect(!composed.matches(""))
        #expect(try LabelMatcher("place", .notEqual, "hot\u{E9}is").matches("hote\u{301}is"))
        #expect(try composed != LabelMatcher("place", .equal, "hote\u{301}is"))
        #expect(try Set([composed, LabelMatcher("place", .equal, "hot\u{E9}is")]).count == 1)
        #expect(try composed != LabelMatcher("place", .matches, "hot\u{E9}is"))
    }

    @Test func `an absent label is the empty value`() throws {
        let holding: [(LabelMatcher.Operation, String)] = [
            (.equal, ""), (.notEqual, "a"), (.matches, ".*"), (.matches, "a|"), (.matches, "a*"), (.matches, ""),
            (.doesNotMatch, "a"), (.doesNotMatch, ".+"), (.doesNotMatch, "a|b"),
        ]
        let failing: [(LabelMatcher.Operation, String)] = [
            (.equal, "a"), (.notEqual, ""), (.matches, ".+"), (.matches, "a"), (.matches, "a.*"), (.matches, "[ab]"),
            (.doesNotMatch, ""), (.doesNotMatch, ".*"), (.doesNotMatch, "a|"), (.doesNotMatch, "a*"),
        ]
        for (operation, value) in holding { #expect(try LabelMatcher("x", operation, value).matchesEmpty) }
        for (operation, value) in failing { #expect(try !LabelMatcher("x", operation, value).matchesEmpty) }
    }

    @Test(arguments: [
        ("a", ["a"]), ("", [""]), ("a|b|c", ["a", "b", "c"]), ("b|a|b", ["a", "b"]), ("x(a|b)", ["xa", "xb"]),
        ("(?:a|b)(c|d)e", ["ace", "ade", "bce", "bde"]), ("^a$", ["a"]), ("^(a|b)$", ["a", "b"]),
        ("a|", ["", "a"]), ("()", [""]), (#"a\.b\-c"#, ["a.b-c"]), (#"\$1\.00"#, ["$1.00"]), ("é|한국", ["é", "한국"]),
        ("((((a))))", ["a"]), ("a/b_c d", ["a/b_c d"]), ("|", [""]),
    ])
    func `a pattern that names some texts lists them`(pattern: String, literals: [String]) throws {
        #expect(try LabelMatcher("x", .matches, pattern).literals == literals)
        #expect(try LabelMatcher("x", .doesNotMatch, pattern).literals == literals)
    }

    @Test(arguments: ["a.*", ".*", ".", "[ab]", "(?i)a", "a?", "a{2}", #"\d"#, #"\x61"#, "a|b.*", "(a)+", #"\Qa\E"#])
    func `a pattern that says more lists none`(pattern: String) throws {
        #expect(try LabelMatcher("x", .matches, pattern).literals == nil)
    }

    @Test func `literals of equality are the value itself`() throws {
        #expect(try LabelMatcher("x", .equal, "a|b").literals == ["a|b"])
        #expect(try LabelMatcher("x", .notEqual, "").literals == [""])
    }

    @Test(arguments: [
        ("a(", "error parsing regexp: missing closing ): `a(`"),
        ("a)", "error parsing regexp: unexpected ): `a)`"),
        ("[a", "error parsing regexp: missing closing ]: `[a`"),
        ("*a", "error parsing regexp: missing argument to repetition operator: `*`"),
        ("a**", "error parsing regexp: invalid nested repetition operator: `**`"),
        (#"\y"#, #"error parsing regexp: invalid escape sequence: `\y`"#),
        ("[z-a]", "error parsing regexp: invalid character class range: `z-a`"),
        ("a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"),
        ("(?<", "error parsing regexp: invalid or unsupported Perl syntax: `(?<`"),
    ])
    func `a bad pattern says what is wrong with it as Prometheus does`(pattern: String, message: String) {
        #expect(throws: LabelMatcherError(name: "job", pattern: pattern, message: message)) {
            try LabelMatcher("job", .matches, pattern)
        }
        #expect(throws: LabelMatcherError(name: "job", pattern: pattern, message: message)) {
            try LabelMatcher("job", .doesNotMatch, pattern)
        }
        #expect(throws: Never.self) { try LabelMatcher("job", .equal, pattern) }
    }

    @Test func `a pattern too large is refused, not run`() {
        #expect(throws: LabelMatcherError.self) { try LabelMatcher("x", .matches, "((a{100}){100}){100}") }
        #expect(throws: LabelMatcherError.self) {
            try LabelMatcher("x", .matches, #"(\pL{1000}\pN{1000}[^x]{1000}){100}"#)
        }
    }

    @Test(
        arguments: [
            (.equal, "job", "a", #"job="a""#), (.notEqual, "job", "", #"job!="""#),
            (.matches, "job", "a|b", #"job=~"a|b""#),
            (.doesNotMatch, "job", #"a\.b"#, #"job!~"a\\.b""#), (.equal, "http.status", "1", #""http.status"="1""#),
            (.equal, "9a", "é한", #""9a"="é한""#),
            (.equal, "a", "\"\n\t\r\u{0}\u{7F}\u{200B}\u{A0}\u{E0001}", #"a="\"\n\t\r\x00\x7f\u200b\u00a0\U000e0001""#),
        ] as [(LabelMatcher.Operation, String, String, String)]
    )
    func `a matcher is printed as Prometheus prints it`(
        operation: LabelMatcher.Operation,
        name: String,
        value: String,
        text: String
    ) throws {
        #expect(try LabelMatcher(name, operation, value).description == text)
    }

    @Test func `many threads match with one expression`() async throws {
        let matcher = try LabelMatcher("x", .matches, "[a-f]+[0-9]{2,5}x?")
        let wrong = await withTaskGroup(of: Int.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    (0..<5_000).count { number in
                        matcher.matches("abcdef\(number)") != (number >= 10) || matcher.matches("g\(thread)")
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
