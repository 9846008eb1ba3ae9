// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@Suite struct `Conditions, loops and templates within templates` {
    static let conditions: [Expansion] = [
        ("{{if true}}y{{end}}", "y"),
        ("{{if false}}y{{end}}", ""),
        ("{{if false}}y{{else}}n{{end}}", "n"),
        ("{{if 0}}a{{else if \"\"}}b{{else if 0.0}}c{{else}}d{{end}}", "d"),
        ("{{if 0}}a{{else if \"x\"}}b{{else}}d{{end}}", "b"),
        ("{{if gt $value 10.0}}high{{else}}low{{end}}", "high"),
        ("{{if $labels.absent}}a{{else}}b{{end}}", "b"),
        ("{{if query \"empty\"}}a{{else}}b{{end}}", "b"),
        ("{{if query \"x\"}}a{{else}}b{{end}}", "a"),
        ("{{if (args 1).arg4}}a{{else}}b{{end}}", "b"),
        ("{{if toTime 0}}a{{end}}", "a"),
        ("{{if .}}a{{end}}", "a"),
        ("{{if args}}a{{else}}b{{end}}", "b"),
        ("{{with $labels.job}}{{.}}{{end}}", "checkout"),
        ("{{with $labels.absent}}{{.}}{{else}}none{{end}}", "none"),
        ("{{with \"\"}}a{{else with \"b\"}}{{.}}{{else}}c{{end}}", "b"),
        ("{{with \"\"}}a{{else}}{{.Value}}{{end}}", "12.5"),
        ("{{with query \"x\" | first}}{{.Value}} {{$value}}{{end}}", "2 12.5"),
    ]

    @Test(arguments: conditions)
    func `a branch is taken by the truth of its value`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let loops: [Expansion] = [
        ("{{range query \"x\"}}{{.Labels.shop}}={{.Value}} {{end}}", "b=2 c=3.5 a=1e+09 "),
        ("{{range query \"x\" | sortByLabel \"shop\"}}{{.Labels.shop}}{{end}}", "abc"),
        ("{{range $i, $s := query \"x\"}}{{if $i}}, {{end}}{{$i}}:{{$s.Value}}{{end}}", "0:2, 1:3.5, 2:1e+09"),
        ("{{range $s := query \"x\"}}{{$s.Labels.shop}}{{end}}", "bca"),
        ("{{range $name, $text := $externalLabels}}{{$name}}={{$text}}{{end}}", "region=north"),
        ("{{range $k, $v := $labels}}{{$k}};{{end}}", "alertname;instance;job;"),
        ("{{range $k, $v := args 1 \"b\" 2.5}}{{$k}}={{$v}} {{end}}", "arg0=1 arg1=b arg2=2.5 "),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{range $i := 3}}{{$i}}{{end}}", "012"),
        ("{{range 0}}a{{else}}b{{end}}", "b"),
        ("{{range -5}}a{{else}}b{{end}}", "b"),
        ("{{range query \"empty\"}}a{{else}}none{{end}}", "none"),
        ("{{range (args 1).arg3}}a{{else}}none{{end}}", "none"),
        ("{{range 10}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}", "012"),
        ("{{range 5}}{{if eq . 1 3}}{{continue}}{{end}}{{.}}{{end}}", "024"),
        ("{{range 2}}{{$o := .}}{{range 5}}{{if eq . 2}}{{break}}{{end}}{{$o}}{{.}} {{end}}{{end}}", "00 01 10 11 "),
        ("{{range 2}}{{with 7}}{{.}}{{continue}}{{end}}x{{end}}", "77"),
        ("{{$n := 0}}{{range 4}}{{$n = .}}{{end}}{{$n}}", "3"),
    ]

    @Test(arguments: loops)
    func `a loop goes over lists, maps by their keys, and numbers`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let templates: [Expansion] = [
        ("{{define \"x\"}}<{{.}}>{{end}}{{template \"x\" 1}}{{template \"x\" \"b\"}}", "<1><b>"),
        ("{{template \"x\" .}}{{define \"x\"}}{{.Value}}{{end}}", "12.5"),
        ("{{define \"x\"}}[{{.}}]{{end}}{{template \"x\"}}", "[<no value>]"),
        (
            "{{define \"line\"}}{{.arg0}} of {{.arg1}}{{end}}{{template \"line\" (args $value \"x\")}}",
            "12.5 of x"
        ),
        ("{{define \"x\"}}{{$}}{{end}}{{template \"x\" 5}}", "5"),
        ("{{block \"x\" 3}}<{{.}}>{{end}}", "<3>"),
        ("{{define \"x\"}}a{{end}}{{define \"x\"}}  {{end}}{{template \"x\"}}", "a"),
        (
            "{{define \"down\"}}{{if .Labels}}{{len .Labels}}{{template \"down\" (args)}}{{end}}{{end}}"
                + "{{range $i, $s := query \"x\"}}{{end}}{{with .}}{{len .Labels}}{{end}}",
            "3"
        ),
        ("{{define \"a\"}}x{{end}}{{$name := \"a\"}}{{tmpl $name .}}", "x"),
        ("{{define \"a\"}}x{{.}}{{end}}{{tmpl \"a\" 1 | toUpper}}", "X1"),
    ]

    @Test(arguments: templates)
    func `templates are called with one value`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    @Test func `the template itself is called by its name`() throws {
        let template = try AlertTemplate(
            "{{if .}}{{with 0}}{{else}}{{template \"me\" \"\"}}{{end}}a{{end}}",
            name: "me"
        )
        #expect(try template.expand(scope()) == "a")
    }

    static let logic: [Expansion] = [
        ("{{and 1 0 2}} {{and 1 2}} {{or 0 \"\" 3}} {{or 0 \"\"}} {{not 0}} {{not \"a\"}}", "0 2 3  true false"),
        ("{{and false (query \"broken\")}} {{or 1 (query \"broken\")}}", "false 1"),
        ("{{0 | or \"\"}} {{5 | and 1}}", "0 5"),
        ("{{eq 1 1}} {{eq 1 2 1}} {{eq \"a\" \"b\"}} {{ne 1 2}} {{eq true true}}", "true true false true true"),
        ("{{lt 1 2}} {{le 2 2}} {{gt 1.5 1.0}} {{ge 1 2}} {{lt \"a\" \"b\"}}", "true true true false true"),
        ("{{eq $labels.absent \"\"}} {{eq .Value 12.5}}", "true true"),
        ("{{eq (args).arg0 nil}} {{eq nil 1}}", "true false"),
        ("{{eq (toTime 0).Weekday 4}} {{eq 'a' 97}}", "true true"),
        ("{{gt (index (query \"x\") 0).Value 1.0}}", "true"),
    ]

    @Test(arguments: logic)
    func `logic stops where it is decided and comparisons are of one kind`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    @Test func `a NaN is greater than any number, as Go has it`() throws {
        let template = "{{gt $value 1.0}} {{lt $value 1.0}} {{eq $value $value}} {{if $value}}true{{end}}"
        #expect(try expanded(template, .nan) == "true false false true")
    }
}
