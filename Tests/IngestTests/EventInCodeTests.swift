// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Events made in code` {
    private func batch(_ events: Event...) -> EventBatch {
        EventDecoder(schema: testSchema, key: testKey).batch(of: events, arrival: arrival)
    }

    @Test func `an event in code is the event in text`() {
        let code = batch(
            Event(
                "click",
                id: "1",
                source: "s",
                time: Timestamp(seconds: 1_749_945_600),
                ["campaign": "a", "device": 7, "cost": 0.1]
            )
        )
        let text = decode(
            #"{"type":"click","id":"1","source":"s","time":1749945600,"campaign":"a","device":7,"cost":0.1}"#
        )
        #expect(code.events == ["click campaign=a device=7 cost=100000 @1749945600000 #"])
        #expect(code.events == text.events)
        #expect(code.fingerprints == text.fingerprints)
        #expect(code.digests == text.digests)
    }

    @Test func `numbers are taken by their shortest decimal form`() {
        #expect(batch(Event("spend", ["cost": 0.3])).events == ["spend cost=300000"])
        #expect(batch(Event("spend", ["cost": 5])).events == ["spend cost=5000000"])
        #expect(batch(Event("spend", ["cost": "1.50"])).events == ["spend cost=1500000"])
        #expect(batch(Event("spend", ["cost": .number(1e-7)])).events == ["spend cost~1e-07"])
        #expect(batch(Event("spend", ["cost": .number(1e22)])).events == ["spend cost~1e+22"])
    }

    @Test func `a faulty event is named by its place`() {
        let batch = batch(
            Event("click"),
            Event(""),
            Event("spend"),
            Event("spend", ["cost": .number(.nan)]),
            Event("spend", ["cost": .number(.infinity)]),
            Event("spend", ["cost": -1]),
            Event("click", time: Timestamp(seconds: -1)),
            Event("click", time: Timestamp(seconds: 1_750_000_601)),
            Event("click", ["campaign": .text(String(repeating: "x", count: 1_025))]),
            Event("sunset"),
            Event("click", ["unheard": "of"])
        )
        #expect(batch.events == ["click", "click"])
        #expect(batch.unmatched == 1)
        #expect(
            batch.faults == [
                "2 missing_field", "3 missing_field", "4 bad_number", "5 bad_number", "6 bad_number", "7 bad_time",
                "8 future", "9 too_large",
            ]
        )
    }

    @Test func `no events are an empty batch`() {
        let batch = EventDecoder(schema: testSchema, key: testKey).batch(of: [], arrival: arrival)
        #expect(batch.count == 0)
        #expect(batch.rejects.isEmpty)
    }
}
