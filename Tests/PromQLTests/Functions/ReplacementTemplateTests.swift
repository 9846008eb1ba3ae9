// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite("Replacement templates")
struct ReplacementTemplateTests {
    /// What Go's `Regexp.Expand` makes of templates for `(?P<first>a+)(b)?(c*)` in "aac": $2 takes no part, $3 is "c".
    static let cases: [(template: String, result: String)] = [
        ("", ""),
        ("x", "x"),
        ("$0", "aac"),
        ("$1", "aa"),
        ("<${1}>", "<aa>"),
        ("$1$3", "aac"),
        ("$2", ""),
        ("[$9]", "[]"),
        ("$first", "aa"),
        ("${first}s", "aas"),
        ("$firsts", ""),
        ("$1x", ""),
        ("${1}x", "aax"),
        ("$1-x", "aa-x"),
        ("$$1", "$1"),
        ("$$$1", "$aa"),
        ("$", "$"),
        ("a$", "a$"),
        ("$-", "$-"),
        ("${", "${"),
        ("${}", "${}"),
        ("${1", "${1"),
        ("${1-}", "${1-}"),
        ("$01", ""),
        ("$0000000001", ""),
        ("$99999999999999999999", ""),
        ("é$1é", "é"),
        ("é${1}é", "éaaé"),
        ("$_", ""),
    ]

    @Test("Groups stand where the template names them, and nowhere else", arguments: cases)
    func expand(_ template: String, _ result: String) throws {
        let expression = try #require(CapturingExpression("(?P<first>a+)(b)?(c*)"))
        let groups = try #require(expression.groups(in: "aac"))
        let made = ReplacementTemplate(template, groupNames: expression.groupNames)
        #expect(made.expand(groups, in: "aac", atMost: 100) == result)
    }

    @Test("A pattern matches whole values, its dot line feeds too; groups are bytes")
    func groups() throws {
        let expression = try #require(CapturingExpression("é(.*)x"))
        #expect(expression.groups(in: "é1\n2x") == [0..<6, 2..<5])
        #expect(expression.groups(in: "é1xy") == nil)
        #expect(try #require(CapturingExpression("(.*)")).groups(in: "") == [0..<0, 0..<0])
        #expect(CapturingExpression("(.*") == nil)
    }
}
