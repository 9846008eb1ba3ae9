// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

/// The promise that money hangs on: whatever happens to the server, each event counts once.
@Suite(.serialized) struct KilledServerTests {
    /// How often the server is killed in one run: a dozen in the tests, more with `make crash`.
    static let kills = ProcessInfo.processInfo.environment["TIDEMARK_KILLS"].flatMap { Int($0) } ?? 12

    @Test func `a sender that retries loses and doubles nothing while the server is killed at random moments`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed), \(Self.kills) kills")
        var random = SeededRandom(seed: seed)
        let data = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: data) }

        var twin: [String: Double] = [:]
        var number = 0
        var sent: [String] = []
        var interrupted = 0
        for _ in 0..<Self.kills {
            let server = try ServerProcess(data: data)
            // The batches of this life: some new, some that were sent before, as a careless sender does.
            let wait = Double.random(in: 0...0.15, using: &random)
            let killed = Atomic(false)
            let isDead = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                _ = DispatchSemaphore(value: 0).wait(timeout: .now() + wait)
                server.kill()
                killed.store(true, ordering: .releasing)
                isDead.signal()
            }
            while !killed.load(ordering: .acquiring) {
                let isAgain = !sent.isEmpty && Int.random(in: 0..<5, using: &random) == 0
                let batch = isAgain ? sent.randomElement(using: &random) ?? "" : makeBatch(&number, &random, &twin)
                if !isAgain { sent.append(batch) }
                if send(batch, to: server.port) == nil {
                    interrupted += 1
                    break
                }
            }
            isDead.wait()
        }

        // The last life: everything that anybody ever tried to send, until it is answered.
        let server = try ServerProcess(data: data)
        for batch in sent {
            let answer = send(batch, to: server.port)
            #expect(answer == 200)
        }
        let page = try #require(PlainHTTP.send("GET", "/metrics", port: server.port))
        let counters = samples(page.body)
        for (name, value) in twin {
            #expect(abs((counters[name] ?? -1) - value) < 1e-9, "\(name), seed \(seed)")
        }
        let accepted = counters[#"tidemark_events_total{result="accepted"}"#]
        #expect(accepted == Double(number), "seed \(seed)")
        print("\(number) events in \(sent.count) batches, \(interrupted) of them interrupted; every counter is exact")
        #expect(server.stop() == 0)
    }

    private func send(_ batch: String, to port: UInt16) -> Int? {
        PlainHTTP.send(
            "POST",
            "/api/v1/events",
            port: port,
            headers: ["Content-Type": "application/x-ndjson"],
            body: batch
        )?.status
    }

    /// Some events with what they will have added.
    private func makeBatch(_ number: inout Int, _ random: inout SeededRandom, _ twin: inout [String: Double]) -> String
    {
        var batch = ""
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            number += 1
            let campaign = "c\(Int.random(in: 0..<20, using: &random))"
            let minute = Int.random(in: 0..<60, using: &random)
            let cents = Int.random(in: 0..<1_000, using: &random)
            let isClick = Int.random(in: 0..<4, using: &random) == 0
            let time = "2026-01-05T12:\(minute < 10 ? "0" : "")\(minute):07Z"
            let cost = "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
            batch += #"{"type":"\#(isClick ? "click" : "impression")","source":"test","id":"e\#(number)","#
            batch += #""time":"\#(time)","campaign":"\#(campaign)","cost":"\#(cost)"}"# + "\n"
            let labels = #"{campaign="\#(campaign)"}"#
            twin["campaign_\(isClick ? "clicks" : "impressions")_total" + labels, default: 0] += 1
            twin["campaign_spend_total" + labels, default: 0] += Double(cents) / 100
        }
        return batch
    }
}
