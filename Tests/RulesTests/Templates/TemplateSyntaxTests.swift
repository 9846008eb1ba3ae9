// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@Suite struct `The language of templates` {
    @Test(arguments: ["", "all is well", "a { b } c", "{", "}}", "50 % of {x}"])
    func `a text without an action is itself`(text: String) throws {
        let template = try AlertTemplate(text)
        #expect(template.isPlain)
        #expect(try template.expand(scope()) == text)
    }

    @Test(arguments: ["{{1}}", "{{/* nothing */}}", "{{define \"x\"}}{{end}}"])
    func `a text with an action is not plain`(text: String) throws {
        #expect(try !AlertTemplate(text).isPlain)
    }

    static let values: [Expansion] = [
        ("{{$value}}", "12.5"),
        ("{{ .Value }}", "12.5"),
        ("{{$labels.job}} of {{.Labels.alertname}}", "checkout of SlowCheckout"),
        ("{{$externalLabels.region}} {{.ExternalLabels.region}}", "north north"),
        ("{{$externalURL}}", "https://metrics.example.org:9090/tide%20mark"),
        ("{{.ExternalURL}}", "https://metrics.example.org:9090/tide%20mark"),
        ("[{{$labels.absent}}]", "[]"),
        ("[{{$.Labels.absent}}]", "[]"),
        ("{{$labels}}", "map[alertname:SlowCheckout instance:shop-1.example.org:9100 job:checkout]"),
        ("{{$externalLabels}}", "map[region:north]"),
        ("{{with $externalLabels}}{{.}}{{$.Value}}{{end}}", "map[region:north]12.5"),
        ("{{(args 1).arg7}}", "<no value>"),
        ("{{$x := (args 1).arg7}}{{$x.more}}", "<no value>"),
        ("{{(args .Labels).arg0.job}}", "checkout"),
    ]

    @Test(arguments: values)
    func `values of the alert are there`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let literals: [Expansion] = [
        ("{{1}} {{-7}} {{+3}}", "1 -7 3"),
        ("{{0x1F}} {{0b101}} {{0o17}} {{017}} {{0x_f}}", "31 5 15 15 15"),
        ("{{1.5}} {{.5}} {{1e3}} {{1e21}} {{-2.50}}", "1.5 0.5 1000 1e+21 -2.5"),
        ("{{100000.0}} {{1000000.0}} {{0.00001}} {{1234567.0}}", "100000 1e+06 1e-05 1.234567e+06"),
        ("{{0x1p4}}", "16"),
        ("{{-9223372036854775808}}", "-9223372036854775808"),
        ("{{'a'}} {{'\\n'}} {{'é'}} {{'\\x41'}} {{'\\''}}", "97 10 233 65 39"),
        ("{{true}} {{false}}", "true false"),
        (#"{{"a\tb\"\\\u00e9\x41\101"}}"#, "a\tb\"\\éAA"),
        ("{{`raw \\n \"text\"`}}", "raw \\n \"text\""),
        ("{{`two\nlines`}}", "two\nlines"),
    ]

    @Test(arguments: literals)
    func `literals are Go's`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let trims: [Expansion] = [
        ("a {{- 1 -}} b", "a1b"),
        ("a {{- 1}} b", "a1 b"),
        ("a {{1 -}} \n\t b", "a 1b"),
        ("a\n\n{{- /* gone */ -}}\n\nb", "ab"),
        ("a {{/* gone */}} b", "a  b"),
        ("a{{/* }} */}}b", "ab"),
        ("{{-3}}", "-3"),
        ("{{- -3 -}}", "-3"),
        ("x {{- if true -}} y {{- end -}} z", "xyz"),
        ("{{ 1\n}}", "1"),
        ("\u{A0}{{- 1}}", "\u{A0}1"),
    ]

    @Test(arguments: trims)
    func `markers trim space and comments leave nothing`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let variables: [Expansion] = [
        ("{{$x := 1}}{{$x}}", "1"),
        ("{{$x := 1}}{{$x = 2}}{{$x}}", "2"),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{$x := .Labels}}{{$x.job}}", "checkout"),
        ("{{$x := 4 | printf \"%03d\"}}{{$x}}", "004"),
        ("{{with $y := 5}}{{$y}}{{.}}{{end}}", "55"),
        ("{{if $y := 0}}a{{else}}b{{$y}}{{end}}", "b0"),
        ("{{$é_1 := 3}}{{$é_1}}", "3"),
        ("{{$last := \"\"}}{{range $last = query \"x\"}}{{end}}{{$last.Labels.shop}}", "a"),
    ]

    @Test(arguments: variables)
    func `variables are declared and assigned in their blocks`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let pipelines: [Expansion] = [
        ("{{\"a\" | printf \"%s-%s\" \"b\"}}", "b-a"),
        ("{{1 | print | len}}", "1"),
        ("{{print (print 1 2) 3}}", "1 23"),
        ("{{(print \"x\") | toUpper | printf \"%q\"}}", "\"X\""),
        ("{{print now}}", "1.7000000005e+09"),
        ("{{ (query \"x\" | first).Labels.shop }}", "b"),
        ("{{ (index (query \"x\") 1).Value }}", "3.5"),
        ("{{print .Value | printf \"%s %s\" $labels.job}}", "checkout 12.5"),
        ("{{$value|humanize}}", "12.5"),
        ("{{ (((1))) }}", "1"),
    ]

    @Test(arguments: pipelines)
    func `a command gets the value before it as its last argument`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }
}
