// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import TestSupport
import Testing
import TimeSeries

@Suite struct `Hostile templates` {
    static let bounds: [(template: String, part: String)] = [
        ("{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\" 1}}", "more than 100 templates deep"),
        ("{{define \"r\"}}{{tmpl \"r\" .}}{{end}}{{template \"r\" 1}}", "more than 100 templates deep"),
        ("{{range 1000000000}}{{end}}", "takes more than 1000000 steps"),
        ("{{range 9223372036854775807}}{{if true}}{{continue}}{{end}}{{end}}", "takes more than 1000000 steps"),
        ("{{range 100000}}{{query \"x\"}}{{end}}", "steps"),
        ("{{range 100000}}0123456789ABCDEF{{end}}", "text longer than 1048576 bytes"),
        ("{{$x := \"ab\"}}{{range 100}}{{$x = print $x $x}}{{end}}", "text longer than 1048576 bytes"),
        ("{{$x := \"ab\"}}{{range 100}}{{$x = printf \"%s%s\" $x $x}}{{end}}", "text longer than 1048576 bytes"),
        ("{{$x := \"<\"}}{{range 100}}{{$x = html (print $x $x)}}{{end}}", "text longer than 1048576 bytes"),
        ("{{$x := args}}{{range 50}}{{$x = args $x $x}}{{end}}{{$x}}", "text longer than 1048576 bytes"),
        ("{{$x := args}}{{range 1000}}{{$x = args $x}}{{end}}", "nested more than 100 deep"),
        ("{{printf \"%1000000d%1000000d\" 1 2}}", "text longer than 1048576 bytes"),
        ("{{printf \"%.1000000f%.1000000f\" 1.0 2.0}}", "text longer than 1048576 bytes"),
        ("{{$x := printf \"%100000d\" 1}}{{reReplaceAll \" \" $x $x}}", "text longer than 1048576 bytes"),
        ("{{$x := printf \"%1000000d\" 1}}{{reReplaceAll \" \" \"\" $x}}", "takes more than 1000000 steps"),
        ("{{$x := printf \"%1000000d\" 1}}{{range 99}}{{(toTime 0).Format $x}}{{end}}", "takes more than"),
        ("{{range 10000}}{{match (print .) \"b\"}}{{end}}", "takes more than 1000000 steps"),
        ("{{$x := printf \"%1000000d\" 1}}{{range 9999}}{{eq $x $x}}{{end}}", "takes more than 1000000 steps"),
    ]

    @Test(arguments: bounds)
    func `end at a bound`(template: String, part: String) {
        let reason = fault(of: template)?.reason
        #expect(reason?.contains(part) == true, "\(reason ?? "no fault")")
    }

    @Test func `a wide field is filled up to the bound and no further`() throws {
        #expect(try expanded("{{printf \"%1000000d\" 1}}").utf8.count == 1_000_000)
        #expect(try expanded("{{printf \"%.1000000f\" 1.0}}").utf8.count == 1_000_002)
        #expect(try expanded("{{printf \"%999999999d\" 1}}").utf8.count < 40)
        #expect(try expanded("{{printf \"%999999999999999999999999.99999999999999f\" 1.0}}").utf8.count < 40)
    }

    @Test func `what is nested too deep is refused when it is read`() {
        for (open, close) in [("{{if 1}}", "{{end}}"), ("{{range 1}}", "{{end}}"), ("{{with 1}}", "{{end}}")] {
            for count in [101, 5_000] {
                let text = String(repeating: open, count: count) + String(repeating: close, count: count)
                #expect(fault(of: text)?.reason == "nested more than 100 deep")
            }
            let text = String(repeating: open, count: 100) + "x" + String(repeating: close, count: 100)
            #expect((try? expanded(text)) == "x")
        }
        let parentheses =
            "{{" + String(repeating: "(", count: 50_000) + "1" + String(repeating: ")", count: 50_000) + "}}"
        #expect(fault(of: parentheses)?.reason == "nested more than 100 deep")
        #expect(fault(of: "{{" + String(repeating: "(", count: 50_000))?.reason == "nested more than 100 deep")
        #expect(fault(of: String(repeating: "{{if 1}}", count: 50_000))?.reason == "nested more than 100 deep")
    }

    @Test func `a chain of branches may be long`() throws {
        let branches = (0..<5_000).map { "{{else if eq $value \($0).25}}\($0)" }.joined()
        #expect(try expanded("{{if false}}\(branches){{else}}none{{end}}") == "none")
    }

    @Test func `templates within templates and loops end at a depth that a stack has room for`() {
        let open = String(repeating: "{{if (((((((((1)))))))))}}", count: 40)
        let text =
            "{{define \"r\"}}\(open){{template \"r\" .}}\(String(repeating: "{{end}}", count: 40)){{end}}{{template \"r\" 1}}"
        #expect(fault(of: text)?.reason == "more than 250 levels deep")
    }

