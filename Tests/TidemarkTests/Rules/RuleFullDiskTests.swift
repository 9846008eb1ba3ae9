// SPDX-License-Identifier: Apache-2.0

import Rules
import TestSupport
import Testing
import TimeSeries

@testable import Tidemark

@Suite(.enabled("needs the right to mount a tmpfs") { SmallDisk.isPermitted })
struct `Rules while the disk is full` {
    @Test func `go on, alert on it, and record what they could not once there is room`() throws {
        let disk = try SmallDisk(megabytes: 6)
        let clock = ManualClock()
        var options = StoreOptions()
        options.clock = clock
        let store = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns, options: options)
        let told = Told()
        var surroundings = told.surroundings
        surroundings.currentSamples = { time in
            let up = store.health == .healthy ? 1.0 : 0
            return [RuleSample(labels: ["__name__": "tidemark_up"], time: time, value: up)]
        }
        let engine = RuleEngine(
            store: store,
            groups: try RuleGroup.parse(
                """
                groups:
                  - name: g
                    rules:
                      - {record: minute, expr: 'vector(time())'}
                      - {alert: Unhealthy, expr: 'tidemark_up == 0'}
                """,
                file: "r.yml"
            ),
            surroundings: surroundings
        )
        engine.evaluateDue()
        try disk.fill(leaving: 100_000)
        var sent = 0
        while store.health == .healthy, sent < 200_000 {
            _ = try? store.submit(clicks(sent..<sent + 500)).wait()
            sent += 500
        }
        #expect(store.health != .healthy)
        clock.advance(seconds: 60)
        engine.evaluateDue()
        #expect(told.take().map { $0.labels["alertname"] } == ["Unhealthy"])
        #expect(engine.groups[0].rules.map(\.health) == [.ok, .ok])
        try disk.makeRoom()
        #expect(store.waitUntilHealthy(), "\(store.health)")
        clock.advance(seconds: 60)
        engine.evaluateDue()
        #expect(told.take().map(\.isResolved) == [true])
        guard case .matrix(let columns) = try store.query("minute[10m]", at: clock.now).value else {
            throw TestFailure("not a matrix")
        }
        #expect(columns.timestamps.count == 3, "\(columns.timestamps)")
        try store.close()
    }
}
