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

        page.histogram(
            "tidemark_query_duration_seconds",
            help: "Time of a query from its arrival to its answer.",
            bounds: QueryCounters.bounds,
            counts: durations,
            sum: seconds
        )
        page.family(
            "tidemark_query_samples_total",
            help: "Samples that queries have read, since the start.",
            kind: .counter,
            String(samples)
        )
        page.family(
            "tidemark_queries_running",
            help: "Requests of the query API on a thread now.",
            kind: .gauge,
            String(running)
        )
        page.family(
            "tidemark_queries_waiting",
            help: "Requests of the query API that wait for a thread now.",
            kind: .gauge,
            String(waiting)
        )
    }
}
