// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PromQL

/// Texts that are no queries, and what is told of them. Places and words are those of Prometheus.
@Suite("What is wrong with a query")
struct ParseErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var query: String
        var error: String

        init(_ query: String, _ error: String) {
            self.query = query
            self.error = error
        }

        var testDescription: String { query }
    }

    static let characters: [Case] = [
        Case("", "unknown position: parse error: no expression found in input"),
        Case(" \n", "1:1: parse error: no expression found in input"),
        Case("# nothing else\n", "1:1: parse error: no expression found in input"),
        Case(".", "1:1: parse error: unexpected character: '.'"),
        Case("up;", "1:3: parse error: unexpected character: ';'"),
        Case("up }", "1:4: parse error: unexpected character: '}'"),
        Case("é", "1:1: parse error: unexpected character: 'é'"),
        Case("up{é=\"x\"}", "1:4: parse error: unexpected character inside braces: 'é'"),
        Case("1 !~ 2", "1:3: parse error: unexpected character after '!': '~'"),
        Case("1 !", "1:3: parse error: unexpected character after '!': '\u{FFFD}'"),
        Case("1 =~ 2", "1:3: parse error: unexpected character after '=': '~'"),
        Case("up{a!b}", "1:5: parse error: unexpected character after '!' inside braces: 'b'"),
        Case("up{a", "1:5: parse error: unexpected end of input inside braces"),
        Case("up{1}", "1:4: parse error: unexpected character inside braces: '1'"),
        Case("up{a:b=\"c\"}", "1:5: parse error: unexpected character inside braces: ':'"),
        Case("up{{", "1:4: parse error: unexpected left brace '{'"),
        Case("(up", "1:4: parse error: unclosed left parenthesis"),
        Case("sum(rate(", "1:10: parse error: unclosed left parenthesis"),
        Case("(up))", "1:6: parse error: unexpected right parenthesis ')'"),
        Case("up]", "1:3: parse error: unexpected right bracket ']'"),
        Case("up[5m", "1:6: parse error: unclosed left bracket"),
        Case("up[", "1:4: parse error: unexpected end of input in duration expression"),
        Case("up[5m[", "1:6: parse error: unexpected left bracket '['"),
        Case("up[\"5m\"]", "1:4: parse error: unexpected character in duration expression: '\"'"),
        Case("up[foo]", "1:4: parse error: unexpected character in duration expression: 'f'"),
        Case("up[5s x 5s]", "1:7: parse error: unexpected character: 'x', expected ':'"),
        Case("up[5s s 5s]", "1:7: parse error: unexpected character: 's', expected ':'"),
        Case("up[:5m]", "1:5: parse error: unexpected colon before duration in duration expression"),
        Case("up[5m:1m:1m]", "1:9: parse error: unexpected colon ':'"),
        Case("\"abc", "1:1: parse error: unterminated quoted string"),
        Case("'abc\n'", "1:1: parse error: unterminated quoted string"),
        Case("`abc", "1:1: parse error: unterminated raw string"),
        Case("\"\\", "1:1: parse error: escape sequence not terminated"),
        Case("\"\\c\"", "1:1: parse error: unknown escape sequence U+0063 'c'"),
        Case("\"\\'\"", "1:1: parse error: unknown escape sequence U+0027 '''"),
        Case("\"\\x.\"", "1:1: parse error: illegal character U+002E '.' in escape sequence"),
        Case("\"\\x1", "1:1: parse error: escape sequence not terminated"),
        Case("\"\\400\"", "1:1: parse error: escape sequence is an invalid Unicode code point"),
        Case("\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point"),
        Case("\"\\U00110000\"", "1:1: parse error: escape sequence is an invalid Unicode code point"),
        Case("\"\u{FFFD}\"", "1:1: parse error: invalid UTF-8 rune"),
    ]

    static let numbers: [Case] = [
        Case("2.5.", "1:1: parse error: bad number or duration syntax: \"2.5.\""),
        Case("100..4", "1:1: parse error: bad number or duration syntax: \"100..\""),
        Case("0deadbeef", "1:1: parse error: bad number or duration syntax: \"0de\""),
        Case("1__0", "1:1: parse error: bad number or duration syntax: \"1__\""),
        Case("1_", "1:1: parse error: bad number or duration syntax: \"1_\""),
        Case("1e", "1:1: parse error: bad number or duration syntax: \"1e\""),
        Case("0x1.8", "1:1: parse error: bad number or duration syntax: \"0x1.\""),
        Case(
            "1e400",
            "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e400\": value out of range"
        ),
        Case(
            "0xfffffffffffffffff",
            "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"0xfffffffffffffffff\": invalid syntax"
        ),
        Case("up[5mm]", "1:4: parse error: bad number or duration syntax: \"5mm\""),
        Case("up[5m1]", "1:4: parse error: bad number or duration syntax: \"5m1\""),
        Case("up[5y1hs]", "1:4: parse error: unknown unit \"hs\" in duration \"5y1hs\""),
        Case("up[5m1h]", "1:4: parse error: not a valid duration string: \"5m1h\""),
        Case("up[5m1m]", "1:4: parse error: not a valid duration string: \"5m1m\""),
        Case("up[300y]", "1:4: parse error: duration out of range"),
        Case("up[0m]", "1:4: parse error: duration must be greater than 0"),
        Case("up[0]", "1:4: parse error: duration must be greater than 0"),
        Case("up[-1]", "1:4: parse error: duration must be greater than 0"),
        Case("up[5m:-1m]", "1:7: parse error: duration must be greater than 0"),
        Case("up[9.5e10]", "1:4: parse error: duration out of range"),
        Case("up offset 9.5e10", "1:11: parse error: duration out of range"),
        Case("up[5s/0d]", "1:6: parse error: division by zero"),
        Case("up[step()%0]", "1:10: parse error: modulo by zero"),
        Case("up offset (4d/0)", "1:14: parse error: division by zero"),
        Case("up[1m/(1m-60)]", "3:12: division by zero"),
        Case("up[5m-10m]", "3:9: duration must be greater than 0"),
        Case("up[10^300]", "3:9: duration is out of range"),
        Case("up[1h:5m-300]", "6:12: duration must be greater than 0"),
    ]

    static let syntax: [Case] = [
        Case("1+", "1:3: parse error: unexpected end of input"),
        Case("*1", "1:1: parse error: unexpected <op:*>"),
        Case("@@", "1:1: parse error: unexpected <op:@>"),
        Case("-=", "1:2: parse error: unexpected \"=\""),
        Case("a b", "1:3: parse error: unexpected identifier \"b\""),
        Case("a b:c", "1:3: parse error: unexpected metric identifier \"b:c\""),
        Case("a 1", "1:3: parse error: unexpected number \"1\""),
        Case("a 5m", "1:3: parse error: unexpected duration \"5m\""),
        Case("a \"text\"", "1:3: parse error: unexpected string \"\\\"text\\\"\""),
        Case("a 'longer than ten'", "1:3: parse error: unexpected string \"'longer th\"..."),
        Case("a sum(b)", "1:3: parse error: unexpected <aggr:sum>"),
        Case("a bool b", "1:3: parse error: unexpected <bool>"),
        Case("a start", "1:3: parse error: unexpected \"start\""),
        Case("a:b(c)", "1:4: parse error: unexpected \"(\""),
        Case("a,b", "1:2: parse error: unexpected \",\""),
        Case("a\n+\n+ )", "3:4: parse error: unexpected right parenthesis ')'"),
        Case("a\n+\n* b", "3:1: parse error: unexpected <op:*>"),
        Case("a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>"),
        Case("a + group_left() b", "1:5: parse error: unexpected <group_left>"),
        Case("a + on b", "1:8: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\""),
        Case("a + on(1) b", "1:8: parse error: unexpected number \"1\" in grouping opts, expected label"),
        Case(
            "a + on(b c) d",
            "1:10: parse error: unexpected identifier \"c\" in grouping opts, expected \",\" or \")\""
        ),
        Case("a + on(b) group_left * c", "1:22: parse error: unexpected <op:*> in grouping opts, expected \"(\""),
        Case("a + fill(b) c", "1:10: parse error: unexpected identifier \"b\""),
        Case("a + fill() c", "1:10: parse error: unexpected \")\""),
        Case("a + fill_left(1) fill_left(2) c", "1:27: parse error: unexpected \"(\""),
        Case("sum without(==)(a)", "1:13: parse error: unexpected <op:==> in grouping opts, expected label"),
        Case("sum without(,)(a)", "1:13: parse error: unexpected \",\" in grouping opts, expected label"),
        Case("sum without(b,,)(a)", "1:15: parse error: unexpected \",\" in grouping opts, expected label"),
        Case("sum by (\"\")(a)", "1:9: parse error: invalid label name for grouping: \"\""),
        Case("sum by (\"\\xff\")(a)", "1:9: parse error: invalid label name for grouping: \"\\xff\""),
        Case("sum a by (b)", "1:5: parse error: unexpected identifier \"a\""),
        Case("sum (a) by b", "1:12: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\""),
        Case("sum (a) without (b) by (c)", "1:21: parse error: unexpected <by>"),
        Case("sum by (b) a", "1:12: parse error: unexpected identifier \"a\" in aggregation"),
        Case("sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"),
        Case("sum(rate(a b))", "1:12: parse error: unexpected identifier \"b\" in aggregation"),
        Case("rate(a b)", "1:8: parse error: unexpected identifier \"b\""),
        Case("sum () by (b)", "1:1: parse error: no arguments for aggregate expression provided"),
        Case(
            "topk(a)",
            "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"
        ),
        Case(
            "sum(1, a)",
            "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"
        ),
        Case("topk(a,)", "1:7: parse error: trailing commas not allowed in function call args"),
        Case("rate(a[5m],)", "1:11: parse error: trailing commas not allowed in function call args"),
        Case("nothing()", "1:1: parse error: unknown function with name \"nothing\""),
        Case("STEP()", "1:1: parse error: unknown function with name \"STEP\""),
        Case("a > none(b)", "1:5: parse error: unknown function with name \"none\""),
        Case("none(other(1))", "1:6: parse error: unknown function with name \"other\""),
        Case("up{,}", "1:4: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
        Case("up{a}", "1:5: parse error: unexpected \"}\" in label matching, expected label matching operator"),
        Case("up{a=b}", "1:6: parse error: unexpected identifier \"b\" in label matching, expected string"),
        Case("up{a==\"b\"}", "1:6: parse error: unexpected \"=\" in label matching, expected string"),
        Case("up{\"a\"=}", "1:8: parse error: unexpected \"}\" in label matching, expected string"),
        Case(
            "up{a=\"b\" c}",
            "1:10: parse error: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""
        ),
        Case(
            "up{a=\"b\",,}",
            "1:10: parse error: unexpected \",\" in label matching, expected identifier or \"}\""
        ),
        Case("up{a=~\"[\"}", "1:4: parse error: error parsing regexp: missing closing ]: `[`"),
    ]

    static let modifiers: [Case] = [
        Case(
            "up offset",
            "1:10: parse error: unexpected end of input in offset, expected number, duration, step(), or range()"
        ),
        Case(
            "up offset a",
            "1:11: parse error: unexpected identifier \"a\" in offset, expected number, duration, step(), or range()"
        ),
        Case(
            "up offset step",
            "1:15: parse error: unexpected end of input in offset, expected number, duration, step(), or range()"
        ),
        Case(
            "1 offset 1d",
            "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector"
                + " or a subquery"
        ),
        Case("up offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times"),
        Case("up[5m] offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times"),
        Case("up offset 1m[5m]", "1:13: parse error: no offset modifiers allowed before range"),
        Case("up offset step()[5m]", "1:17: parse error: no offset modifiers allowed before range"),
        Case("up @", "1:5: parse error: unexpected end of input in @, expected timestamp"),
        Case("up @ a", "1:6: parse error: unexpected identifier \"a\" in @, expected timestamp"),
        Case("up @ start", "1:11: parse error: unexpected end of input in @, expected timestamp"),
        Case("up @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
        Case("up @ start() @ end()", "1:1: parse error: @ <timestamp> may not be set multiple times"),
        Case("up @ +Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
        Case("up @ NaN", "1:1: parse error: timestamp out of bounds for @ modifier: NaN"),
        Case("up @ -1e19", "1:1: parse error: timestamp out of bounds for @ modifier: -10000000000000000000.000000"),
        Case("up @ 1 [5m]", "1:8: parse error: no @ modifiers allowed before range"),
        Case("up @ end()[5m]", "1:11: parse error: no @ modifiers allowed before range"),
        Case(
            "rate(a[5m]) @ 1",
            "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector"
                + " or a subquery"
        ),
        Case("(a + b)[5m]", "1:8: parse error: ranges only allowed for vector selectors"),
        Case("1[5m] smoothed", "1:2: parse error: ranges only allowed for vector selectors"),
        Case("a[5m] anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"),
        Case("a[5m:] smoothed", "1:1: parse error: smoothed modifier is not supported for subqueries"),
        Case("1 anchored", "1:1: parse error: anchored modifier not implemented"),
        Case(
            "up[]",
            "1:4: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()"
        ),
        Case(
            "up[step]",
            "1:8: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()"
        ),
        Case("up[5m 5m]", "1:7: parse error: unexpected duration \"5m\" in subquery or range, expected \":\" or \"]\""),
        Case("up[5m:1m 1m]", "1:10: parse error: unexpected duration \"1m\" in subquery selector, expected \"]\""),
        Case(
            "up[5m:*]",
            "1:7: parse error: unexpected <op:*> in subquery selector, expected number, duration, step(), range(), or \"]\""
        ),
    ]

    static let types: [Case] = [
        Case("1 and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
        Case("a or 1", "1:1: parse error: set operator \"or\" not allowed in binary scalar expression"),
        Case("1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        Case("(1)  <   (2)", "1:6: parse error: comparisons between scalars must use BOOL modifier"),
        Case("1 + bool 1", "1:3: parse error: bool modifier can only be used on comparison operators"),
        Case("a + on(b) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
        Case("a + fill(0) 1", "1:1: parse error: filling in missing series only allowed between instant vectors"),
        Case("a and fill(0) b", "1:1: parse error: filling in missing series not allowed for set operators"),
        Case("a and on(b) group_left c", "1:1: parse error: no grouping allowed for \"and\" operation"),
        Case(
            "a + on(b) group_left(b) c",
            "1:3: parse error: label \"b\" must not occur in ON and GROUP clause at once"
        ),
        Case("a + \"b\"", "1:5: parse error: binary expression must contain only scalar and instant vector types"),
        Case("a[5m] + b", "1:1: parse error: binary expression must contain only scalar and instant vector types"),
        Case(
            "-\"a\"",
            "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\""
        ),
        Case(
            " -a[5m]",
            "1:2: parse error: unary expression only allowed on expressions of type scalar or instant vector,"
                + " got \"range vector\""
        ),
        Case("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        Case("{x=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        Case("{x!=\"a\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        Case("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\""),
        Case("a{\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\""),
        Case("topk(a, b)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"),
        Case("count_values(5, b)", "1:14: parse error: expected type string in aggregation parameter, got scalar"),
        Case(
            "sum(a[5m])",
            "1:5: parse error: expected type instant vector in aggregation expression, got range vector"
        ),
        Case("floor()", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 0"),
        Case("floor(a, 1)", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 2"),
        Case("time(a)", "1:1: parse error: expected 0 argument(s) in call to \"time\", got 1"),
        Case("hour(a, a)", "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 2"),
        Case("label_join(a)", "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"),
        Case(
            "sort_by_label()",
            "1:1: parse error: expected at least 1 argument(s) in call to \"sort_by_label\", got 0"
        ),
        Case(
            "label_join(a, \"b\", \"c\", \"d\", 1)",
            "1:30: parse error: expected type string in call to function \"label_join\", got scalar"
        ),
        Case("floor(1)", "1:7: parse error: expected type instant vector in call to function \"floor\", got scalar"),
        Case(
            "rate(a)",
            "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"
        ),
        Case("a[5m][5m:]", "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"),
        Case("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
        Case("info(a, 1)", "1:1: parse error: expected type instant vector in call to function \"info\", got scalar"),
        Case("info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"),
        Case("info(a, {b=\"c\"} == 1)", "1:9: parse error: expected label selectors only"),
        Case("{} + none", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    ]

    @Test("is told with place and words", arguments: characters + numbers + syntax + modifiers + types)
    func message(_ example: Case) {
        do throws(QueryError) {
            let expression = try QueryEngine.parse(example.query)
            Issue.record("\(example.query) is read as \(expression)")
        } catch {
            #expect(error.message == example.error)
            #expect(error.kind == .badData)
            let position = error.position
            #expect(position != nil && position!.start <= position!.end && position!.end <= example.query.utf8.count)
        }
    }

    @Test("is a text of more than a mebibyte")
    func tooLong() throws {
        let blanks = String(repeating: " ", count: QueryEngine.longestText)
        _ = try QueryEngine.parse("up" + blanks.dropFirst(2))
        #expect(throws: QueryError(.badData, "query is longer than 1048576 bytes")) {
            try QueryEngine.parse("up" + blanks)
        }
    }

    @Test(
        "is that it is nested too deeply, and nothing breaks",
        arguments: [
            ("(", "1", ")"), ("-", "a", ""), ("a + ", "a", ""), ("2 ^ ", "a", ""), ("abs(", "a", ")"),
            ("sum(", "a", ")"),
            ("", "a", "[1m:]"),
        ]
    )
    func depth(_ open: String, _ inner: String, _ close: String) {
        expectTooDeep(String(repeating: open, count: 100_000) + inner + String(repeating: close, count: 100_000))
    }

    @Test(
        "is that a duration is nested too deeply, and nothing breaks",
        arguments: [("(", ")"), ("1m + ", ""), ("2 ^ ", ""), ("-", ""), ("min_of(1,", ")")]
    )
    func durationDepth(_ open: String, _ close: String) {
        let many = 100_000
        let inner = String(repeating: open, count: many) + "1m" + String(repeating: close, count: many)
        expectTooDeep("a[\(inner)]")
        expectTooDeep("a offset (\(inner))")
    }

    private func expectTooDeep(_ query: String) {
        do throws(QueryError) {
            _ = try QueryEngine.parse(query)
            Issue.record("\(query.prefix(20))… is read")
        } catch {
            #expect(error.message.hasSuffix("query is nested deeper than \(Parser.deepestNesting) levels"))
        }
    }
}
