// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark

@testable import TidemarkServer

@Suite struct PageAddressTests {
    private static let now = Timestamp(seconds: 1_767_657_600)

    private static func address(_ query: String) throws -> PageAddress {
        let defaults = Dashboard.TimeRange(from: "now-7d", to: "now")
        return PageAddress(RequestParameters(fields: try formFields(query.utf8)), defaults: defaults)
    }

    @Test func `times are told from now, or exactly`() throws {
        let week = try Self.address("").window(now: Self.now)
        #expect(week.upperBound == Self.now && week.lowerBound == Timestamp(seconds: 1_767_657_600 - 604_800))
        let hours = try Self.address("from=now-6h&to=now-90m").window(now: Self.now)
        #expect(hours.lowerBound == Timestamp(seconds: 1_767_657_600 - 21_600))
        #expect(hours.upperBound == Timestamp(seconds: 1_767_657_600 - 5_400))
        let exact = try Self.address("from=1767571200000&to=2026-01-06T00:00:00Z").window(now: Self.now)
        #expect(exact == Timestamp(seconds: 1_767_571_200)...Self.now)
    }

    @Test(arguments: [
        "from=yesterday", "from=now%2B1d", "from=now-7y", "from=now-d", "from=now--1d", "from=now-99999d",
        "from=now-4000d",
        "from=now&to=now-1h", "from=now", "to=NaN", "from=9223372036854775807", "from=-9223372036854775808&to=now",
        "from=1e300",
    ])
    func `what is no time is refused`(query: String) throws {
        let address = try Self.address(query)
        #expect(throws: APIError.self) { try address.window(now: Self.now) }
    }

    @Test func `choices are Grafana's, and all is no choice`() throws {
        let address = try Self.address(
            "var-campaign=a&var-campaign=b%26c&var-channel=&var-region=$__all&var-x=All&row=7&row=x"
        )
        #expect(address.choices == ["campaign": ["a", "b&c"]])
        #expect(address.open == [7])
        let again = try Self.address(address.text(open: address.open.union([9])))
        #expect(again.choices == address.choices && again.open == [7, 9] && again.from == "now-7d")
    }

    @Test func `links lead to pages or to the web, and nowhere else`() throws {
        let address = try Self.address("from=now-2d")
        let value = #"a&b"><script>"#
        let template = "/d/x?var-campaign=${__value.raw:percentencode}&${datasource:queryparam}&${__url_time_range}"
        #expect(
            address.filledIn(template, value: value) == "/d/x?var-campaign=a%26b%22%3E%3Cscript%3E&from=now-2d&to=now"
        )
        #expect(address.filledIn("https://a.example/${__value.raw}.md", value: "../x") == "https://a.example/..%2Fx.md")
        for template in ["javascript:alert(1)", "${__value.raw}", "//evil.example", "data:text/html,x"] {
            #expect(address.filledIn(template, value: "javascript:alert(1)") == nil)
        }
    }
}
