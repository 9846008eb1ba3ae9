// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import PromQL
import Tidemark
import TimeSeries

/// `POST /api/v1/read`: Prometheus's remote read, with samples for an answer.
///
/// | status | when |
/// |---|---|
/// | 200 | the samples, staleness markers included: one result for each query, in their order; series without samples are left out |
/// | 400 | the body is not Snappy or not that message, a matcher is none, too many samples, or the client takes no samples |
/// | 413, 415, 503 | as the query API and remote write |
///
/// Source: prometheus storage/remote/read_handler.go. Streamed chunks are optional there, and Prometheus asks for either.
struct RemoteReadEndpoint: Sendable {
    let runner: QueryRunner

    /// Answers one request, on a thread of the query API.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        try RemoteWriteEndpoint.check(encoding: request.headers[.contentEncoding])
        let block = try await runner.bodies.withBody(of: request, isPlain: true) { ByteBuffer(bytes: $0) }
        var response = try await runner.answer(request, context, isPlain: true) { [runner] source, work in
            let message = try block.withUnsafeReadableBytes { try Snappy.decompress($0, limit: runner.bodies.limit) }
            let queries = try Self.queries(message)
            var answer = MessageWriter()
            var samples = 0
            for query in queries {
                let result = try Self.read(query, source, work, most: runner.options.maximumSamples, &samples)
                result.withUnsafeBytes { answer.bytes(1, $0) }
            }
            let body = answer.bytes.withUnsafeBytes { Snappy.compress($0) }
            return AnswerBody(contentType: "application/x-protobuf", pieces: [body])
        }
        response.headers[.contentEncoding] = "snappy"
        return response
    }

    private static func queries(_ message: ByteBuffer) throws(APIError) -> [ReadRequest.Query] {
        let request: Result<ReadRequest, ReadRequest.Fault> = message.withUnsafeReadableBytes { bytes in
            do throws(ReadRequest.Fault) {
                return .success(try ReadRequest(bytes))
            } catch {
                return .failure(error)
            }
        }
        switch request {
        case .success(let request) where request.acceptsSamples: return request.queries
        case .success: throw APIError(.badRequest, "the client takes no answer of samples; there is no other here")
        case .failure(.malformed): throw APIError(.badRequest, "the body is not a remote read request")
        case .failure(.matcher(let error)): throw APIError(.badRequest, "\(error)")
        }
    }

    /// The result of a query, which is laid out as a write request of version 1.
    private static func read(
        _ query: ReadRequest.Query,
        _ source: any SeriesSource,
        _ work: QueryWork,
        most: Int,
        _ samples: inout Int
    ) throws -> [UInt8] {
        var writer = WriteRequestWriter(.v1)
        guard query.start <= query.end else { return writer.finish() }
        let set = try source.select(
            SeriesSelection(
                query.matchers,
                from: Timestamp(milliseconds: query.start),
                through: Timestamp(milliseconds: query.end)
            )
        )
        // By labels, as the peer merges results.
        let order = (0..<set.count).map { (index: $0, labels: set.labels($0)) }.sorted { $0.labels < $1.labels }
        let columns = SampleColumns(capacity: 64)
        for (index, labels) in order {
            try work.checkpoint()
            columns.count = 0
            try set.read(index, into: columns)
            guard columns.count > 0 else { continue }
            samples += columns.count
            guard samples <= most else {
                throw APIError(.badRequest, "more than \(most) samples: ask for less time or fewer series")
            }
            columns.values.withMemoryRebound(to: UInt64.self, capacity: columns.count) { bits in
                writer.append(
                    labels.pairs,
                    times: UnsafeBufferPointer(start: columns.timestamps, count: columns.count),
                    values: UnsafeBufferPointer(start: bits, count: columns.count)
                )
            }
        }
        return writer.finish()
    }
}
