// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import PromQL
import Tidemark
import TimeSeries

/// `/api/v1/series`: the label sets of the series that any selector takes.
struct SeriesEndpoint: Sendable {
    let runner: QueryRunner

    /// Parameters: `match[]` (at least one), `start`, `end`, `limit`.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        guard !parameters.all("match[]").isEmpty else {
            throw APIError(.badRequest, "no match[] parameter provided")
        }
        let limit = try parameters.limit()
        let time = try parameters.timeRange()
        return try await runner.answer(request, context) { source, work in
            let selectors: [[LabelMatcher]]
            do {
                selectors = try parameters.selectors()
            } catch let error as QueryError {
                throw APIError.invalidParameter("match[]", error.message)
            } catch let error as APIError {
                throw APIError.invalidParameter("match[]", error.message)
            }
            let found = try union(of: selectors, in: source, over: time, work)
            return AnswerBody.success { json in
                let count = limit > 0 ? min(limit, found.count) : found.count
                json.append("[")
                for (index, labels) in found.prefix(count).enumerated() {
                    if index > 0 { json.append(",") }
                    json.append(labels: labels)
                }
                json.append("]")
                return count < found.count
            }
        }
    }

    /// The label sets of all selected series, ordered, each once. One may have no sample in the time asked.
    private func union(
        of selectors: [[LabelMatcher]],
        in source: any SeriesSource,
        over time: ClosedRange<Timestamp>,
        _ work: QueryWork
    ) throws -> [Labels] {
        var found: [Labels] = []
        for matchers in selectors {
            let set = try source.select(
                SeriesSelection(matchers, from: time.lowerBound, through: time.upperBound)
            )
            found.reserveCapacity(found.count + set.count)
            for index in 0..<set.count {
                if index % 4_096 == 0 { try work.checkpoint() }
                found.append(set.labels(index))
            }
        }
        found.sort()
        guard selectors.count > 1 else { return found }
        var unique: [Labels] = []
        unique.reserveCapacity(found.count)
        for labels in found where unique.last != labels { unique.append(labels) }
        return unique
    }
}
