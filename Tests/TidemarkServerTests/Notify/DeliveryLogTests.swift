// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkServer

/// What is said of a destination, and how often; and the bell its thread waits for.
@Suite struct DeliveryLogTests {
    @Test func `the same is said once an hour, something else at once`() {
        let recorded = RecordedLog()
        var log = DeliveryLog(destination: "pager", logger: recorded.logger)
        func said(_ outcome: RequestOutcome, at second: Int) -> Bool {
            let count = recorded.lines.count
            log.note(outcome, at: .seconds(second))
            return recorded.lines.count > count
        }
        let (away, refused) = (RequestOutcome.retry(reason: "no", after: nil), RequestOutcome.refused(reason: "bad"))
        #expect(recorded.lines == ["destination=pager"])
        #expect(!said(.accepted, at: 0))
        #expect(said(away, at: 1))
        #expect(!said(away, at: 2))
        #expect(!said(.retry(reason: "other", after: nil), at: 3))
        #expect(said(.accepted, at: 4))
        #expect(said(away, at: 5))
        #expect(said(refused, at: 6))
        #expect(!said(refused, at: 3_605))
        #expect(said(refused, at: 3_606))
        #expect(said(.refused(reason: "worse"), at: 3_607))
        #expect(!said(.aborted, at: 3_608))
    }

    @Test func `what is dropped is said once an hour`() {
        let recorded = RecordedLog()
        var log = DeliveryLog(destination: "pager", logger: recorded.logger)
        for second in [0, 1, 3_599, 3_600] { log.noteDropped(at: .seconds(second)) }
        log.noteEnd(dropped: 0)
        #expect(recorded.lines.count == 1 + 2)
        log.noteEnd(dropped: 3)
        #expect(recorded.lines.last?.contains("\"alerts\": 3") == true)
    }

    @Test func `a bell that was rung before is heard, once`() {
        let bell = Bell()
        #expect(!bell.wait(atMost: .zero))
        bell.ring()
        bell.ring()
        #expect(bell.wait(atMost: .seconds(20)))
        #expect(!bell.wait(atMost: .seconds(-1)))
        #expect(!bell.wait(atMost: .milliseconds(1)))
    }
}
