// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing

@Suite("Steps")
struct StepsTests {
    @Test("The last of five steps of ten milliseconds from 100 is 140")
    func lastStep() {
        #expect(Steps(start: 100, interval: 10, count: 5).end == 140)
    }
}
