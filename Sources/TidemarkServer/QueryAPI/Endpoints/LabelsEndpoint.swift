// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import PromQL
import Tidemark
import TimeSeries

/// `/api/v1/labels` and `/api/v1/label/{name}/values`: names and values for those who are typing a query.
struct LabelsEndpoint: Sendable {
    let runner: QueryRunner

    /// `/api/v1/labels`. Parameters: `match[]`, `start`, `end`, `limit`.
    func names(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        try await answer(request, context) { source, selection, limit in
            try source.labelNames(selection, limit: limit)
        }
    }

    /// `/api/v1/label/{name}/values`. Parameters: `match[]`, `start`, `end`, `limit`.
    ///
    /// Any name is a label name but the empty one, and one of other characters than `[a-zA-Z0-9_]` may be escaped.
    func values(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let inPath = context.parameters.get("name") ?? ""
        guard let decoded = try? formFields(Array(("=" + inPath.replacing("+", with: "%2B")).utf8)).first?.value,
            !decoded.isEmpty
        else { throw APIError(.badRequest, "invalid label name: \"\(inPath)\"") }
        let name = unescapedLabelName(decoded)
        return try await answer(request, context) { source, selection, limit in
            try source.labelValues(name, selection, limit: limit)
        }
    }

    private func answer(
        _ request: Request,
        _ context: ConnectionContext,
        _ list: @escaping @Sendable (any SeriesSource, SeriesSelection, Int) throws -> LabelList
    ) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        let limit = try parameters.limit()
        let time = try parameters.timeRange()
        return try await runner.answer(request, context) { source, work in
            let selectors = try parameters.selectors()
            let most = limit > 0 ? limit : .max
            let lists = try (selectors.isEmpty ? [[]] : selectors).map { matchers in
                try work.checkpoint()
                let selection = SeriesSelection(matchers, from: time.lowerBound, through: time.upperBound)
                return try list(source, selection, most)
            }
            let found = union(of: lists, limit: most)
            return AnswerBody.success { json in
                json.append(strings: found.values)
                return found.isTruncated
            }
        }
    }

    /// The entries of all lists, ordered by bytes, each once.
    private func union(of lists: [LabelList], limit: Int) -> LabelList {
        if lists.count == 1 { return lists[0] }
        var unique: [String] = []
        for text in lists.flatMap(\.values).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where !(unique.last?.utf8.elementsEqual(text.utf8) ?? false) { unique.append(text) }
        let isTruncated = unique.count > limit || lists.contains(where: \.isTruncated)
        return LabelList(values: Array(unique.prefix(limit)), isTruncated: isTruncated)
    }
}
