// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore

/// How an answer is compressed.
enum AnswerEncoding: String, Sendable {
    case gzip, deflate

    /// The first that the client takes, by its preference; nil for none.
    init?(accepting header: String?) {
        guard let header else { return nil }
        for item in acceptedItems(header) {
            if let encoding = AnswerEncoding(rawValue: item.name) {
                self = encoding
                return
            }
        }
        return nil
    }

    /// The answer compressed, or as it is when there is no memory for it.
    func encoded(_ body: AnswerBody) -> EncodedAnswer {
        guard !body.pieces.isEmpty, let compressed = compressed(body.pieces, as: self) else {
            return EncodedAnswer(body)
        }
        var answer = EncodedAnswer(body)
        answer.pieces = [compressed]
        answer.encoding = self
        return answer
    }
}

/// An answer as it goes out.
struct EncodedAnswer: Sendable {
    var status: HTTPResponse.Status
    var contentType: String
    var pieces: [ByteBuffer]
    var encoding: AnswerEncoding?

    init(_ body: AnswerBody) {
        status = body.status
        contentType = body.contentType
        pieces = body.pieces
    }

    var response: Response {
        var headers: HTTPFields = [.vary: "Accept-Encoding"]
        if let encoding { headers[.contentEncoding] = encoding.rawValue }
        if status == .noContent { return Response(status: status, headers: headers) }
        headers[.contentType] = contentType
        let body = pieces.count == 1 ? ResponseBody(byteBuffer: pieces[0]) : ResponseBody(contentsOf: pieces)
        return Response(status: status, headers: headers, body: body)
    }
}
