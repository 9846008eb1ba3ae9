// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension QueryCounters.Counts {
    /// Appends the families of queries. Every result is always there, from 0 on.
    func append(to page: inout PageText) {
        let total = "tidemark_queries_total"
        page.beginFamily(total, help: "PromQL queries by result, since the start.", kind: .counter)
        for result in QueryCounters.results {
            page.sample(total, labels: ["result": result], String(results[result] ?? 0))
        }

        let duration = "tidemark_query_duration_seconds"
        page.beginFamily(duration, help: "Time of a query from its arrival to its answer.", kind: .histogram)
        var cumulative: UInt64 = 0
        for (bound, count) in zip(QueryCounters.bounds, durations) {
            cumulative += count
            page.sample(duration + "_bucket", labels: ["le": page.bucketBound(bound)], String(cumulative))
        }
        let all = durations.reduce(0, +)
        page.sample(duration + "_bucket", labels: ["le": "+Inf"], String(all))
        page.sample(duration + "_sum", doubleText(seconds))
        page.sample(duration + "_count", String(all))

        let read = "tidemark_query_samples_total"
        page.beginFamily(read, help: "Samples that queries have read, since the start.", kind: .counter)
        page.sample(read, String(samples))
        page.beginFamily("tidemark_queries_running", help: "Requests of the query API on a thread now.", kind: .gauge)
        page.sample("tidemark_queries_running", String(running))
        page.beginFamily(
            "tidemark_queries_waiting",
            help: "Requests of the query API that wait for a thread now.",
            kind: .gauge
        )
        page.sample("tidemark_queries_waiting", String(waiting))
    }
}
