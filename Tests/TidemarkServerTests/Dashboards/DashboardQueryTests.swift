// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL
@testable import TidemarkServer

@Suite struct DashboardQueryTests {
    @Test func `variables and macros are put in as Grafana does`() {
        let text =
            #"rate(x{campaign=~"$campaign",a=~"${b:regex}"}[$__rate_interval]) + y[$__range:$__interval] + $unknown"#
        let filled = DashboardQuery.filledIn(
            text,
            choices: ["campaign": ["one"], "b": []],
            window: .seconds(86_400),
            step: .seconds(300)
        )
        #expect(filled == #"rate(x{campaign=~"one",a=~".*"}[315s]) + y[86400s:300s] + $unknown"#)
        let fine = DashboardQuery.filledIn(
            "$__rate_interval $__interval",
            choices: [:],
            window: .seconds(0),
            step: .zero
        )
        #expect(fine == "60s 1s")
        #expect(DashboardQuery.filledIn("a$", choices: [:], window: .zero, step: .zero) == "a$")
        #expect(DashboardQuery.filledIn("${a", choices: ["a": []], window: .zero, step: .zero) == "${a")
    }

    /// Whatever a campaign is called, it is what the query asks for, and no more than that.
    @Test(arguments: [
        "spring", "a.b", "a|b", "(", "[x]{2}", "a\\b", "\\", "quo\"te", #"\""#, "line\nend", "$campaign", "^é$", "a+*?",
        #"x"} or vector(1) or y{a="#,
    ])
    func `a value is matched as it is`(value: String) throws {
        for values in [[value], [value, "other"]] {
            let text = DashboardQuery.filledIn(
                #"x{campaign=~"$campaign"}"#,
                choices: ["campaign": values],
                window: .seconds(3_600),
                step: .seconds(60)
            )
            let selectors = try QueryEngine.parse(text).selectors
            #expect(selectors.count == 1)
            let matcher = try #require(selectors.first?.matchers.first { $0.name == "campaign" })
            for value in values { #expect(matcher.matches(value), "\(text)") }
            #expect(!matcher.matches(value + "x") && !matcher.matches("") && !matcher.matches("spring-05"))
        }
    }

    @Test func `the query of a variable is read`() {
        let read = DashboardQuery.labelValues(#"label_values(x{a=~"$b",c="d"}, region)"#)
        #expect(read == .init(selector: #"x{a=~"$b",c="d"}"#, label: "region"))
        #expect(DashboardQuery.labelValues("label_values(x,a)") == .init(selector: "x", label: "a"))
        for text in [
            "", "label_values(x)", "label_names()", "query_result(up)", "label_values(x, a b)", "label_values(x, )",
        ] {
            #expect(DashboardQuery.labelValues(text) == nil)
        }
    }
}
