// SPDX-License-Identifier: Apache-2.0

/// One body to be posted.
struct OutgoingRequest: Sendable {
    var body: [UInt8]
    /// The header `Content-Type`.
    var contentType = "application/json"
    /// Headers of this request alone; no secrets.
    var headers: [(name: String, value: String)] = []
}

/// What became of a request.
enum RequestOutcome: Equatable, Sendable {
    /// The other side has taken it: any 2xx.
    case accepted
    /// It may go well later: no connection, no answer in time, 5xx, 429.
    case retry(reason: String, after: Duration?)
    /// It will not go well by being sent again: every other status.
    case refused(reason: String)
    /// It was broken off by this side.
    case aborted

    /// Source: Alertmanager, `notify/util.go`, `Retrier`; Prometheus, `notifier/sendloop.go`, for any 2xx. Redirects are
    /// refusals: where secrets go is what the configuration says, and nobody else.
    init(status: Int, retryAfter: Duration?, body: String) {
        let reason = "HTTP status \(status)" + (body.isEmpty ? "" : ": \(body)")
        switch status {
        case 200..<300: self = .accepted
        case 429, 500...: self = .retry(reason: reason, after: retryAfter)
        default: self = .refused(reason: reason)
        }
    }
}

/// Texts of the other side as they may stand in a log.
enum LoggedText {
    /// The most of an answer that is told.
    static let limit = 300

    /// The text on one line, bounded, without the secrets: a server may send back what it got.
    static func clean(_ text: String, without secrets: [String]) -> String {
        var text = text
        for secret in secrets where !secret.isEmpty { text = replace(secret, in: text) }
        let line = String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(limit).map { $0.value < 0x20 ? " " : $0 })
        )
        return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func replace(_ secret: String, in text: String) -> String {
        let (bytes, wanted) = (Array(text.utf8), Array(secret.utf8))
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: wanted) {
                result += Array("<secret>".utf8)
                index += wanted.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
