// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@Suite struct `Prometheus's functions in templates` {
    static let queries: [Expansion] = [
        ("{{query \"x\" | first | value}}", "2"),
        ("{{query \"x\" | first | label \"shop\"}}", "b"),
        ("[{{query \"x\" | first | label \"absent\"}}]", "[]"),
        ("{{query \"x\" | first | strvalue}}", "two"),
        ("{{query \"x\" | len}}", "3"),
        ("{{query \"x\" | sortByLabel \"shop\" | first | label \"shop\"}}", "a"),
        ("{{query \"x\" | sortByLabel \"absent\" | first | label \"shop\"}}", "b"),
        ("{{with query \"x\"}}{{. | first | value | humanize}}{{end}}", "2"),
        ("{{printf \"clicks{job='%s'}\" $labels.job | query | len}}", "3"),
        ("{{query \"x\" | first}}", "{map[__name__:clicks __value__:two shop:b] 2}"),
        ("{{(query \"x\" | first).Labels.__name__}}", "clicks"),
    ]

    @Test(arguments: queries)
    func `queries are asked and their answers taken apart`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let texts: [Expansion] = [
        ("{{toUpper \"aB é ß ŉ\"}}", "AB É ß ŉ"),
        ("{{toLower \"Ab É\"}}", "ab é"),
        ("{{title \"aa bb-cc d_e é.f 1a it's\"}}", "Aa Bb-Cc D_e É.F 1a It'S"),
        ("{{stripPort \"shop.example.org:9100\"}}", "shop.example.org"),
        ("{{stripPort \"shop.example.org\"}}", "shop.example.org"),
        ("{{stripPort \"[2001:db8::1]:9100\"}}", "2001:db8::1"),
        ("{{stripPort \"2001:db8::1\"}}", "2001:db8::1"),
        ("{{stripPort \"[2001:db8::1]::9100\"}}", "[2001:db8::1]::9100"),
        ("{{stripPort \"[::1]\"}} {{stripPort \"a]:1\"}} {{stripPort \":80\"}}", "[::1] a]:1 "),
        ("{{$labels.instance | stripPort | stripDomain}}", "shop-1"),
        ("{{stripDomain \"shop.example.org:9100\"}}", "shop:9100"),
        ("{{stripDomain \"192.0.2.1\"}} {{stripDomain \"192.0.2.1:80\"}}", "192.0.2.1 192.0.2.1:80"),
        ("{{stripDomain \"[2001:db8::1]:80\"}} {{stripDomain \"::1\"}}", "[2001:db8::1]:80 ::1"),
        ("{{stripDomain \"localhost\"}} {{stripDomain \"1.2.3.4.5\"}}", "localhost 1"),
    ]

    @Test(arguments: texts)
    func `texts and addresses are cut as Go does`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let links: [Expansion] = [
        ("{{graphLink \"rate(x[5m]) > 1\"}}", "/graph?g0.expr=rate%28x%5B5m%5D%29+%3E+1&g0.tab=0"),
        ("{{tableLink \"up\"}}", "/graph?g0.expr=up&g0.tab=1"),
        ("{{urlQueryEscape \"a/b c~é\"}}", "a%2Fb+c~%C3%A9"),
        ("{{externalURL}}", "https://metrics.example.org:9090/tide%20mark"),
        ("{{pathPrefix}}", "/tide mark"),
    ]

    @Test(arguments: links)
    func `links lead to Prometheus's pages`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let expressions: [Expansion] = [
        ("{{match \"a+\" \"xaay\"}} {{match \"^a\" \"ba\"}} {{match \"\" \"\"}}", "true false true"),
        (#"{{match `^shop-\d+\.` $labels.instance}}"#, "true"),
        ("{{match \"a.b\" \"a\\nb\"}} {{match \"(?s)a.b\" \"a\\nb\"}}", "false true"),
        ("{{reReplaceAll \"(a)b\" \"x$1\" \"ab\"}}", "xa"),
        ("{{reReplaceAll `(\\w+)@(\\w+)` \"$2 at ${1}\" \"me@here, you@there\"}}", "here at me, there at you"),
        ("{{reReplaceAll \"(?P<n>[0-9]+)\" \"<$n>\" \"a1b22\"}}", "a<1>b<22>"),
        ("{{reReplaceAll \"a*\" \"-\" \"baac\"}}", "-b-c-"),
        ("{{reReplaceAll \"\" \"-\" \"éa\"}}", "-é-a-"),
        ("{{reReplaceAll \"^a\" \"-\" \"aaa\"}}", "-aa"),
        ("{{reReplaceAll `\\b` \"|\" \"ab cd\"}}", "|ab| |cd|"),
        ("{{reReplaceAll \"(?m)^\" \"> \" \"a\\nb\"}}", "> a\n> b"),
        ("{{reReplaceAll \"a|ab\" \"x\" \"abab\"}}", "xbxb"),
        ("{{reReplaceAll `\\Q.` \"x\" \"a.b\"}}", "axb"),
        ("{{reReplaceAll \"(b)|a\" \"[$1]\" \"ab\"}}", "[][b]"),
        ("{{reReplaceAll \"a\" \"$$ $x $9 $\" \"a\"}}", "$   $"),
        ("{{reReplaceAll \"x\" \"y\" \"abc\"}}", "abc"),
        ("{{reReplaceAll \".*\" \"y\" \"abc\"}}", "y"),
    ]

    @Test(arguments: expressions)
    func `regular expressions are looked for anywhere`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    @Test func `an annotation as rules have them`() throws {
        let template = """
            {{- with printf "clicks{job='%s'}" $labels.job | query -}}
            {{- range $i, $s := . | sortByLabel "shop" -}}
            {{if $i}}, {{end}}{{$s.Labels.shop | toUpper}} {{$s | value | humanize}}
            {{- end -}}
            {{- else}}nothing{{end}} at {{$labels.instance | stripPort}}: {{printf "%.1f" $value}} (> {{humanize1024 4096}})
            """
        #expect(try expanded(template) == "A 1G, B 2, C 3.5 at shop-1.example.org: 12.5 (> 4ki)")
    }
}
