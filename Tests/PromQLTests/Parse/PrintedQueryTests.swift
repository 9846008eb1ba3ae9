// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import PromQL

/// Queries and how they print, which shows how they were read.
@Suite("A query")
struct PrintedQueryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var query: String
        var text: String

        init(_ query: String, _ text: String) {
            self.query = query
            self.text = text
        }

        var testDescription: String { query }
    }

    static let literals: [Case] = [
        Case("1", "1"), Case("+1", "1"), Case("--1", "1"), Case("-0", "-0"), Case(".5", "0.5"), Case("5.", "5"),
        Case("1_000_000.25", "1000000.25"), Case("0x1F", "31"), Case("0X_1f", "31"), Case("0755", "493"),
        Case("089", "89"), Case("1e3", "1000"), Case("1E-7", "0.0000001"),
        Case("123456789e15", "123456789000000000000000"), Case("0.1e-5", "0.000001"),
        Case("inf", "+Inf"), Case("-INF", "-Inf"), Case("nan", "NaN"), Case("-NaN", "NaN"),
        Case("5m", "5m"), Case("-90s", "-1m30s"), Case("1d", "1d"), Case("14d", "2w"), Case("8d", "8d"),
        Case("365d", "1y"), Case("1y2w3d4h5m6s7ms", "382d4h5m6s7ms"), Case("0s", "0s"), Case("-0m", "-0s"),
        Case("1000ms", "1s"),
        Case("\"a\\tb\\x41\\u00e9\\101\\\"\"", "\"a\\tbAéA\\\"\""), Case("'it\\'s \"x\"'", "\"it's \\\"x\\\"\""),
        Case("'\\ufffd'", "\"\\ufffd\""), Case("`raw\\n`", "\"raw\\\\n\""), Case("\"\\xff\\377\"", "\"\\xff\\xff\""),
        Case("'\\a\\b\\f\\n\\r\\t\\v\\\\'", "\"\\a\\b\\f\\n\\r\\t\\v\\\\\""),
        Case("\"\\U0001F600\\u200b\"", "\"😀\\u200b\""),
    ]

    static let operators: [Case] = [
        Case("a+b*c^d", "a + b * c ^ d"), Case("(a+b)*c", "(a + b) * c"), Case("2^3^2", "2 ^ 3 ^ 2"),
        Case("-2^2", "-2 ^ 2"), Case("-a^b", "-a ^ b"), Case("2^-1", "2 ^ -1"), Case("inf^2", "Inf ^ 2"),
        Case("a atan2 b%c", "a atan2 b % c"), Case("a ATAN2 b AND c", "a atan2 b and c"),
        Case("a or b and c unless d", "a or b and c unless d"), Case("a == bool b", "a == bool b"),
        Case("1 >= bool 2", "1 >= bool 2"), Case("a != b", "a != b"), Case("a</2", "a </ 2"),
        Case("a >/ 2 + 1", "a >/ 2 + 1"),
        Case("a*on()b", "a * on () b"), Case("a*ignoring()b", "a * b"), Case("a + on(b,c,) d", "a + on (b, c) d"),
        Case("a + ignoring(b) group_left c", "a + ignoring (b) group_left () c"),
        Case("a + on(b) GROUP_RIGHT(d, \"e f\") c", "a + on (b) group_right (d, \"e f\") c"),
        Case("a + on(b) group_left (c) (d)", "a + on (b) group_left (c) (d)"),
        Case("a + fill(-1e-9) b", "a + fill (-1e-09) b"), Case("a + fill_left(1) b", "a + fill_left (1) b"),
        Case("a > bool on(x) fill_right(5m) fill_left(+1) b", "a > bool on (x) fill_left (1) fill_right (300) b"),
        Case("a + fill_left(NaN) fill_right(nan) b", "a + fill (NaN) b"), Case("fill + fill_left", "fill + fill_left"),
        Case("a and on(start, end, bool, on, atan2) b", "a and on (start, end, bool, on, atan2) b"),
        Case("# note\na # more\n+ b", "a + b"), Case("-(-a)", "-(-a)"), Case("- + -a", "-+-a"), Case("+a", "+a"),
    ]

    static let selectors: [Case] = [
        Case("a", "a"), Case("a{}", "a"), Case("a:b:c", "a:b:c"), Case(":a", ":a"), Case("SUM", "SUM"),
        Case("sum{by=\"x\"}", "sum{by=\"x\"}"), Case("or or and", "or or and"),
        Case("offset offset 5m", "offset offset 5m"),
        Case("start{end=\"x\"}", "start{end=\"x\"}"), Case("anchored smoothed", "anchored smoothed"),
        Case("step offset step()", "step offset step()"), Case("min_of + max_of", "min_of + max_of"),
        Case("a{c='1',b!='2',d=~`3`,e!~\"4\",}", "a{b!=\"2\",c=\"1\",d=~\"3\",e!~\"4\"}"),
        Case("{\"a.b\", c=\"d\"}", "{__name__=\"a.b\",c=\"d\"}"), Case("{'l l'=\"x\"}", "{\"l l\"=\"x\"}"),
        Case("{__name__=\"a\"}", "{__name__=\"a\"}"), Case("{__name__=~\"a|b\"}", "{__name__=~\"a|b\"}"),
        Case("a{b='\\xff'}", "a{b=\"\\ufffd\"}"), Case("a{'\\ufffd'='c'}", "a{\"\\ufffd\"=\"c\"}"),
        Case("{\"a\", __name__=\"b\"}", "{__name__=\"a\",__name__=\"b\"}"),
        Case("a offset 1h30m", "a offset 1h30m"), Case("a offset -5m", "a offset -5m"),
        Case("a OFFSET +90", "a offset 1m30s"),
        Case("a offset 0s", "a"), Case("a @ 1.5", "a @ 1.500"), Case("a @ -1", "a @ -1.000"),
        Case("a @ 1m", "a @ 60.000"),
        Case("a @ START()", "a @ start()"), Case("a @ end ( )", "a @ end()"),
        Case("a offset 1m @ 2", "a @ 2.000 offset 1m"), Case("a[5m]", "a[5m]"), Case("a[1m0s]", "a[1m]"),
        Case("a[300]", "a[5m]"), Case("a[0.5]", "a[500ms]"), Case("a[1e-9]", "a[1ms]"),
        Case("a[5m] @ end() offset 1m", "a[5m] @ end() offset 1m"),
        Case("a[5m] offset 1m anchored", "a[5m] anchored offset 1m"), Case("a smoothed", "a smoothed"),
        Case("a anchored[5m]", "a[5m] anchored"), Case("a[5m:]", "a[5m:]"),
        Case("a[5m:1m] offset 3", "a[5m:1m] offset 3s"),
        Case("(a+b)[1h:5m] @ start()", "(a + b)[1h:5m] @ start()"), Case("a offset 5m[1h:]", "a offset 5m[1h:]"),
        Case("min_over_time(rate(a[2s])[5m:] offset 4m)[4m:3s]", "min_over_time(rate(a[2s])[5m:] offset 4m)[4m:3s]"),
    ]

    static let durations: [Case] = [
        Case("a[26m+4m]", "a[30m]"), Case("a[2m*(10+5)]", "a[30m]"), Case("a[-5m+35m]", "a[30m]"),
        Case("a[1h30m % 1h]", "a[30m]"), Case("a[(30m)]", "a[30m]"), Case("a[11s+10s-5*2^2]", "a[1s]"),
        Case("a[0 - -2 ^ 2]", "a[4s]"), Case("a[min_of(1m,2m)]", "a[1m]"), Case("a[MAX_OF(1m,2m):1+1]", "a[2m:2s]"),
        Case("a[step()]", "a[step()]"), Case("a[ - STEP ( ) + range( ) ]", "a[-step() + range()]"),
        Case("a[1+(STep()-5)*2]", "a[1 + (step() - 5) * 2]"), Case("a[step():range()/2]", "a[step():range() / 2]"),
        Case("a[max_of(min_of(step()+1,1h),1ms)]", "a[max_of(min_of(step() + 1, 1h), 1ms)]"),
        Case("a offset 100 + 2", "a offset 1m40s + 2"), Case("a offset (100 + 2)", "a offset 1m42s"),
        Case("a offset -2 ^ 2", "a offset -2s ^ 2"), Case("a offset (-2 ^ 2)", "a offset -4s"),
        Case("a offset -(1^2)", "a offset -1s"), Case("a offset -step()*2", "a offset -step() * 2"),
        Case("a offset -min_of(step(), 1s)^0", "a offset -min_of(step(), 1s) ^ 0"), Case("a offset (1s-1s)", "a"),
        Case("a offset +range()", "a offset range()"), Case("a[5m] offset -(step()-5)", "a[5m] offset -(step() - 5)"),
    ]

    static let calls: [Case] = [
        Case("time( )", "time()"), Case("step()+range()-start()/end()", "step() + range() - start() / end()"),
        Case("round(a)", "round(a)"), Case("round(a,5)", "round(a, 5)"), Case("hour()", "hour()"),
        Case("label_join(a,'b','c')", "label_join(a, \"b\", \"c\")"), Case("info(a,{})", "info(a, {})"),
        Case("info(a, {b=~\".*\"})", "info(a, {b=~\".*\"})"), Case("max_of(1,min_of(2,3))", "max_of(1, min_of(2, 3))"),
        Case("SUM(a)", "sum(a)"), Case("sum by()(a)", "sum(a)"), Case("sum without()(a)", "sum without () (a)"),
        Case("sum(a) by (b,c,)", "sum by (b, c) (a)"),
        Case("avg without(by, \"x y\") (a)", "avg without (by, \"x y\") (a)"),
        Case("topk by (b) (5, a)", "topk by (b) (5, a)"), Case("count_values('x',a)", "count_values(\"x\", a)"),
        Case("limit_ratio(-0.5, a)", "limit_ratio(-0.5, a)"), Case("limitk(1, a)", "limitk(1, a)"),
        Case("sum(sum)", "sum(sum)"), Case("group(group) by (group)", "group by (group) (group)"),
        Case("quantile(0.9, rate(a[5m]))", "quantile(0.9, rate(a[5m]))"), Case("sort_by_label(a)", "sort_by_label(a)"),
    ]

    @Test(
        "prints as Prometheus prints it, and is read again",
        arguments: literals + operators + selectors + durations + calls
    )
    func text(_ example: Case) throws {
        let expression = try QueryEngine.parse(example.query)
        #expect(expression.description == example.text)
        #expect(try QueryEngine.parse(expression.description).isSame(as: expression))
    }

    @Test("keeps the duration expressions it is written with when it is formatted")
    func formattedDurations() throws {
        #expect(try QueryEngine.format("a[26m+4m]") == "a[26m + 4m]")
        #expect(try QueryEngine.format("a[(30m):-1m+2m] offset -(1m)") == "a[(30m):-1m + 2m] offset -(1m)")
    }

    @Test("of up to a hundred bytes stays on one line")
    func short() throws {
        #expect(try QueryEngine.format("sum  by(b)(rate(a[5m]))") == "sum by (b) (rate(a[5m]))")
        let hundred = "a + " + String(repeating: "b", count: 96)
        #expect(try QueryEngine.format(hundred) == hundred)
        #expect(try QueryEngine.format(hundred + "b") == "  a\n+\n  " + String(repeating: "b", count: 97))
    }

    @Test("that is longer is split at its outermost parts")
    func long() throws {
        let query = """
            topk by (job) (5, (sum by (job, instance) (rate(http_requests_total{code=~"5.."}[5m] offset 1h)) / \
            on (job) group_left (team) -sum(rate(http_requests_total[5m] @ 100))[1h:1m] offset 1d > bool 1))
            """
        #expect(throws: QueryError.self) { try QueryEngine.format(query) }
        #expect(
            try QueryEngine.format(query.replacing("[1h:1m] offset 1d", with: "")) == """
                topk by (job) (
                  5,
                  (
                        sum by (job, instance) (rate(http_requests_total{code=~"5.."}[5m] offset 1h))
                      / on (job) group_left (team)
                        -sum(rate(http_requests_total[5m] @ 100.000))
                    > bool
                      1
                  )
                )
                """
        )
    }

    @Test("of a long subquery is split within")
    func longSubquery() throws {
        let name = String(repeating: "a", count: 90)
        #expect(
            try QueryEngine.format("label_join(max_over_time(abs(\(name))[1h:1m] offset 1d), 'b', 'c')") == """
                label_join(
                  max_over_time(
                    abs(\(name))[1h:1m] offset 1d
                  ),
                  "b",
                  "c"
                )
                """
        )
    }

    @Test("has places for annotations in lines and columns of bytes")
    func places() {
        #expect(SourceRange(start: 4, end: 6).lineAndColumn(in: "sum(up)") == "1:5")
        #expect(SourceRange(start: 5, end: 6).lineAndColumn(in: "é\n\nup") == "3:2")
        #expect(SourceRange(start: 0, end: 0).lineAndColumn(in: "") == "unknown position")
        #expect(SourceRange(start: 4, end: 4).lineAndColumn(in: "up") == "invalid position")
    }

    @Test("has places that cover what stands there")
    func positions() throws {
        func position(_ query: String, _ path: (PromQL.Expression) -> PromQL.Expression? = { $0 }) throws -> String? {
            guard let position = path(try QueryEngine.parse(query))?.position else { return nil }
            let bytes = Array(query.utf8)
            return String(decoding: bytes[position.start..<position.end], as: UTF8.self)
        }
        func left(_ expression: PromQL.Expression) -> PromQL.Expression? {
            guard case .binary(let node) = expression else { return nil }
            return node.left
        }
        #expect(try position(" a + b ") == "a + b")
        #expect(try position("a{b=\"c\"} offset 5m + 1", left) == "a{b=\"c\"} offset 5m")
        #expect(try position("sum(a)  by (b) * 2", left) == "sum(a)  by (b)")
        #expect(try position("(sum(a) )", { $0.unwrapped }) == "sum(a)")
        #expect(try position("-1 + a", left) == "-1")
        #expect(try position("rate(a[5m] offset 1m) + 1", left) == "rate(a[5m] offset 1m)")
    }

    @Test("that is nested as deeply as it may fits into half of a usual stack, also without optimization")
    func stack() throws {
        let depth = Parser.deepestNesting - 2
        let query = String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        let isSame = Mutex<Bool?>(nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let expression = try? QueryEngine.parse(query)
            let again = expression.flatMap { try? QueryEngine.parse($0.description) }
            _ = try? QueryEngine.format(query)
            isSame.withLock { $0 = expression.flatMap { left in again.map { left.isSame(as: $0) } } }
            done.signal()
        }
        thread.stackSize = 4 << 20
        thread.start()
        done.wait()
        #expect(isSame.withLock { $0 } == true)
    }
}