    @Test func `the deepest of all fit on a stack of two megabytes`() {
        let conditions = String(repeating: "{{if (((1)))}}", count: 40)
        let calls = String(repeating: "(print (tmpl \"r\" .) ", count: 45) + "1" + String(repeating: ")", count: 45)
        let templates = [
            "{{define \"r\"}}\(conditions){{template \"r\" .}}\(String(repeating: "{{end}}", count: 40)){{end}}"
                + "{{template \"r\" 1}}",
            "{{define \"r\"}}{{range 1}}{{with \(calls)}}{{end}}{{end}}{{end}}{{template \"r\" 1}}",
            "{{" + String(repeating: "(", count: 101) + "1",
        ]
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            for template in templates where fault(of: template)?.reason.contains("deep") != true {
                Issue.record("\(template)")
            }
            done.signal()
        }
        thread.stackSize = 2 << 20
        thread.start()
        done.wait()
    }

    @Test func `variables may be many and not more`() {
        let declared = String(repeating: "{{$x := 1}}", count: 2_000)
        #expect(fault(of: declared)?.reason == "more than 1000 variables")
        #expect(fault(of: "{{range 2}}\(declared.prefix(11 * 900)){{end}}{{$x := 2}}") == nil)
    }

    private static let seeds = [
        "{{ $labels.instance }} is at {{ $value | humanize }} {{- if gt $value 1.5 }} high{{ else if true }} x{{ end -}} .",
        "{{ range $i, $e := query \"x\" | sortByLabel \"shop\" }}{{ $i }}={{ $e.Labels.shop }}{{ else }}none{{ end }}",
        "{{ define \"a\" }}{{ .arg0 }}-{{ .arg1 | printf \"%05.2f|%q|%x|%-8s\" 1.5 'a' \"z\" }}{{ end }}{{ template \"a\" (args 1 \"2\") }}",
        "{{ with (toTime now).Format \"2006-01-02 15:04:05.000 MST\" }}{{ . }}{{ end }}{{/* c */}}{{ $x := 0x1F }}{{ $x = 1e3 }}",
        "{{ reReplaceAll \"(a+)|b\" \"<$1>\" `aabb` }}{{ match \"^x\" \"y\" }}{{ title \"é b\" }}{{ index (query \"x\") 1 | value }}",
        "{{ slice \"abcdef\" 1 4 }}{{ len $labels }}{{ and 1 0 }}{{ or nil 2 }}{{ block \"b\" . }}{{ .Value }}{{ end }}{{ break }}",
        "{{ humanizeDuration -1.5 }} {{ toDuration 1e9 }} {{ parseDuration \"1h\" }} {{ stripDomain \"[::1]:8\" }} {{ tmpl \"b\" 1 }}",
    ]

    @Test func `are read and expanded or refused, whatever is changed in them`() {
        var random = SeededRandom(for: "templates changed at random")
        let spice =
            ["{{", "}}", "{{-", "-}}", "/*", "*/", "(", ")", "|", "$", ".", ",", ":=", "=", "\"", "`", "'", "\\", "%"]
            + [
                "-", "+", "0", "9", "1e308", "x", "_", "é", "\u{0}", "\n", " ", "end", "else", "if", "range", "nil",
                "args",
            ]
            + [
                "printf", "index", "slice", "$value", "$labels", ".Labels", "query", "first", "9223372036854775807",
                "[", "*",
            ]
        var refused = 0
        for _ in 0..<6_000 {
            var bytes = Array(`Hostile templates`.seeds[random.below(`Hostile templates`.seeds.count)].utf8)
            for _ in 0...random.below(5) {
                let index = random.below(bytes.count + 1)
                let piece = Array(spice[random.below(spice.count)].utf8)
                switch random.below(4) {
                case 0: bytes.insert(contentsOf: piece, at: index)
                case 1: bytes.removeSubrange(index..<min(bytes.count, index + random.below(9)))
                case 2: bytes.replaceSubrange(index..<min(bytes.count, index + piece.count), with: piece)
                default:
                    let end = min(bytes.count, index + random.below(20))
                    bytes.insert(contentsOf: Array(bytes[index..<end]), at: random.below(bytes.count + 1))
                }
            }
            let template = String(decoding: bytes, as: UTF8.self)
            guard let error = fault(of: template) else { continue }
            refused += 1
            let lines = template.utf8.filter { $0 == 0x0A }.count + 1
            guard (1...lines).contains(error.line), !error.reason.isEmpty else {
                Issue.record("\(template): \(error)")
                return
            }
        }
        #expect(refused > 100 && refused < 6_000)
    }

    @Test func `made of words at random they end too`() {
        var random = SeededRandom(for: "templates made at random")
        let words =
            ["{{if 1}}", "{{range 3}}", "{{range query \"x\"}}", "{{with $labels}}", "{{else}}", "{{end}}", "{{end}}"]
            + [
                "{{break}}", "{{continue}}", "{{define \"a\"}}", "{{template \"a\" .}}", "{{block \"b\" .}}", "{{.}}",
                "x",
            ]
            + [
                "{{$x := .}}", "{{$x = args $x .}}", "{{$x}}", "{{printf \"%v %d %s %q %x\" . . . . .}}",
                "{{print . $}}",
            ]
            + [
                "{{index . 0}}", "{{len .}}", "{{.Value}}", "{{.Labels.a}}", "{{humanize .}}", "{{not .}}",
                "{{tmpl \"a\" 1}}",
            ]
        for _ in 0..<3_000 {
            let template = (0..<random.below(25)).map { _ in words[random.below(words.count)] }.joined()
            _ = fault(of: template)
        }
    }

    @Test func `printf takes any format and any value`() {
        var random = SeededRandom(for: "formats made at random")
        let pieces = Array("%%%%#0+- .*[1]239vTdsqxXobOUcefgGEtzé")
        let values = [
            "1", "-5", "1.5", "\"a é\"", "true", "nil", "$labels", "(query \"x\")", "(toTime 1)", "(args 1)", ".",
        ]
        for _ in 0..<5_000 {
            let format = String((0..<random.below(12)).map { _ in pieces[random.below(pieces.count)] })
            let arguments = (0..<random.below(4)).map { _ in values[random.below(values.count)] }.joined(separator: " ")
            #expect(fault(of: "{{printf `\(format)` \(arguments)}}")?.reason.contains("longer") != false)
        }
    }
}
