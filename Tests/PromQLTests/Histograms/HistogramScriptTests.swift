// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing

/// What Prometheus's own scripts leave out, in their language.
@Suite struct HistogramScriptTests {
    private func run(_ script: String) {
        let outcome = ScriptRunner().run(script, file: "histograms")
        #expect(outcome.passed > 0)
        for failure in outcome.failures { Issue.record("\(failure)") }
    }

    @Test func `the quantile may be another one at each step`() {
        run(
            """
            load 1m
              h_bucket{le="1"} 10x3
              h_bucket{le="2"} 20x3
              h_bucket{le="+Inf"} 20x3
              share 0.25 0.5 0.75

            eval range from 0 to 2m step 1m histogram_quantile(scalar(share), h_bucket)
              {} 0.5 1 1.5

            eval range from 0 to 2m step 1m histogram_quantiles(h_bucket, "q", scalar(share), 1)
              {q="0.25"} 0.5 _ _
              {q="0.5"} _ 1 _
              {q="0.75"} _ _ 1.5
              {q="1.0"} 2 2 2
            """
        )
    }

    @Test func `a series that is classic at first and native later is one series`() {
        run(
            """
            load 1m
              h{le="1"} 10 10 stale
              h{le="+Inf"} 10 10 stale
              h _ _ {{schema:0 count:4 sum:4 buckets:[4]}} {{schema:0 count:4 sum:4 buckets:[4]}}

            eval range from 0 to 3m step 1m histogram_quantile(1, h)
              expect no_warn
              {} 1 1 1 1

            eval range from 0 to 3m step 1m histogram_fraction(0, 1, h)
              {} 1 1 1 1
            """
        )
    }

    @Test func `where both are there neither counts, elsewhere they do`() {
        run(
            """
            load 1m
              h{le="1"} 10 10 10
              h{le="+Inf"} 10 10 10
              h _ {{schema:0 count:4 sum:4 buckets:[4]}} stale

            eval range from 0 to 2m step 1m histogram_quantile(1, h)
              expect warn msg: PromQL warning: vector contains a mix of classic and native histograms for metric name "h" (1:23)
              {} 1 _ 1
            """
        )
    }

    @Test func `fixes of all steps and quantiles are one info`() {
        run(
            """
            load 1m
              h_bucket{le="1"} 10x5
              h_bucket{le="2"} 4 5 6 7 8
              h_bucket{le="+Inf"} 20x5

            eval range from 0 to 4m step 1m histogram_quantiles(h_bucket, "q", 0.5, 0.25)
              expect info msg: PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name "h_bucket", from buckets 2 to 2, with a max diff of 6, over 10 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:04:00Z (1:21)
              {q="0.5"} 1x4
              {q="0.25"} 0.5x4
            """
        )
    }

    @Test func `start timestamps tell of resets of histograms`() {
        run(
            """
            load 1m
              h@st _ -30s -90s -30s
              h _ {{count:5 sum:5 buckets:[5]}} {{count:5 sum:5 buckets:[5]}} {{count:6 sum:6 buckets:[6]}}

            eval instant at 3m resets(h[3m])
              {} 1

            eval instant at 3m irate(h[3m])
              {} {{count:0.1 sum:0.1 buckets:[0.1] counter_reset_hint:gauge}}
            """
        )
    }

    @Test func `a quantile's label takes the place of one that is there`() {
        run(
            """
            load 1m
              h{q="x", a="b"} {{schema:0 count:4 sum:4 buckets:[4]}}

            eval instant at 0 histogram_quantiles(h, "q", 1)
              {a="b", q="1.0"} 1

            eval instant at 0 histogram_quantiles(h, "q", 1, 1.0)
              expect fail
            """
        )
    }
}
