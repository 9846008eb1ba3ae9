// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite("Selectors, names of series and calculated durations")
struct SelectorsAndDurationsTests {
    @Test("A selector of match[] gives its matchers, the name among them, and may select everything")
    func selectors() throws {
        #expect(
            try QueryEngine.parseSelector("up{job=~'a|b'}").map(\.description) == ["job=~\"a|b\"", "__name__=\"up\""]
        )
        #expect(try QueryEngine.parseSelector("{\"x y\"}").map(\.description) == ["__name__=\"x y\""])
        #expect(try QueryEngine.parseSelector("{}").isEmpty)
    }

    @Test(
        "What is no selector is refused with its place",
        arguments: [
            ("", "unknown position: parse error: unexpected end of input"),
            ("up[5m]", "1:3: parse error: unexpected \"[\""),
            ("up offset 5m", "1:4: parse error: unexpected <offset>"),
            ("rate(up[5m])", "1:5: parse error: unexpected \"(\""),
            ("1", "1:1: parse error: unexpected number \"1\""),
            ("{a=1}", "1:4: parse error: unexpected character inside braces: '1'"),
        ]
    )
    func noSelectors(_ text: String, _ message: String) {
        #expect { try QueryEngine.parseSelector(text) } throws: { ($0 as? QueryError)?.message == message }
    }

    @Test("The name of a series gives its labels, without those that are empty")
    func metrics() throws {
        #expect(try QueryEngine.parseMetric("up{job=\"a\", x=''}") == ["__name__": "up", "job": "a"])
        #expect(try QueryEngine.parseMetric("{\"x y\",'l l'=`v`,}") == ["__name__": "x y", "l l": "v"])
        #expect(try QueryEngine.parseMetric("sum") == ["__name__": "sum"])
        #expect(try QueryEngine.parseMetric("{}") == [:])
        #expect(try QueryEngine.parseMetric("") == [:])
    }

    @Test(
        "What names no series is refused with its place",
        arguments: [
            ("up{a}", "1:5: parse error: unexpected \"}\" in label set, expected \"=\""),
            ("up{a=b}", "1:6: parse error: unexpected identifier \"b\" in label set, expected string"),
            ("up{=}", "1:4: parse error: unexpected \"=\" in label set, expected identifier or \"}\""),
            ("up{a='b' c}", "1:10: parse error: unexpected identifier \"c\" in label set, expected \",\" or \"}\""),
            ("up{a='b'} 1", "1:11: parse error: unexpected number \"1\""),
            ("up{a='b',a='c'}", "1:10: parse error: label \"a\" must not be set twice"),
            ("up{'down'}", "1:4: parse error: label \"__name__\" must not be set twice"),
        ]
    )
    func noMetrics(_ text: String, _ message: String) {
        #expect { try QueryEngine.parseMetric(text) } throws: { ($0 as? QueryError)?.message == message }
    }

    private func offset(_ text: String) throws -> DurationExpression {
        guard case .selector(let node) = try QueryEngine.parse("a offset \(text)") else {
            throw QueryError(.internal, "\(text) is no offset")
        }
        return node.offset
    }

    @Test(
        "A duration has its value in milliseconds",
        arguments: [
            ("step()", 15_000), ("-range() ", -3_600_000), ("(range()/step())", 240_000), ("(7%step())", 7_000),
            ("(-7 % 4)", -3_000), ("(2^0.5)", 1_414), ("min_of(step(), 1m)", 15_000), ("max_of(-1, -2)", -1_000),
            ("(1.0009)", 1_000), ("(-1.0009)", -1_000), ("0.0015", 1), ("1.0005", 1_000), ("(-2 ^ 2)", -4_000),
        ]
    )
    func values(_ text: String, _ milliseconds: Int64) throws {
        #expect(try offset(text).milliseconds(step: 15_000, range: 3_600_000) == milliseconds)
    }

    @Test("Durations that need the steps fail when they are known")
    func late() throws {
        var query = try QueryEngine.parse("rate(a[step()]) + b offset (1h / step())")
        #expect(
            throws: QueryError(.badData, "7:13: duration must be greater than 0", at: SourceRange(start: 7, end: 13))
        ) {
            try query.resolveDurations(step: 0, range: 0)
        }
        query = try QueryEngine.parse("b offset (1h / step())")
        #expect { try query.resolveDurations(step: 0, range: 0) } throws: {
            ($0 as? QueryError)?.message == "10:21: division by zero"
        }
        try query.resolveDurations(step: 60_000, range: 0)
        #expect(query.description == "b offset 1m")
        query = try QueryEngine.parse("sum(max_over_time(abs(a)[range():step()] offset -step()) / (b)) > -c")
        try query.resolveDurations(step: 60_000, range: 3_600_000)
        #expect(query.description == "sum(max_over_time(abs(a)[1h:1m] offset -1m) / (b)) > -c")
    }

    @Test("A string keeps bytes that are no UTF-8")
    func bytes() throws {
        guard case .string(let valid) = try QueryEngine.parse("'é'"),
            case .string(let invalid) = try QueryEngine.parse("\"a\\xc5z\"")
        else {
            Issue.record("strings are strings")
            return
        }
        #expect(valid.isValid && valid.value == "é")
        #expect(!invalid.isValid && invalid.bytes == [0x61, 0xC5, 0x7A] && invalid.quoted == "\"a\\xc5z\"")
    }
}
