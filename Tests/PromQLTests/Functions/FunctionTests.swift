// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing
import TimeSeries

@Suite("Functions of instant vectors")
struct FunctionTests {
    /// `m` of two instances at 0, 10, …, 90 s, and nothing else.
    private let source: InMemorySeries = {
        let source = InMemorySeries()
        source.add(["__name__": "m", "i": "a"], (0..<10).map { ($0 * 10_000, Double($0)) })
        source.add(["__name__": "m", "i": "b"], (0..<10).map { ($0 * 10_000, -Double($0)) })
        return source
    }()

    private func vector(_ query: String) throws -> [String: Double] {
        let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 50_000), on: source)
        switch result.value {
        case .vector(_, let columns):
            return Dictionary(
                uniqueKeysWithValues: columns.labels.indices.map {
                    (columns.labels[$0].description, columns.values[columns.samples(of: $0).lowerBound])
                }
            )
        case .scalar(_, let value): return ["scalar": value]
        default: return [:]
        }
    }

    @Test(
        "Values at 50 s",
        arguments: [
            ("clamp(m, -2, 3)", [#"{i="a"}"#: 3, #"{i="b"}"#: -2]),
            ("clamp_min(m, Inf)", [#"{i="a"}"#: .infinity, #"{i="b"}"#: .infinity]),
            ("round(m / 3, 0.5)", [#"{i="a"}"#: 1.5, #"{i="b"}"#: -1.5]),
            ("round(m / 10)", [#"{i="a"}"#: 1, #"{i="b"}"#: 0]),
            ("scalar(m{i=\"a\"})", ["scalar": 5]),
            ("min_of(-Inf, NaN)", ["scalar": -.infinity]),
            ("max_of(Inf, NaN)", ["scalar": .infinity]),
            ("timestamp(m)", [#"{i="a"}"#: 50, #"{i="b"}"#: 50]),
            ("timestamp(m offset 5s)", [#"{i="a"}"#: 40, #"{i="b"}"#: 40]),
            ("absent(m{i=\"c\", j=\"\", k=~\"x\"})", [#"{i="c"}"#: 1]),
            ("absent((m{i=\"c\"}))", [#"{i="c"}"#: 1]),
            ("absent(m)", [:]),
            ("label_replace(m, \"__name__\", \"n_$1\", \"i\", \"(.)\") * 1", [#"{i="a"}"#: 5, #"{i="b"}"#: -5]),
            (
                "label_join(-m, \"__name__\", \"_\", \"i\", \"i\")",
                [#"{__name__="a_a",i="a"}"#: -5, #"{__name__="b_b",i="b"}"#: 5]
            ),
            ("minute(vector(-1)) + hour(vector(-1)) * 100", ["{}": 2_359]),
        ] as [(String, [String: Double])]
    )
    func values(_ query: String, _ expected: [String: Double]) throws {
        #expect(try vector(query) == expected)
    }

    @Test(
        "What labels cannot be",
        arguments: [
            (#"label_replace(m, "", "x", "i", ".*")"#, "invalid destination label name in label_replace(): "),
            (#"label_replace(m, "x", "x", "i", "(")"#, "invalid regular expression in label_replace(): ("),
            (#"label_join(m, "x", "", "")"#, "invalid source label name in label_join(): "),
            (#"label_replace(m, "i", "x", "i", ".*")"#, "vector cannot contain metrics with the same labelset"),
        ]
    )
    func invalid(_ query: String, _ message: String) {
        let error = #expect(throws: QueryError.self) { try vector(query) }
        #expect(error?.message == message)
        #expect(error?.kind == .execution)
    }

    @Test("Sorting puts NaN last in both directions, and leaves equal values in their order")
    func sorting() throws {
        let source = InMemorySeries()
        for (instance, value) in [("a", 2), ("b", .nan), ("c", 1), ("d", 2), ("e", .nan), ("f", -1)]
            as [(String, Double)]
        {
            source.add(["__name__": "m", "i": instance], [(50_000, value)])
        }
        for (query, expected) in [("sort(m)", "fcadbe"), ("sort_desc(m)", "adcfbe")] {
            let result = try QueryEngine().instant(query, at: Timestamp(milliseconds: 50_000), on: source)
            guard case .vector(_, let columns) = result.value else { preconditionFailure("a vector") }
            #expect(columns.labels.compactMap { $0["i"] }.joined() == expected, "\(query)")
        }
    }
}
