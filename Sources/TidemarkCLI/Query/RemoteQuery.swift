// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import NIOCore
import NIOHTTP1
import Tidemark
import TidemarkServer

/// A query of a server that speaks Prometheus's query API, Tidemark or another.
struct RemoteQuery {
    let server: ServerURL
    let client: HTTPClientConfig

    /// A query may run for two minutes, and wait as long for its turn.
    private static let timeout: TimeAmount = .seconds(300)
    private static let longestAnswer = 1 << 30

    /// - Throws: ``CommandFailure``, one line for a person.
    func answer(_ expression: String, _ span: QuerySpan) async throws -> QueryAnswer {
        var form = [("query", expression)]
        var path = "/api/v1/query"
        switch span {
        case .instant(let time): if let time { form.append(("time", time.rfc3339)) }
        case .range(let start, let end, let step):
            path += "_range"
            form += [("start", start.rfc3339), ("end", end.rfc3339), ("step", "\(step)ms")]
        }
        let answer = try await server.answer(
            .POST,
            path,
            as: client,
            contentType: "application/x-www-form-urlencoded",
            body: ByteBuffer(string: form.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")),
            timeout: RemoteQuery.timeout,
            longestAnswer: RemoteQuery.longestAnswer
        )
        return try read(answer)
    }

    private func read(_ answer: HTTPAnswer) throws -> QueryAnswer {
        let bytes = Array(answer.body.readableBytesView)
        let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(bytes))
        guard answer.status == 200, let data = topLevelValue("data", of: bytes) else {
            throw CommandFailure("\(server): \(envelope?.error ?? "HTTP status \(answer.status)")")
        }
        return QueryAnswer(json: Array(data), warnings: envelope?.warnings ?? [], infos: envelope?.infos ?? [])
    }

    private struct Envelope: Decodable {
        var error: String?
        var warnings: [String]?
        var infos: [String]?
    }
}

/// The bytes of one member's value in a JSON object, as they stand there; nil when there is no such member.
///
/// The text is taken to be JSON: only strings and brackets are looked at.
func topLevelValue(_ name: String, of json: [UInt8]) -> ArraySlice<UInt8>? {
    let key = Array("\"\(name)\"".utf8)
    var depth = 0
    var index = 0
    var valueStart: Int?
    while index < json.count {
        switch json[index] {
        case UInt8(ascii: "\""):
            let start = index
            index += 1
            while index < json.count, json[index] != UInt8(ascii: "\"") {
                index += json[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            if depth == 1, valueStart == nil, index < json.count, json[start...index].elementsEqual(key) {
                var after = index + 1
                while after < json.count, json[after] <= 0x20 { after += 1 }
                if after < json.count, json[after] == UInt8(ascii: ":") {
                    valueStart = after + 1
                    index = after
                }
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth == 0, let valueStart { return json[valueStart..<index] }
        case UInt8(ascii: ","):
            if depth == 1, let valueStart { return json[valueStart..<index] }
        default: break
        }
        index += 1
    }
    return nil
}
