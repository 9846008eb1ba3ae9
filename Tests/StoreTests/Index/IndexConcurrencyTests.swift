// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Store

struct `An index that grows while it is read` {
    private static let count = 30_000
    private static let family = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one)

    private static func labels(_ number: Int) -> Labels {
        ["all": "x", "ten": "\(number % 10)", "user": "u\(number % 3_000)", "n": "\(number)"]
    }

    /// Each selection by what it is asked, and by what it finds among numbers.
    private static let selections:
        [(matchers: [(String, LabelMatcher.Operation, String)], holds: @Sendable (Int) -> Bool)] = [
            ([("all", .equal, "x")], { _ in true }),
            ([("ten", .equal, "3"), ("all", .equal, "x")], { $0 % 10 == 3 }),
            ([("user", .matches, "u1.*")], { "\($0 % 3_000)".hasPrefix("1") }),
            ([("ten", .doesNotMatch, "[0-4]")], { $0 % 10 > 4 }),
            ([("ten", .matches, "1|2"), ("user", .doesNotMatch, ".*1")], { $0 % 10 == 2 }),
            ([("n", .matches, ".*77"), ("none", .equal, "")], { $0 % 100 == 77 }),
            ([("ten", .notEqual, "0")], { $0 % 10 != 0 }),
        ]

    @Test func `answers every selection with a whole beginning of what is added`() async throws {
        let index = SeriesIndex()
        let done = Flag()
        let selections = try Self.selections.map { selection in
            (
                try selection.matchers.map { try LabelMatcher($0.0, $0.1, $0.2) },
                (0..<Self.count).filter(selection.holds).map(UInt32.init)
            )
        }
        let answers = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                for number in 0..<Self.count {
                    _ = index.add(
                        family: Self.family,
                        labels: Self.labels(number),
                        created: Timestamp(seconds: 0)
                    )
                }
                done.set()
                return 0
            }
            for thread in 0..<2 {
                group.addTask {
                    var answers = 0
                    while !done.isSet || answers < 20 {
                        let (matchers, expected) = selections[(answers + thread) % selections.count]
                        let before = index.count
                        let ids = index.select(
                            families: answers % 3 == 0 && before > 0 ? [0] : nil,
                            matchers: matchers,
                            below: answers % 2 == 0 ? UInt32(before) : .max
                        )
                        // All of the first `before`, none beyond those asked for, and in between none left out.
                        let behind = ids.count < expected.count ? expected[ids.count] : .max
                        if ids != Array(expected.prefix(ids.count)) || behind < before
                            || answers % 2 == 0 && ids.last ?? 0 >= max(before, 1)
                        {
                            Issue.record("\(matchers), \(before)")
                        }
                        if let last = ids.last {
                            #expect(index.labels(of: SeriesID(last)) == Self.labels(Int(last)))
                            #expect(index.labelNames(of: [last], limit: 9).values == ["all", "n", "ten", "user"])
                        }
                        #expect(index.labelValues("ten", of: nil, limit: 100).values.count <= 10)
                        answers += 1
                    }
                    return answers
                }
            }
            return await group.reduce(0, +)
        }
        print("StoreTests: \(answers) selections while series were added")
        for (matchers, expected) in selections {
            #expect(index.select(families: nil, matchers: matchers, below: .max) == expected)
        }
    }
}
