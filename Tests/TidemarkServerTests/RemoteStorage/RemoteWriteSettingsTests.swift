// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries
import YAML

@testable import TidemarkServer

@Suite struct `The key remote_write` {
    private func read(_ yaml: String) throws -> [RemoteWriteSettings] {
        try RemoteWriteSettings.list(yaml: try YAMLValue.parse(yaml, file: "t.yml"), folder: "")
    }

    @Test func `needs a URL and nothing else`() throws {
        let settings = try #require(try read("[{url: 'http://u:p@h:9090/api/v1/write'}]").first)
        #expect(settings.name == "http://h:9090/api/v1/write")
        #expect(settings.version == .v1 && settings.batchSamples == 2_000 && settings.settle == .seconds(60))
        #expect(settings.endpoint.timeout == .seconds(30) && settings.externalLabels == nil && settings.from == nil)
    }

    @Test func `can say everything`() throws {
        let settings = try #require(
            try read(
                """
                - name: vm
                  url: http://h/api/v1/write
                  timeout: 3s
                  bearer_token: t
                  headers: {X-Scope-OrgID: a}
                  send: v2
                  external_labels: {site: a}
                  keep: campaign_.*
                  drop: .*_bucket
                  batch_samples: 100
                  settle: 0s
                  from: 2026-03-01T00:00:00Z
                """
            ).first
        )
        #expect(settings.name == "vm" && settings.version == .v2 && settings.externalLabels == ["site": "a"])
        #expect(settings.endpoint.timeout == .seconds(3) && settings.endpoint.authorization == .bearer(.text("t")))
        #expect(settings.endpoint.headers == ["X-Scope-OrgID": .text("a")])
        #expect(settings.matchers.allSatisfy { $0.matches("campaign_clicks_total") })
        #expect(!settings.matchers.allSatisfy { $0.matches("campaign_x_bucket") })
        #expect(settings.batchSamples == 100 && settings.settle == .zero)
        #expect(settings.from == Timestamp(seconds: 1_772_323_200))
    }

    @Test(arguments: [
        ("[{name: a}]", "url"), ("[{url: 'h:1'}]", "not a URL"), ("[{url: http://h, send: v3}]", "neither v1 nor v2"),
        ("[{url: http://h}, {url: http://h}]", "given twice"), ("[{url: http://h, keep: '('}]", "missing closing"),
        ("[{url: http://h, headers: {User-Agent: x}}]", "cannot be set"), ("[{url: http://h, from: x}]", "not a time"),
        ("[{url: http://h, headers: {Content-Encoding: x}}]", "cannot be set"),
        ("[{url: http://h, batch_samples: 0}]", "1 to 1000000"), ("[{url: http://h, queue: 5}]", "queue"),
        ("[{url: http://h, external_labels: {__name__: x}}]", "not a label name"),
    ])
    func `is refused with a reason`(yaml: String, reason: String) {
        let error = #expect(throws: FileError.self) { try read(yaml) }
        #expect(
            error.map { "\($0)".contains(reason) && "\($0)".hasPrefix("t.yml:1") } == true,
            "\(String(describing: error))"
        )
    }
}
