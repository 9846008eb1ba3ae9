// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Series that a rule no longer gives` {
    private func world(_ rules: String = "- {record: y, expr: x > 0}", keys: String = "") throws -> RuleWorld {
        try RuleWorld(file(rules, keys: keys))
    }

    @Test func `end with one marker at the time of the evaluation that lacks them`() throws {
        let world = try world()
        world.evaluate(["a", "b"], at: 60)
        #expect(world.evaluate(["b"], at: 120).lines == [#"y{host="b"} 1 @120"#, #"y{host="a"} stale @120"#])
        #expect(world.evaluate(["b"], at: 180).lines == [#"y{host="b"} 1 @180"#])
        #expect(world.evaluate([], at: 240).lines == [#"y{host="b"} stale @240"#])
        #expect(world.evaluate([], at: 300).lines == [])
    }

    @Test func `may come back and end again`() throws {
        let world = try world()
        for start in [0, 600] as [Int64] {
            #expect(world.evaluate(["a"], at: start + 60).lines == [#"y{host="a"} 1 @\#(start + 60)"#])
            #expect(world.evaluate([], at: start + 120).lines == [#"y{host="a"} stale @\#(start + 120)"#])
        }
    }

    @Test func `are not seen by the rules behind it in the same evaluation`() throws {
        let world = try world("- {record: y, expr: x > 0}\n- {record: z, expr: count(y) or vector(0)}")
        world.evaluate(["a", "b"], at: 60)
        #expect(world.evaluate(["b"], at: 120).lines.last == "z 1 @120")
        #expect(world.evaluate([], at: 180).lines.last == "z 0 @180")
    }

    @Test func `are not ended by an evaluation that fails, but by the next one that does not`() throws {
        let world = try world(keys: "limit: 1")
        world.evaluate(["a"], at: 60)
        let failed = world.evaluate(["b", "c"], of: ["a", "b", "c"], at: 120)
        #expect(failed.samples.isEmpty && failed.failures == 1)
        #expect(
            world.evaluate(["b"], of: ["a", "b", "c"], at: 180).lines
                == [#"y{host="b"} 1 @180"#, #"y{host="a"} stale @180"#]
        )
    }

    @Test func `go on after an evaluation that failed as if nothing had been`() throws {
        let world = try world(keys: "limit: 1")
        world.evaluate(["a"], at: 60)
        world.evaluate(["a", "b"], at: 120)
        #expect(world.evaluate(["a"], at: 180).lines == [#"y{host="a"} 1 @180"#])
    }

    @Test func `end at the time that was asked for, not at that of the evaluation`() throws {
        let world = try world(keys: "query_offset: 30s")
        world.set("x", ["host": "a"], to: 1, at: 30)
        #expect(world.evaluate(at: 60).lines == [#"y{host="a"} 1 @30"#])
        world.set("x", ["host": "a"], to: 0, at: 90)
        #expect(world.evaluate(at: 120).lines == [#"y{host="a"} stale @90"#])
    }

    @Test(arguments: [1, 2])
    func `do not end when another rule of the group gives them in its place`(_ first: Int) throws {
        let world = try world(
            """
            - {record: y, expr: x == \(first), labels: {a: b}}
            - {record: y, expr: x == \(3 - first), labels: {a: b}}
            - {record: z, expr: sum(y)}
            """
        )
        world.set("x", to: 1, at: 60)
        #expect(world.evaluate(at: 60).lines == [#"y{a="b"} 1 @60"#, "z 1 @60"])
        world.set("x", to: 2, at: 120)
        let lines = world.evaluate(at: 120).lines
        #expect(lines == [#"y{a="b"} 2 @120"#, "z 2 @120"])
    }

    @Test func `of two rules that both give them end when neither does`() throws {
        let world = try world("- {record: y, expr: x > 0}\n- {record: y, expr: x > 0}")
        world.evaluate(["a"], at: 60)
        let lines = world.evaluate([], at: 120).lines
        #expect(Set(lines) == [#"y{host="a"} stale @120"#])
    }

    @Test func `all end when the group does`() throws {
        let world = try world("- {record: y, expr: x > 0}\n- {alert: A, expr: x > 0}\n- {record: z, expr: '1'}")
        world.evaluate(["a"], at: 60)
        let outcome = world.end(at: 90)
        #expect(
            Set(outcome.lines) == [
                #"y{host="a"} stale @90"#, "z stale @90", #"ALERTS_FOR_STATE{alertname="A",host="a"} stale @90"#,
                #"ALERTS{alertname="A",alertstate="firing",host="a"} stale @90"#,
            ]
        )
        #expect(outcome.samples.count == 4 && outcome.told == ["a resolved"])
        let again = world.end(at: 91)
        #expect(again.samples.isEmpty && again.notifications.isEmpty)
        #expect(world.evaluate(at: 120).samples.isEmpty)
    }

    @Test(arguments: ["30s", "-30s"]) func `end behind their last sample when the group does`(_ offset: String) throws {
        let world = try world("- {record: y, expr: '1'}", keys: "query_offset: \(offset)")
        let last = try #require(world.evaluate(at: 60).samples.first).time
        let end = try #require(world.end(at: 61).samples.first).time
        #expect(last < end && end.milliseconds - last.milliseconds == 1_000)
    }
}
