// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import Synchronization
import Tidemark
import TimeSeries

/// Writes Tidemark's metrics about itself into its own store, as if it scraped itself, so that rules and dashboards can
/// ask for them.
///
/// Rules also see them as they are at the moment of an evaluation: that the store cannot be written must be visible to
/// the rule that says so.
///
/// Thread safe.
final class SelfScrape: Sendable {
    /// Milliseconds between two scrapes; they are at the multiples.
    static let interval: Int64 = 15_000

    private let page: @Sendable () -> ByteBuffer
    private let write: @Sendable (SampleBatch) throws(MetricsStoreError) -> Void
    private let clock: any WallClock
    private let reader = Mutex(OwnedReader(reader: ExpositionReader(.openMetrics)))
    private let life = Monitor(Life.idle)

    private enum Life {
        case idle, running, stopping
    }

    /// The reader is only touched under the lock.
    private struct OwnedReader: @unchecked Sendable {
        let reader: ExpositionReader
        /// What was read for rules last: groups of one instant share it.
        var last: (time: Timestamp, samples: [RuleSample])?
    }

    /// - Parameters:
    ///   - page: the metrics as OpenMetrics.
    ///   - write: makes samples durable.
    init(
        page: @escaping @Sendable () -> ByteBuffer,
        write: @escaping @Sendable (SampleBatch) throws(MetricsStoreError) -> Void,
        clock: any WallClock
    ) {
        self.page = page
        self.write = write
        self.clock = clock
    }

    /// The metrics of now, stamped with a time. Asked for the same time again it gives the same, also to threads that ask at
    /// once.
    func samples(at time: Timestamp) -> [RuleSample] {
        reader.withLock { owned in
            if let last = owned.last, last.time == time { return last.samples }
            let samples = read(&owned, at: time) { batch in
                (0..<batch.count).map { index in
                    let series = batch.table[Int(batch.series[index])]
                    return RuleSample(
                        labels: series.labels.changing([("__name__", series.family.name)]),
                        time: time,
                        value: Double(bitPattern: batch.bits[index])
                    )
                }
            }
            owned.last = (time, samples)
            return samples
        }
    }

    /// Writes the metrics of now, stamped with a time. What cannot be written is left out: it is there again with the
    /// next scrape.
    func scrape(at time: Timestamp) {
        reader.withLock { owned in read(&owned, at: time) { batch in try? write(batch) } }
    }

    private func read<Result>(_ owned: inout OwnedReader, at time: Timestamp, _ body: (SampleBatch) -> Result) -> Result
    {
        page().withUnsafeReadableBytes { owned.reader.read($0, arrival: time) }
        owned.reader.finish(arrival: time)
        defer { owned.reader.removeSamples() }
        return body(owned.reader.batch)
    }

    // MARK: - Life

    /// Scrapes on a thread of its own until `stop()`, at once and then at the multiples of the interval: what happens
    /// before the first scrape is in no increase.
    func start() {
        life.withLock { $0 = .running }
        let thread = Thread { [self] in
            scrape(at: clock.now)
            while let time = waitForNext() { scrape(at: time) }
            life.withLock { $0 = .idle }
            life.wake()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Returns when nothing is written any more.
    func stop() {
        life.withLock { if $0 == .running { $0 = .stopping } }
        life.wake()
        life.wait { state -> Void? in state == .idle ? () : nil }
    }

    /// The time of the next scrape, when it has come; nil at the stop.
    private func waitForNext() -> Timestamp? {
        let now = clock.now.milliseconds
        let next = now - now % SelfScrape.interval + SelfScrape.interval
        while true {
            let rest = next - clock.now.milliseconds
            // A clock that was set back by much begins anew.
            if rest <= 0 || rest > SelfScrape.interval {
                return Timestamp(milliseconds: min(next, clock.now.milliseconds))
            }
            let stopped = life.wait(atMostMilliseconds: Int(min(rest, 1_000))) { $0 == .stopping ? true : nil }
            if stopped == true { return nil }
        }
    }
}
