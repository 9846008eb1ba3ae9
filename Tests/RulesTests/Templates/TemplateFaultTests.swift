// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@Suite struct `Faults of templates` {
    static let reading: [(template: String, line: Int, part: String)] = [
        ("{{", 1, "unclosed action"),
        ("a\nb {{ $value", 2, "unclosed action"),
        ("{{ \"abc }}", 1, "unterminated quoted string"),
        ("{{ \"abc\n\" }}", 1, "unterminated quoted string"),
        ("{{ `abc }}", 1, "unterminated raw quoted string"),
        ("{{ 'a }}", 1, "unterminated character constant"),
        ("{{ '' }}", 1, "malformed character constant"),
        ("{{ 'ab' }}", 1, "malformed character constant"),
        (#"{{ "\z" }}"#, 1, "invalid escape"),
        (#"{{ "\ud800" }}"#, 1, "invalid escape"),
        ("{{/* a", 1, "unclosed comment"),
        ("{{/* a */ 1}}", 1, "comment ends before closing delimiter"),
        ("{{ (1 }}", 1, "unclosed left paren"),
        ("{{ 1) }}", 1, "unexpected right paren"),
        ("{{ () }}", 1, "missing value for parenthesized pipeline"),
        ("{{}}", 1, "missing value for command"),
        ("{{if}}x{{end}}", 1, "missing value for if"),
        ("{{\u{A0}}}", 1, "unrecognized character in action: U+00A0"),
        ("{{ 1x }}", 1, "bad number syntax: \"1x\""),
        ("{{ 0x }}", 1, "bad number syntax"),
        ("{{ 08 }}", 1, "bad number syntax"),
        ("{{ 1_0_ }}", 1, "bad number syntax"),
        ("{{ 3i }}", 1, "complex numbers are not supported"),
        ("{{ 99999999999999999999 }}", 1, "integer overflow"),
        ("{{ 1e999 }}", 1, "bad number syntax"),
        ("\n\n{{ nosuch 1 }}", 3, "function \"nosuch\" not defined"),
        ("{{ $x }}", 1, "undefined variable \"$x\""),
        ("{{if true}}{{$x := 1}}{{end}}{{$x}}", 1, "undefined variable \"$x\""),
        ("{{define \"a\"}}{{$labels.job}}{{end}}", 1, "undefined variable \"$labels\""),
        ("{{if true}}\n", 2, "{{if}} of line 1 has no {{end}}"),
        ("{{range 3}}\n{{with 1}}{{end}}\n", 3, "{{range}} of line 1 has no {{end}}"),
        ("a {{end}}", 1, "unexpected {{end}}"),
        ("{{else}}", 1, "unexpected {{else}}"),
        ("{{if 1}}a{{else}}b{{else}}c{{end}}", 1, "expected {{end}}, found {{else}}"),
        ("{{if 1}}a{{else with 1}}c{{end}}", 1, "unexpected {{with}} in else"),
        ("{{break}}", 1, "{{break}} outside {{range}}"),
        ("{{range 1}}{{else}}{{continue}}{{end}}", 1, "{{continue}} outside {{range}}"),
        ("{{range 1}}{{block \"x\" 1}}{{break}}{{end}}{{end}}", 1, "{{break}} outside {{range}}"),
        ("{{$a, $b := 1}}", 1, "too many declarations in command"),
        ("{{range $a, $b, $c := 1}}{{end}}", 1, "too many declarations in range"),
        ("{{range $a, 1}}{{end}}", 1, "range can only initialize variables"),
        ("{{1 | 2}}", 1, "non executable command in pipeline stage 2"),
        ("{{| 2}}", 1, "unexpected \"|\" in command"),
        ("{{1, 2}}", 1, "unexpected \",\" in operand"),
        ("{{1.a}}", 1, "bad number syntax"),
        ("{{\"a\".b}}", 1, "unexpected . after term"),
        ("{{$value:1}}", 1, "expected :="),
        ("{{$value=1}}", 1, "bad character U+003D '='"),
        ("{{define x}}{{end}}", 1, "in define clause"),
        ("{{define \"x\"}}a{{end}}\n{{define \"x\"}}b{{end}}", 2, "multiple definition of template \"x\""),
        ("{{if 1}}{{define \"x\"}}{{end}}{{end}}", 1, "unexpected {{define}} in command"),
        ("{{template 1}}", 1, "in template clause"),
        ("{{end 1}}", 1, "in end"),
    ]

    @Test(arguments: reading)
    func `what cannot be read is told with its line`(template: String, line: Int, part: String) {
        let error = #expect(throws: TemplateError.self) { try AlertTemplate(template) }
        #expect(error?.line == line)
        #expect(error?.reason.contains(part) == true, "\(error?.reason ?? "")")
    }

    static let expanding: [(template: String, line: Int, part: String)] = [
        ("{{nil}}", 1, "nil is not a command"),
        ("{{(nil).a}}", 1, "nil is not a command"),
        ("{{nil | print}}", 1, "nil is not a command"),
        ("\n{{ .Nope }}", 2, "can't evaluate field Nope in type struct"),
        ("{{ $value.x }}", 1, "can't evaluate field x in type float64"),
        ("{{ (query \"x\").banana }}", 1, "can't evaluate field banana in type template.queryResult"),
        ("{{ $labels.a.b }}", 1, "can't evaluate field b in type string"),
        ("{{ (args).arg0.b }}", 1, "nil pointer evaluating interface {}.b"),
        ("{{ .Value 1 }}", 1, "Value is not a method but has arguments"),
        ("{{ 1 | .Value }}", 1, "Value is not a method but has arguments"),
        ("{{ $value 1 }}", 1, "can't give argument to non-function"),
        ("{{ 1 2 }}", 1, "can't give argument to non-function"),
        ("{{ template \"nope\" }}", 1, "template \"nope\" not defined"),
        ("{{ tmpl \"nope\" 1 }}", 1, "error calling tmpl: template \"nope\" not defined"),
        ("{{ $x = 1 }}", 1, "undefined variable: $x"),
        ("{{ range $i, $e := 4 }}{{end}}", 1, "can't use 4 to iterate over more than one variable"),
        ("{{ range 1.5 }}{{end}}", 1, "range can't iterate over a value of type float64"),
        ("{{ range \"abc\" }}{{end}}", 1, "range can't iterate over a value of type string"),
        ("a\nb\n{{ query \"empty\" | first }}", 3, "error calling first: first() called on vector with no elements"),
        ("{{ query \"broken\" }}", 1, "error calling query: unexpected end of input"),
        ("{{ query 1 }}", 1, "wrong argument of query: expected string; got int"),
        ("{{ first 1 }}", 1, "expected template.queryResult; got int"),
        ("{{ value nil }}", 1, "expected *template.sample; got <nil>"),
        ("{{ toUpper }}", 1, "wrong number of args for toUpper: want 1 got 0"),
        ("{{ printf }}", 1, "wrong number of args for printf: want at least 1 got 0"),
        ("{{ humanize \"one\" }}", 1, "strconv.ParseFloat: parsing \"one\": invalid syntax"),
        ("{{ humanize $labels }}", 1, "can't convert map[string]string to float"),
        ("{{ humanizeTimestamp 1e300 }}", 1, "1e+300 cannot be represented as a nanoseconds timestamp"),
        ("{{ toTime \"NaN\" }}", 1, "value is NaN or Inf"),
        ("{{ toDuration 1e300 }}", 1, "cannot be represented"),
        ("{{ parseDuration \"1x\" }}", 1, "error calling parseDuration: unknown unit"),
        ("{{ match \"a)(b\" \"x\" }}", 1, "error calling match: error parsing regexp: "),
        ("{{ reReplaceAll \"(\" \"x\" \"y\" }}", 1, "missing closing )"),
        ("{{ index $labels 1 }}", 1, "value has type int; should be string"),
        ("{{ index (query \"x\") 3 }}", 1, "index out of range: 3"),
        ("{{ index (query \"x\") -1 }}", 1, "index out of range: -1"),
        ("{{ index 1 1 }}", 1, "can't index item of type int"),
        ("{{ slice \"abc\" 2 1 }}", 1, "invalid slice index: 2 > 1"),
        ("{{ slice \"abc\" 4 }}", 1, "index out of range: 4"),
        ("{{ len 3 }}", 1, "len of type int"),
        ("{{ eq 1 1.0 }}", 1, "incompatible types for comparison"),
        ("{{ gt $value 5 }}", 1, "incompatible types for comparison"),
        ("{{ eq 1 }}", 1, "missing argument for comparison"),
        ("{{ eq $labels $labels }}", 1, "non-comparable type map[string]string"),
        ("{{ lt true false }}", 1, "invalid type for comparison"),
        ("{{ call $value }}", 1, "there are no functions as values"),
        ("{{ (toTime 0).Format }}", 1, "wrong number of args for Format: want 1 got 0"),
        ("{{ (toTime 0).Format 1 }}", 1, "expected string; got int"),
        ("{{ (toTime 0).Nope }}", 1, "can't evaluate field Nope in type *time.Time"),
    ]

    @Test(arguments: expanding)
    func `what goes wrong for an alert is told with its line`(template: String, line: Int, part: String) throws {
        let read = try AlertTemplate(template)
        let error = #expect(throws: TemplateError.self) { try read.expand(scope()) }
        #expect(error?.line == line)
        #expect(error?.reason.contains(part) == true, "\(error?.reason ?? "")")
    }
}
