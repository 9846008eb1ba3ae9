// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@Suite struct `Slots and their resolution` {
    @Test func `a resolution is any divisor of a day up to an hour and nothing else`() {
        let divisors = (1...3_600).filter { 86_400 % $0 == 0 }
        for seconds in -10...90_000 {
            let resolution = SlotResolution(seconds: seconds)
            #expect((resolution != nil) == divisors.contains(seconds), "\(seconds) s")
            if let resolution {
                #expect(resolution.seconds == seconds)
                #expect(resolution.milliseconds == Int64(seconds) * 1_000)
            }
        }
        #expect(SlotResolution(seconds: .min) == nil)
        #expect(SlotResolution(seconds: .max) == nil)
    }

    @Test func `the standard resolution is fifteen seconds`() {
        #expect(SlotResolution.standard == SlotResolution(seconds: 15))
        #expect(SlotResolution.standard.milliseconds == 15_000)
    }

    @Test func `a slot holds its first instant and not its end`() throws {
        for seconds in [1, 15, 60, 3_600] {
            let resolution = try #require(SlotResolution(seconds: seconds))
            let length = Int64(seconds) * 1_000
            for number in [UInt32(0), 1, 2, 116_666_666, UInt32.max] {
                let slot = Slot(number)
                let start = resolution.start(of: slot)
                #expect(start.milliseconds == Int64(number) * length)
                #expect(resolution.slot(of: start) == slot)
                #expect(resolution.slot(of: Timestamp(milliseconds: start.milliseconds + length - 1)) == slot)
                if number < .max {
                    let end = Timestamp(milliseconds: start.milliseconds + length)
                    #expect(resolution.slot(of: end) == Slot(number + 1))
                }
            }
        }
    }

    @Test func `a slot never crosses midnight in UTC`() throws {
        for seconds in (1...3_600) where 86_400 % seconds == 0 {
            let resolution = try #require(SlotResolution(seconds: seconds))
            let midnight = Timestamp(seconds: 20_000 * 86_400)
            #expect(resolution.start(of: resolution.slot(of: midnight)) == midnight, "\(seconds) s")
        }
    }

    @Test func `slots and series are ordered by their numbers`() {
        let slots = [3, 1, 2, .max, 0].map { Slot($0) }.sorted()
        #expect(slots.map(\.number) == [0, 1, 2, 3, .max])
        let series = [3, 1, 2, .max, 0].map { SeriesID($0) }.sorted()
        #expect(series.map(\.number) == [0, 1, 2, 3, .max])
    }

    @Test func `an instant before 1970 has no slot`() async {
        await #expect(processExitsWith: .failure) {
            _ = SlotResolution.standard.slot(of: Timestamp(milliseconds: -1))
        }
    }
}

@Suite struct `Timestamps` {
    @Test func `seconds and milliseconds agree on both sides of 1970`() {
        #expect(Timestamp(seconds: 2) == Timestamp(milliseconds: 2_000))
        #expect(Timestamp(seconds: -2) == Timestamp(milliseconds: -2_000))
        #expect(Timestamp(milliseconds: 1_500).seconds == 1.5)
        #expect(Timestamp(milliseconds: -1).seconds == -0.001)
        #expect(Timestamp(milliseconds: -1) < Timestamp(milliseconds: 0))
        #expect(!(Timestamp(milliseconds: 5) < Timestamp(milliseconds: 5)))
    }

    @Test func `the system clock does not stand before this test was written`() {
        #expect(SystemClock().now > Timestamp(seconds: 1_735_689_600))
    }
}

@Suite struct `Event counts and commits` {
    @Test func `rejects are counted by the number of their reason`() {
        var counts = EventCounts()
        counts.addRejected(reason: 3, events: 2)
        counts.addRejected(reason: 0, events: 1)
        counts.addRejected(reason: 3, events: 5)
        #expect(counts.rejected == [1, 0, 0, 7])
    }

    @Test func `a commit is empty until something in it has to be durable`() {
        let family = MetricFamily(name: "a_total", help: "A.", kind: .counter, unit: .one)
        let changes: [@Sendable (inout Commit) -> Void] = [
            { $0.newSeries.append(NewSeries(id: SeriesID(0), family: family, labels: [:])) },
            { $0.increments.append(Increment(series: SeriesID(0), slot: Slot(0), units: 1)) },
            { $0.points.append(SeriesPoint(series: SeriesID(0), slot: Slot(0), detail: 1, value: 1)) },
            { $0.samples.append(SeriesSample(series: SeriesID(0), milliseconds: 1, bits: 0)) },
            { $0.fingerprints.append(1) },
        ]
        for change in changes {
            var commit = Commit(arrival: Timestamp(seconds: 0))
            commit.watermark = Timestamp(seconds: 1)
            commit.counts.unmatched = 1
            #expect(commit.isEmpty)
            change(&commit)
            #expect(!commit.isEmpty)
        }
    }
}
