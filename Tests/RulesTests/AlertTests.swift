// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

struct AlertTests {
    @Test func `an alert begins without times of its own but the first`() {
        let alert = Alert(
            labels: ["alertname": "A"],
            annotations: [:],
            value: 1,
            state: .pending,
            activeAt: Timestamp(seconds: 5)
        )
        #expect(alert.activeAt == Timestamp(seconds: 5))
        #expect(alert.firedAt == nil && alert.resolvedAt == nil && alert.lastSentAt == nil)
    }
}
