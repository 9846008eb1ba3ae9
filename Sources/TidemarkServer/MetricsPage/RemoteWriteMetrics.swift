// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension [RemoteWriteStatistics] {
    /// Appends the families of remote write; nothing when nobody is sent anything.
    func append(to page: inout PageText) {
        if isEmpty { return }
        each("tidemark_remote_write_sent_samples_total", "Samples that were taken, since the start.", .counter, &page) {
            String($0.sent)
        }
        each(
            "tidemark_remote_write_failed_samples_total",
            "Samples that were refused and are not sent again, since the start.",
            .counter,
            &page
        ) {
            String($0.failed)
        }
        each("tidemark_remote_write_retries_total", "Requests after a failed one, since the start.", .counter, &page) {
            String($0.retries)
        }
        each(
            "tidemark_remote_write_highest_sent_timestamp_seconds",
            "Time of the newest sample that was taken, Unix seconds.",
            .gauge,
            &page
        ) { one in
            one.highestSent.map { doubleText($0.seconds) }
        }
        each("tidemark_remote_write_lag_seconds", "Age of the oldest time that is not sent yet.", .gauge, &page) {
            doubleText(Double($0.lag) / 1_000)
        }
    }

    private func each(
        _ name: String,
        _ help: String,
        _ kind: PageText.Kind,
        _ page: inout PageText,
        _ value: (RemoteWriteStatistics) -> String?
    ) {
        page.beginFamily(name, help: help, kind: kind)
        for one in self {
            if let value = value(one) { page.sample(name, labels: ["destination": one.name], value) }
        }
    }
}
