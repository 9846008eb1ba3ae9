// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import TidemarkServer

extension ServerURL {
    /// Sends one request on a connection of its own and waits for the whole answer, whatever its status.
    ///
    /// - Parameters:
    ///   - path: of the server's own, with its query.
    ///   - client: who we are, and whom we trust.
    ///   - longestAnswer: in bytes.
    /// - Throws: ``CommandFailure``, one line for a person.
    func answer(
        _ method: HTTPMethod,
        _ path: String,
        as client: HTTPClientConfig,
        contentType: String? = nil,
        body: ByteBuffer,
        timeout: TimeAmount,
        longestAnswer: Int
    ) async throws -> HTTPAnswer {
        var headers: HTTPHeaders = ["Host": authority, "Content-Length": String(body.readableBytes)]
        if let contentType { headers.add(name: "Content-Type", value: contentType) }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: prefix + path, headers: headers)
        do {
            let connection = try await HTTPConnection.open(to: self, as: client, longestAnswer: longestAnswer)
            defer { connection.close() }
            return try await connection.exchange(head, body: body, timeout: timeout)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("\(self): \(connectionReason(error))")
        }
    }
}
