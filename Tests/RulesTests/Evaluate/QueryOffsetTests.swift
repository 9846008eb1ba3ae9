// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `The query offset of a group` {
    private func world(_ rules: String, _ offset: String) throws -> RuleWorld {
        let world = try RuleWorld(file(rules, keys: "query_offset: \(offset)"))
        for minute in 0..<10 as Range<Int64> { world.set("x", to: Double(minute), at: minute * 60) }
        return world
    }

    @Test func `is how long ago is asked for, and the time of what is recorded`() throws {
        let world = try world("- {record: y, expr: x}\n- {record: t, expr: time()}", "2m")
        #expect(world.evaluate(at: 300).lines == ["y 3 @180", "t 180 @180"])
    }

    @Test func `may lie in the future`() throws {
        let world = try world("- {record: y, expr: x}\n- {record: t, expr: time()}", "-1m")
        #expect(world.evaluate(at: 300).lines == ["y 6 @360", "t 360 @360"])
    }

    @Test func `does not keep a rule from seeing those before it`() throws {
        #expect(
            try world("- {record: y, expr: x}\n- {record: z, expr: y + 1}", "2m").evaluate(at: 300).lines
                == ["y 3 @180", "z 4 @180"]
        )
    }

    @Test func `does not move the times of alerts, only those of their series`() throws {
        let world = try world("- {alert: A, expr: x > 2, for: 1m}", "2m")
        #expect(world.evaluate(at: 240).samples.isEmpty)
        #expect(
            world.evaluate(at: 300).lines == [
                #"ALERTS{alertname="A",alertstate="pending"} 1 @180"#, #"ALERTS_FOR_STATE{alertname="A"} 300 @180"#,
            ]
        )
        let outcome = world.evaluate(at: 360)
        #expect(outcome.notifications.map(\.startsAt) == [Timestamp(seconds: 360)])
        #expect(outcome.notifications.map(\.endsAt) == [Timestamp(seconds: 600)])
        #expect(outcome.samples.allSatisfy { $0.time == Timestamp(seconds: 240) })
    }
}
