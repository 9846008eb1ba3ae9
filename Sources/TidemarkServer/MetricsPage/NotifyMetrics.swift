// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

extension [DestinationStatistics] {
    /// Appends the families of notifications; nothing when nobody is told.
    func append(to page: inout PageText) {
        if isEmpty { return }
        let total = "tidemark_notifications_total"
        page.beginFamily(total, help: "Tellings of alerts by what became of them, since the start.", kind: .counter)
        for one in self {
            for (result, count) in [("sent", one.sent), ("failed", one.failed), ("dropped", one.dropped)] {
                page.sample(total, labels: ["destination": one.destination, "result": result], String(count))
            }
        }
        each(
            "tidemark_notifications_replaced_total",
            "Tellings that a newer one came before, since the start.",
            .counter,
            &page
        ) {
            String($0.replaced)
        }
        each("tidemark_notification_retries_total", "Requests after a failed one, since the start.", .counter, &page) {
            String($0.retries)
        }
        each("tidemark_notifications_queue_length", "Tellings that wait, or that groups hold.", .gauge, &page) {
            String($0.queueLength)
        }
        each("tidemark_notifications_queue_capacity", "The most tellings that can wait.", .gauge, &page) {
            String($0.queueCapacity)
        }
        each(
            "tidemark_notifications_last_success_timestamp_seconds",
            "When a request was taken last, Unix seconds.",
            .gauge,
            &page
        ) { one in
            one.lastSuccess.map { doubleText($0.seconds) }
        }
    }

    private func each(
        _ name: String,
        _ help: String,
        _ kind: PageText.Kind,
        _ page: inout PageText,
        _ value: (DestinationStatistics) -> String?
    ) {
        page.beginFamily(name, help: help, kind: kind)
        for one in self {
            if let value = value(one) { page.sample(name, labels: ["destination": one.destination], value) }
        }
    }
}
