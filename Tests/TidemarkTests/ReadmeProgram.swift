// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Tidemark

/// The program of the README without its first lines, which name the directory. `ReadmeTests` compares the two.
func readmeProgram(_ directory: String) throws {
    // begin: README
    let store = try MetricsStore.open(at: directory, definitions: MetricDefinition.shipped)
    try store.record([
        Event("impression", id: "i-1", ["campaign": "spring", "device": "mobile"]),
        Event("impression", id: "i-2", ["campaign": "spring", "device": "mobile"]),
        Event("click", id: "c-1", ["campaign": "spring", "device": "mobile", "cost": 0.25]),
    ])
    // Durable from here on, and counted once, however often the events are sent.
    for metric in ["campaign_impressions_total", "campaign_clicks_total", "campaign_spend_total"] {
        print(metric, store.total(of: metric, ["campaign": "spring", "device": "mobile"]) ?? 0)
    }
    try store.close()
    // end: README
}
