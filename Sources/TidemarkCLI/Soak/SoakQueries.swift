// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// What a dashboard asks at the end of a week, and what that takes.
struct SoakQueries {
    /// The name in the report, the expression, how far back it goes and its step, in seconds; nil is one instant.
    static let all: [(name: String, expression: String, range: Int64?, step: Int64)] = [
        ("day", "sum by (campaign) (rate(campaign_clicks_total[5m]))", 86_400, 60),
        (
            "week",
            """
            sum by (campaign) (increase(campaign_clicks_total[1h])) \
            / sum by (campaign) (increase(campaign_impressions_total[1h]))
            """,
            7 * 86_400, 3_600
        ),
        ("top", "topk(10, sum by (ad) (increase(campaign_conversions_total[1d])))", nil, 0),
    ]
    private static let rounds = 3

    let store: MetricsStore

    /// Seconds of processor time of each, the best of some rounds.
    func run(at now: Timestamp) throws -> [(name: String, seconds: Double)] {
        try Self.all.map { query in
            var best = Double.infinity
            for _ in 0..<Self.rounds {
                best = min(best, try seconds(of: query.expression, query.range, query.step, at: now))
            }
            return (query.name, best)
        }
    }

    /// Seconds of processor time of the increase of each day from `start` on.
    func history(from start: Timestamp, through now: Timestamp) throws -> Double {
        let range = (now.milliseconds - start.milliseconds) / 1_000
        return try seconds(of: "sum(increase(campaign_clicks_total[1d]))", range, 86_400, at: now)
    }

    private func seconds(of expression: String, _ range: Int64?, _ step: Int64, at now: Timestamp) throws -> Double {
        let before = SoakMeter.processSeconds
        let answer =
            if let range {
                try store.query(
                    expression,
                    from: Timestamp(milliseconds: now.milliseconds - range * 1_000),
                    through: now,
                    step: step * 1_000
                )
            } else {
                try store.query(expression, at: now)
            }
        let seconds = SoakMeter.processSeconds - before
        guard Self.count(answer.value) > 0 else { throw CommandFailure("\(expression) finds nothing at \(now)") }
        return seconds
    }

    private static func count(_ value: QueryValue) -> Int {
        switch value {
        case .vector(_, let columns), .matrix(let columns): columns.count
        case .scalar, .string: 1
        }
    }
}
