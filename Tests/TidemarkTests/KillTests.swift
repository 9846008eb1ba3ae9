// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store
@testable import Tidemark

struct `A store whose process is killed` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `has every acknowledged event once, and takes the rest when it is sent again`() async throws {
        var random = SeededRandom(for: "killed sender")
        var sent = 0
        for round in 0..<4 {
            let first = sent
            let kills = 1 + random.below(25)
            let path = directory.store
            let log = directory.path + "/acknowledged-\(round)"
            try writeBytes([], to: log)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, log = log as String, first = first as Int, kills = kills as Int] in
                let store = try MetricsStore.open(at: path, definitions: .campaigns)
                store.seriesStore.state.withLock { $0.limits.increments = 40 }
                let descriptor = open(log, O_WRONLY | O_APPEND)
                let acknowledged = Counter()
                // Three senders; whoever is told of the last commit kills all of them in the middle of their work.
                await withTaskGroup(of: Void.self) { group in
                    for sender in 0..<3 {
                        group.addTask {
                            for batch in 0..<1_000 {
                                let start = first + (batch * 3 + sender) * 10
                                guard (try? await store.submit(clicks(start..<start + 10)).committed()) != nil else {
                                    return
                                }
                                let line = "\(start)\n"
                                _ = write(descriptor, line, line.utf8.count)
                                if acknowledged.add() == kills { kill(getpid(), SIGKILL) }
                            }
                        }
                    }
                }
            }
            let starts = String(decoding: try readBytes(log), as: UTF8.self).split(separator: "\n").compactMap {
                Int($0)
            }
            #expect(starts.count >= kills)
            let store = try MetricsStore.open(directory)
            let acknowledged = starts.flatMap { $0..<$0 + 10 }
            #expect(try store.submit(clicks(acknowledged)).wait().duplicates == acknowledged.count)
            // The sender does not know which of the rest came through, and sends all of it again.
            sent = (starts.max() ?? first) + 100
            _ = try store.submit(clicks(0..<sent)).wait()
            #expect(store.totals == clickTotals(0..<sent), "round \(round)")
            try store.close()
        }
    }
}
