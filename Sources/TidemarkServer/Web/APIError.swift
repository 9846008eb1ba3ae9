// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import TimeSeries

/// An error that answers for itself: a status code and Prometheus' JSON envelope.
///
/// Source: prometheus web/api/v1/api.go. Types it does not have (`too_large`, `method_not_allowed`, …) are spelled alike.
struct APIError: Error, HTTPResponseError {
    var status: HTTPResponse.Status
    var message: String
    var headers: HTTPFields = [:]
    /// Members after `error`, such as `"accepted":0`; a body that has something to say beyond the sentence.
    var members = ""
    /// The kind, where it is not the one that goes with the status code.
    private var ownType: String?

    /// - Parameters:
    ///   - type: the kind, where it is not the one that goes with the status code.
    ///   - retryAfter: seconds, for the `Retry-After` header.
    init(_ status: HTTPResponse.Status, _ message: String, type: String? = nil, retryAfter: Int? = nil) {
        self.status = status
        self.message = message
        ownType = type
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    }

    /// The machine-readable kind that goes with the status code.
    var errorType: String {
        if let ownType { return ownType }
        return switch status.code {
        case 400: "bad_data"
        case 401: "unauthorized"
        case 403: "forbidden"
        case 404: "not_found"
        case 405: "method_not_allowed"
        case 408: "timeout"
        case 413: "too_large"
        case 409: "conflict"
        case 406: "not_acceptable"
        case 415: "unsupported_media_type"
        case 422: "execution"
        case 429: "too_many_requests"
        case 503: "unavailable"
        case 507: "insufficient_storage"
        default: "internal"
        }
    }

    /// The answer.
    var response: Response {
        var text = #"{"status":"error","errorType":""# + errorType + #"","error":"#
        appendJSON(message, to: &text)
        if !members.isEmpty { text += "," + members }
        text += "}"
        var fields = headers
        fields[.contentType] = "application/json"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    func response(from request: Request, context: some RequestContext) throws -> Response { response }
}

/// Appends `text` as a JSON string, quotes included.
func appendJSON(_ text: String, to json: inout String) { QuotedText.appendJSON(text, to: &json) }
