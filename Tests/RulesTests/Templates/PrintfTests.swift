// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@Suite struct `The verbs of printf` {
    static let integers: [Expansion] = [
        (#"printf "%d|%5d|%-5d|%05d|%+d|% d" 42 42 42 42 42 42"#, "42|   42|42   |00042|+42| 42"),
        (#"printf "%d|%5d|%05d|%.4d|%6.3d" -7 -7 -7 -7 -7"#, "-7|   -7|-0007|-0007|  -007"),
        (#"printf "%x|%X|%#x|%08x|%x" 255 255 255 255 -255"#, "ff|FF|0xff|000000ff|-ff"),
        (#"printf "%o|%#o|%O|%b|%#b" 8 8 8 5 5"#, "10|010|0o10|101|0b101"),
        (#"printf "%c|%q|%U|%#U|%U" 'x' 'x' 'x' 'x' 0x1F600"#, "x|'x'|U+0078|U+0078 'x'|U+1F600"),
        (#"printf "%c|%c" -1 1114112"#, "\u{FFFD}|\u{FFFD}"),
        (#"printf "[%.0d][%3.0d]" 0 0"#, "[][   ]"),
        (#"printf "%v|%3v|%T" 7 7 7"#, "7|  7|int"),
        (#"printf "%*d|%-*d|%*d" 5 1 4 2 -4 3"#, "    1|2   |3   "),
        (#"printf "%[2]d %[1]d %d" 1 2"#, "2 1 2"),
    ]

    static let floats: [Expansion] = [
        (
            #"printf "%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.1f" 3.14159 3.14159 3.14159 3.14159 -3.14159 2.0"#,
            "3.141590|3.14|    3.14|3.14    |-0003.14|+2.0"
        ),
        (#"printf "%e|%.2e|%E" 123456.789 123456.789 0.5"#, "1.234568e+05|1.23e+05|5.000000E-01"),
        (#"printf "%g|%.3g|%G|%v" 1e6 123456.0 1e-7 1e21"#, "1e+06|1.23e+05|1E-07|1e+21"),
        (#"printf "%.0f %.0f %.0f" 0.5 1.5 2.5"#, "0 2 2"),
        (#"printf "%.3g|%#.3g" 1.0 1.0"#, "1|1.00"),
        (#"printf "%5.1f%%" 12.345"#, " 12.3%"),
        (
            #"printf "%x|%X|%.2x|%x|%x" 1.5 1.0 1.5 0.0 -0.1"#,
            "0x1.8p+00|0X1P+00|0x1.80p+00|0x0p+00|-0x1.999999999999ap-04"
        ),
        (#"printf "%.0x|%.0X|%#x|%.1x" 1e6 123456.789 1.5 1.96875"#, "0x1p+20|0X1P+17|0x1.8000p+00|0x1.0p+01"),
        (#"printf "%#g|%#g|%#.0f|%#g" 1.5 123456.789 2.0 0.0"#, "1.50000|123456.789|2.|0.00000"),
        (#"printf "%b" 1.0"#, "4503599627370496p-52"),
        (#"printf "% f|%6.2v|%T" 1.0 3.14159 1.5"#, " 1.000000|   3.1|float64"),
        (#"printf "%.30f" 0.1"#, "0.100000000000000005551115123126"),
    ]

    static let texts: [Expansion] = [
        (#"printf "%s|%5s|%-5s|%.2s|%q|%v" "abc" "abc" "abc" "abc" "a\"b" "abc""#, #"abc|  abc|abc  |ab|"a\"b"|abc"#),
        (#"printf "%5s|%.1s" "é" "éa""#, "    é|é"),
        (#"printf "%x|%X|% x|%#x" "hi" "hi" "hi" "hi""#, "6869|6869|68 69|0x6869"),
        (#"printf "%#q|%+q" "ab" "é""#, #"`ab`|"\u00e9""#),
        (#"printf "%t|%v|%5t" true false true"#, "true|false| true"),
        (#"printf "%v|%s" nil nil"#, "<nil>|%!s(<nil>)"),
        (#"printf "%v|%+v" $externalLabels $externalLabels"#, "map[region:north]|map[region:north]"),
        (#"printf "%q|%T" $externalLabels $labels"#, #"map["region":"north"]|map[string]string"#),
        (#"printf "%v" (args 1 nil)"#, "map[arg0:1 arg1:<nil>]"),
        (#"printf "%s|%v" (toDuration 90) (toTime 0).Month"#, "1m30s|January"),
        (#"printf "%d" (toTime 0).Month"#, "1"),
        ("printf \"\"", ""),
        (#"printf "%%|%5%|100%%""#, "%|%|100%"),
    ]

    static let misfits: [Expansion] = [
        (#"printf "%d" "x""#, "%!d(string=x)"),
        (#"printf "%s" 5"#, "%!s(int=5)"),
        (#"printf "%d" 1.5"#, "%!d(float64=1.5)"),
        (#"printf "%t" 1"#, "%!t(int=1)"),
        (#"printf "%s %s" "a""#, "a %!s(MISSING)"),
        (#"printf "a" 1 "b" nil"#, "a%!(EXTRA int=1, string=b, <nil>)"),
        (#"printf "%z" 1"#, "%!z(int=1)"),
        (#"printf "50%""#, "50%!(NOVERB)"),
        (#"printf "%[5]d" 1"#, "%!d(BADINDEX)"),
        (#"printf "%[x]d" 1"#, "%!d(BADINDEX)"),
        (#"printf "%*d" "a" 1"#, "%!(BADWIDTH)1"),
        (#"printf "%.*d" -1 1"#, "%!(BADPREC)1"),
        (#"printf "%999999999d" 1"#, "%!(NOVERB)%!(EXTRA int=1)"),
        (#"printf "%100000001d" 1"#, "%!(NOVERB)%!(EXTRA int=1)"),
        (#"printf "%*d" 99999999 1"#, "%!(BADWIDTH)1"),
        (#"printf "%f|%v" (toTime 0).Month (toTime 0).Month"#, "%!f(time.Month=1)|January"),
        (#"printf "%+v|%#v|%#.2v|%#f" 7 "ab" "abc" "ab""#, #"7|"ab"|"ab"|%!f(string=ab)"#),
        (#"printf "%#v|%#U|%#O" $externalLabels 1 8"#, #"map[string]string{"region":"north"}|U+0001|0o010"#),
        (#"printf "%.0T|%.3T" nil 1.5"#, "<nil>|flo"),
        (#"printf "%d" $externalLabels"#, "map[%!d(string=region):%!d(string=north)]"),
    ]

    @Test(arguments: integers + floats + texts + misfits)
    func `write what Go's do`(call: String, result: String) throws {
        #expect(try expanded("{{\(call)}}") == result)
    }

    @Test func `numbers beyond all numbers keep their sign and get no zeros`() throws {
        let template = #"{{printf "%f|%06.1f|%+g|%v|%d" . . . . .}}"#
        func printed(_ value: Double) throws -> String {
            try expanded("{{with $value}}\(template){{end}}", value)
        }
        #expect(try printed(.infinity) == "+Inf|  +Inf|+Inf|+Inf|%!d(float64=+Inf)")
        #expect(try printed(-.infinity) == "-Inf|  -Inf|-Inf|-Inf|%!d(float64=-Inf)")
        #expect(try printed(.nan) == "NaN|   NaN|+NaN|NaN|%!d(float64=NaN)")
    }

    static let prints: [Expansion] = [
        (#"print 1 2 "a" "b" 3 true"#, "1 2ab3 true"),
        (#"print "a" 1 "b""#, "a1b"),
        ("print nil", "<nil>"),
        (#"println "a" 1 "b""#, "a 1 b\n"),
        (#"html "<a href='x'>&\"</a>""#, "&lt;a href=&#39;x&#39;&gt;&amp;&#34;&lt;/a&gt;"),
        (#"js "it's \"<x>\" & y=\n""#, #"it\'s \"\u003Cx\u003E\" \u0026 y\u003D\u000A"#),
        (#"urlquery "a b&c=é" 1"#, "a+b%26c%3D%C3%A91"),
        (#"html (args).arg0"#, "&lt;no value&gt;"),
        (#"safeHtml "<b>""#, "<b>"),
        (#"len "é""#, "2"),
        (#"index "abc" 1"#, "98"),
        (#"slice "abcdef" 1 3"#, "bc"),
        (#"slice "abcdef" 4"#, "ef"),
        (#"len (slice (query "x") 1)"#, "2"),
        (#"index $labels "job""#, "checkout"),
        (#"index (args (args 1 "in")) "arg0" "arg1""#, "in"),
    ]

    @Test(arguments: prints)
    func `the other functions of Go print and take apart`(call: String, result: String) throws {
        #expect(try expanded("{{\(call)}}") == result)
    }
}
