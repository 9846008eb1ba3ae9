// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import PromQL
import Tidemark

/// The parameters of a request: those of a form in its body, then those of its URL.
///
/// Where a parameter is given twice, the first counts, but for those that are lists. (Go's `Request.FormValue`, on
/// which clients rely: Grafana puts custom parameters into the URL of a POST.)
struct RequestParameters: Sendable {
    let fields: [FormField]

    init(fields: [FormField]) { self.fields = fields }

    /// Reads a request, body included.
    ///
    /// A body of another type than a form is passed over, as Prometheus does it.
    /// - Throws: ``APIError``: 400, 413; ``BodyIncomplete`` when the client stopped half-way.
    init(of request: Request, bodies: BodyCollector) async throws {
        var fields: [FormField] = []
        let type = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        if request.method == .post, type == "application/x-www-form-urlencoded" {
            fields = try await bodies.withBody(of: request) { try formFields($0) }
        }
        if let query = request.uri.query { fields += try formFields(query.utf8) }
        self.fields = fields
    }

    /// The value of a parameter; nil when it is not given, or empty, which is the same.
    subscript(name: String) -> String? {
        fields.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// All values of a parameter that is a list.
    func all(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    // MARK: - Typed values

    /// A time, or `fallback` when the parameter is not given.
    func time(_ name: String, or fallback: Timestamp) throws(APIError) -> Timestamp {
        guard let text = self[name] else { return fallback }
        return try requiredTime(name, text)
    }

    /// A time that has to be given.
    func time(_ name: String) throws(APIError) -> Timestamp {
        try requiredTime(name, self[name] ?? "")
    }

    private func requiredTime(_ name: String, _ text: String) throws(APIError) -> Timestamp {
        guard let time = Timestamp(parameter: text) else {
            throw .invalidParameter(name, "cannot parse \(quoted(text)) to a valid timestamp")
        }
        return time
    }

    /// From `start` through `end`, both optional: everything.
    func timeRange() throws(APIError) -> ClosedRange<Timestamp> {
        let start = try time("start", or: .earliest)
        let end = try time("end", or: .latest)
        guard start <= end else { throw .invalidParameter("end", "end timestamp must not be before start timestamp") }
        return start...end
    }

    /// A duration in nanoseconds, or nil when the parameter is not given.
    func duration(_ name: String) throws(APIError) -> Int64? {
        guard let text = self[name] else { return nil }
        do {
            return try nanoseconds(parameter: text)
        } catch {
            throw .invalidParameter(name, error.message)
        }
    }

    /// How many entries an answer may have; 0 for all.
    func limit() throws(APIError) -> Int {
        guard let text = self["limit"] else { return 0 }
        guard let limit = Int(text) else { throw .invalidParameter("limit", "\(quoted(text)) is not a number") }
        guard limit >= 0 else { throw .invalidParameter("limit", "limit must be non-negative") }
        return limit
    }

    /// The selectors of `match[]`; a series is asked for that any of them takes.
    ///
    /// - Throws: ``QueryError`` for what is no selector, `APIError` for one that takes every series.
    func selectors() throws -> [[LabelMatcher]] {
        try all("match[]").map { text in
            let matchers = try QueryEngine.parseSelector(text)
            guard matchers.contains(where: { !$0.matchesEmpty }) else {
                throw APIError(.badRequest, "match[] must contain at least one non-empty matcher")
            }
            return matchers
        }
    }
}

extension APIError {
    /// 400, in the words that Prometheus has for every parameter.
    static func invalidParameter(_ name: String, _ message: String) -> APIError {
        APIError(.badRequest, "invalid parameter \"\(name)\": \(message)")
    }
}

/// A parameter's text for an error: in quotes, and short.
private func quoted(_ text: String) -> String {
    var json = ""
    appendJSON(text.count > 200 ? text.prefix(200) + "…" : text, to: &json)
    return json
}
