// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import Tidemark

/// A finished answer of the query API, not yet compressed.
struct AnswerBody: Sendable {
    var status = HTTPResponse.Status.ok
    var contentType = "application/json"
    var pieces: [ByteBuffer]

    /// 204, when there is nothing to say.
    static let nothing = AnswerBody(status: .noContent, pieces: [])

    /// A success envelope around `data`, which `write` appends.
    ///
    /// - Parameters:
    ///   - warnings: what `write` found, beside what is known before.
    ///   - write: appends one JSON value and returns whether it was cut to the limit.
    static func success(
        warnings: [String] = [],
        infos: [String] = [],
        _ write: (inout JSONPieces) throws -> Bool
    ) rethrows -> AnswerBody {
        var json = JSONPieces()
        json.append(#"{"status":"success","data":"#)
        let isTruncated = try write(&json)
        json.append(annotations: isTruncated ? warnings + ["results truncated due to limit"] : warnings, of: .warning)
        json.append(annotations: infos, of: .info)
        json.append("}")
        return AnswerBody(pieces: json.finish())
    }

    /// A success envelope around JSON that is written already.
    static func success(json: String) -> AnswerBody {
        success { pieces in
            pieces.append(json: json)
            return false
        }
    }
}

extension JSONPieces {
    /// The two lists of remarks in an envelope.
    enum Annotation: String {
        case warning, info
    }

    /// The most remarks of one kind that an answer has.
    static let annotationLimit = 10

    /// Appends `,"warnings":[…]`, or nothing when there is none. What is beyond the limit is counted in a last entry.
    ///
    /// Source: Prometheus, `util/annotations/annotations.go`, `AsStrings`.
    fileprivate mutating func append(annotations texts: [String], of kind: Annotation) {
        guard !texts.isEmpty else { return }
        append(kind == .warning ? #","warnings":"# : #","infos":"#)
        var shown = texts.prefix(JSONPieces.annotationLimit)
        if texts.count > shown.count {
            shown.append("\(texts.count - JSONPieces.annotationLimit) more \(kind.rawValue) annotations omitted")
        }
        append(strings: shown)
    }
}
