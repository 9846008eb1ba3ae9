// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOCore
import NIOHTTP1
import Tidemark
import TidemarkServer

/// The baselines of a running server, through its admin API.
struct RemoteBaselines {
    let server: ServerURL
    let client: HTTPClientConfig

    /// A server reads a training file in seconds; a window is a query, which may take two minutes.
    private static let timeout: TimeAmount = .seconds(300)
    private static let longestAnswer = 1 << 30

    /// Those of a model and a number, where they are given.
    ///
    /// - Throws: ``CommandFailure``, one line for a person.
    func list(model: String?, number: UInt32?) async throws -> [Baseline] {
        let parameters = [("model", model), ("number", number.map { "\($0)" })]
        let data: Answer<[BaselineAnswer]> = try await exchange(.GET, parameters, ByteBuffer())
        return try data.data.map { try $0.baseline() }
    }

    /// Has the server make a baseline and set it.
    ///
    /// - Parameters:
    ///   - parameters: as the endpoint takes them; those that are nil are left out.
    ///   - file: the training file; empty for a window.
    func set(_ parameters: [(String, String?)], file: ByteBuffer) async throws -> Baseline {
        let answer: Answer<BaselineAnswer> = try await exchange(.POST, parameters, file)
        return try answer.data.baseline()
    }

    private func exchange<Content: Decodable>(
        _ method: HTTPMethod,
        _ parameters: [(String, String?)],
        _ body: ByteBuffer
    ) async throws -> Answer<Content> {
        let query = parameters.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }
        let answer = try await server.answer(
            method,
            "/api/v1/admin/baselines" + (query.isEmpty ? "" : "?" + query.joined(separator: "&")),
            as: client,
            body: body,
            timeout: RemoteBaselines.timeout,
            longestAnswer: RemoteBaselines.longestAnswer
        )
        let bytes = Data(answer.body.readableBytesView)
        if answer.status == 200, let read = try? JSONDecoder().decode(Answer<Content>.self, from: bytes) { return read }
        let refusal = try? JSONDecoder().decode(Refusal.self, from: bytes)
        // A fault of the file names it, and its line.
        if let refusal, refusal.errors?.isEmpty == false { throw CommandFailure(refusal.error) }
        throw CommandFailure("\(server): \(refusal?.error ?? "HTTP status \(answer.status)")")
    }

    private struct Answer<Content: Decodable>: Decodable {
        var data: Content
    }

    private struct Refusal: Decodable {
        var error: String
        var errors: [ServerAnswer.Rejected]?
    }
}

/// A baseline as the admin API tells it.
private struct BaselineAnswer: Decodable {
    struct Feature: Decodable {
        var name: String
        var missing: UInt64
        /// Of numbers alone.
        var standard_deviation: Double?
        var bins: [Bin]
    }

    struct Bin: Decodable {
        var bin: String
        var upper: Double?
        var position: Double?
        var count: UInt64
    }

    var model: String
    var version: String?
    var number: UInt32
    var created: String
    var source: String
    var features: [Feature]

    func baseline() throws -> Baseline {
        guard let created = Timestamp(rfc3339: created) else {
            throw CommandFailure("the server's answer has no time: '\(created)'")
        }
        return Baseline(
            model: model,
            version: version,
            number: number,
            created: created,
            source: source,
            features: try features.map { feature in
                let bins: FeatureBaseline.Bins
                if let deviation = feature.standard_deviation {
                    let (bounds, positions) = (feature.bins.compactMap(\.upper), feature.bins.compactMap(\.position))
                    guard bounds.count + 1 == feature.bins.count, positions.count == feature.bins.count else {
                        throw CommandFailure("the server's answer has bins without bounds: '\(feature.name)'")
                    }
                    bins = .numeric(upperBounds: bounds, positions: positions, standardDeviation: deviation)
                } else {
                    bins = .categories(feature.bins.dropLast().map(\.bin))
                }
                guard !feature.bins.isEmpty else {
                    throw CommandFailure("the server's answer has no bins: '\(feature.name)'")
                }
                return FeatureBaseline(
                    name: feature.name,
                    bins: bins,
                    counts: feature.bins.map(\.count),
                    missing: feature.missing
                )
            }
        )
    }
}
