// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing
import Tidemark

@testable import TidemarkServer

/// Whether a shell command succeeds, given `input`.
private func succeeds(_ command: String, input: ByteBuffer = ByteBuffer()) -> Bool {
    guard let pipe = popen("(\(command)) >/dev/null 2>&1", "w") else { return false }
    input.withUnsafeReadableBytes { _ = fwrite($0.baseAddress, 1, $0.count, pipe) }
    return pclose(pipe) == 0
}

/// The page as others read it.
@Suite struct PageReadersTests {
    private func page(_ format: PageFormat) -> ByteBuffer {
        var totals = FakeTotals()
        totals.add(
            "campaign_clicks_total",
            help: "Clicks on \"ads\" \\ more.",
            [
                .init(labels: #"{campaign="a",region="eu"}"#, units: 46),
                .init(labels: #"{campaign="quote \" backslash \\ newline \n é"}"#, units: 1),
            ]
        )
        totals.add("campaign_conversions_total", help: "None yet.", [])
        totals.add("campaign_spend_total", help: "Money.", decimals: 6, [.init(labels: "", units: 1_234_500)])
        let endpoint = MetricsEndpoint(store: FakeStore(totals: totals), counters: RequestCounters(), maximumScrapes: 1)
        return endpoint.render(format)
    }

    @Test(.enabled("promtool is not installed") { succeeds("promtool --version") })
    func `promtool has no complaint about the text page`() {
        #expect(succeeds("promtool check metrics", input: page(.text)))
    }

    @Test(.enabled("prometheus_client is not installed") { succeeds("python3 -c 'import prometheus_client'") })
    func `prometheus_client reads both pages`() {
        let read = { (module: String) in
            "python3 -c 'import sys; from \(module).parser import text_string_to_metric_families as f; "
                + "list(f(sys.stdin.read()))'"
        }
        #expect(succeeds(read("prometheus_client"), input: page(.text)))
        #expect(succeeds(read("prometheus_client.openmetrics"), input: page(.openMetrics)))
    }
}
