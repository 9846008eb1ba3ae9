// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// What the store has, and what a receiver gets of it, through kills and long absences.
@Suite struct `Write-behind` {
    private let directory: TemporaryDirectory
    private let clock = MovedClock()
    private let store: MetricsStore
    private let pauses = Pauses()
    private let start: Timestamp

    init() throws {
        directory = try TemporaryDirectory()
        var options = StoreOptions()
        options.clock = clock
        options.idleTimeout = 600
        store = try MetricsStore.open(
            at: directory.store,
            definitions: [
                MetricDefinition(name: "clicks_total", help: "Clicks.", events: ["click"], labels: ["campaign"])
            ],
            options: options
        )
        start = clock.now
    }

    private func sender(_ receiver: AlertReceiver) throws -> RemoteWriteSender {
        var settings = RemoteWriteSettings(name: "peer", url: receiver.url)
        settings.batchSamples = 7
        let store = store
        return try RemoteWriteSender(
            settings,
            source: .init(view: { try store.view() }, clock: clock, slot: Int64(store.resolution) * 1_000),
            cursors: RemoteWriteCursors(path: directory.path + "/remote-write.json"),
            bounds: .init(samples: 40, slot: Int64(store.resolution) * 1_000),
            waiting: pauses.waiting,
            logger: RecordedLog().logger
        )
    }

    /// Clicks of the present, on some of five campaigns.
    private func click(_ random: inout SeededRandom) throws {
        var events: [Event] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            events.append(
                Event(
                    "click",
                    id: "\(random.next())",
                    time: clock.now,
                    ["campaign": .text("c\(Int.random(in: 0..<5, using: &random))")]
                )
            )
        }
        try store.record(events)
    }

    /// What was sent, which has to be what is there through the last settled slot.
    private func check(_ sent: [SentSample], timesAtMost: Int) throws {
        let settled = clock.now.milliseconds - 60_000
        let end = Timestamp(milliseconds: settled - settled % 15_000)
        let all = try samples(of: try store.view(), after: start, through: end)
        #expect(all.count > 200 && all.contains { $0.bits == SampleColumns.staleMarker.bitPattern })
        #expect(Set(sent) == Set(all))
        let counts = Dictionary(sent.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.values.max() ?? 0 <= timesAtMost)
    }

    @Test func `after hours away the receiver has every sample once`() async throws {
        var random = SeededRandom(for: "hours away")
        let receiver = try AlertReceiver(Array(repeating: .status(503), count: 40))
        let sender = try sender(receiver)
        try click(&random)
        clock.advance(.seconds(120))
        // In each pause, ten minutes go by.
        let (clock, store) = (clock, store)
        let number = Mutex(0)
        pauses.onPause { _ in
            let campaign = number.withLock { number -> Int in
                number += 1
                return number * number % 5
            }
            let event = Event(
                "click",
                id: "away \(clock.now.milliseconds)",
                time: clock.now,
                ["campaign": .text("c\(campaign)")]
            )
            do { try store.record([event]) } catch { Issue.record("\(error)") }
            clock.advance(.seconds(600))
        }
        try await sender.sendAll()
        #expect(sender.statistics.retries == 40 && sender.statistics.failed == 0)
        #expect(clock.now.milliseconds - start.milliseconds > 6 * 3_600_000)
        let taken = receiver.requests.dropFirst(40)
        try check(try taken.flatMap { try $0.message().samples }, timesAtMost: 1)
    }

    @Test func `a kill in the middle of a window loses nothing and doubles at most that window`() async throws {
        var random = SeededRandom(for: "kills")
        let receiver = try AlertReceiver()
        var sender = try sender(receiver)
        for _ in 0..<200 {
            if Int.random(in: 0..<10, using: &random) > 0 { try click(&random) }
            clock.advance(.seconds(Int.random(in: 5...40, using: &random)))
            if Int.random(in: 0..<20, using: &random) == 0 { clock.advance(.seconds(900)) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                // Some requests are taken, then there is no answer, and the process is gone. (Of a connection that was used
                // before, libcurl takes the first loss for an old one and tries again by itself.)
                let taken = Int.random(in: 0...4, using: &random)
                receiver.script(Array(repeating: .ok, count: taken) + [.reset, .reset])
                pauses.onPause { [sender] _ in sender.breakOff() }
                try await sender.sendAll()
                pauses.onPause { _ in }
                sender = try self.sender(receiver)
                receiver.forgetScript()
            }
        }
        clock.advance(.seconds(75))
        try await sender.sendAll()
        // The last requests before the kills were not taken, but what they had comes again.
        let sent = try receiver.requests.flatMap { try $0.message().samples }
        try check(sent, timesAtMost: .max)
    }

    @Test func `the cursor is where everything before it was answered`() async throws {
        var random = SeededRandom(for: "cursor")
        let receiver = try AlertReceiver([.ok, .ok, .reset, .reset])
        let sender = try sender(receiver)
        let path = directory.path + "/remote-write.json"
        for _ in 0..<20 {
            try click(&random)
            clock.advance(.seconds(15))
        }
        clock.advance(.seconds(60))
        pauses.onPause { _ in sender.breakOff() }
        try await sender.sendAll()
        let requests = receiver.requests
        let cursor = try #require(try RemoteWriteCursors(path: path).cursor(of: "peer"))
        #expect(requests.count == 4 && cursor < clock.now)
        let taken = Set(try requests.dropLast(2).flatMap { try $0.message().samples })
        #expect(taken.isSuperset(of: try samples(of: try store.view(), after: start, through: cursor)))
        let again = try self.sender(receiver)
        pauses.onPause { _ in }
        try await again.sendAll()
        let first = try #require(try receiver.requests.dropFirst(4).first).message().samples
        #expect(first.allSatisfy { $0.milliseconds > cursor.milliseconds })
    }
}
