// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

@Suite struct `A scrape of itself` {
    private static let page = """
        # HELP tidemark_events Events.
        # TYPE tidemark_events counter
        tidemark_events_total{result="accepted"} 3
        # HELP tidemark_up Up.
        # TYPE tidemark_up gauge
        tidemark_up 1
        # EOF

        """

    private func scrape(write: @escaping @Sendable (SampleBatch) -> Void = { _ in }) -> SelfScrape {
        SelfScrape(
            page: { ByteBuffer(string: Self.page) },
            write: { batch throws(MetricsStoreError) in write(batch) },
            clock: StoppedClock()
        )
    }

    @Test func `gives the page's samples at the time of an evaluation`() {
        let time = Timestamp(seconds: 60)
        let samples = scrape().samples(at: time)
        #expect(
            samples.map(\.labels) == [
                ["__name__": "tidemark_events_total", "result": "accepted"], ["__name__": "tidemark_up"],
            ]
        )
        #expect(samples.map(\.value) == [3, 1] && samples.allSatisfy { $0.time == time })
    }

    @Test func `reads the page once for all groups of an instant`() {
        let pages = Atomic(0)
        let scrape = SelfScrape(
            page: {
                pages.add(1, ordering: .relaxed)
                return ByteBuffer(string: Self.page)
            },
            write: { _ throws(MetricsStoreError) in },
            clock: StoppedClock()
        )
        for seconds in [60, 60, 60, 75, 75] as [Int64] { _ = scrape.samples(at: Timestamp(seconds: seconds)) }
        #expect(pages.load(ordering: .relaxed) == 2)
    }

    @Test func `gives threads that ask at once the same page`() async {
        let pages = Atomic(0)
        let scrape = SelfScrape(
            page: {
                let number = pages.add(1, ordering: .relaxed).newValue
                return ByteBuffer(string: Self.page.replacing("} 3", with: "} \(number)"))
            },
            write: { _ throws(MetricsStoreError) in },
            clock: StoppedClock()
        )
        let values = await withTaskGroup(of: [Double].self) { group in
            for _ in 0..<8 { group.addTask { scrape.samples(at: Timestamp(seconds: 60)).map(\.value) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(values) == [[1, 1]])
    }

    @Test func `writes at once when it is started`() {
        let written = Monitor(0)
        let scrape = scrape { batch in
            written.withLock { $0 += batch.count }
            written.wake()
        }
        scrape.start()
        #expect(written.wait(atMostMilliseconds: 300_000) { $0 >= 2 ? true : nil } == true)
        scrape.stop()
        scrape.stop()
    }
}
