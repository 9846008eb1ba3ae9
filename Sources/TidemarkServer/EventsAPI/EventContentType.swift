// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Tidemark

/// How a body's `Content-Type` says it is to be read.
///
/// | media type | read as |
/// |---|---|
/// | `application/x-ndjson` (also `application/ndjson`, `application/jsonl`) | NDJSON |
/// | `application/json`, `application/cloudevents+json`, `application/cloudevents-batch+json` | JSON |
/// | `text/csv` | CSV, through a mapping |
/// | none, or `application/x-www-form-urlencoded` | whatever the bytes look like |
///
/// The last row is for people: plain `curl --data-binary @events.ndjson` sends the form type. It is not for browsers:
/// the form type is one that any web page may post to any address without asking, so a request with an `Origin`
/// header must name its type. Parameters such as `charset` are ignored.
///
/// - Throws: ``APIError``, 415.
func eventFormat(contentType: String?, origin: String?) throws(APIError) -> EventFormat {
    let mediaType = contentType.map { $0.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased() } ?? ""
    switch mediaType {
    case "application/x-ndjson", "application/ndjson", "application/jsonl":
        return .ndjson
    case "application/json", "application/cloudevents+json", "application/cloudevents-batch+json":
        return .json
    case "text/csv":
        return .csv
    case "" where origin == nil, "application/x-www-form-urlencoded" where origin == nil:
        return .auto
    default:
        let given = mediaType.isEmpty ? "no Content-Type" : "Content-Type '\(mediaType)'"
        throw APIError(
            .unsupportedMediaType,
            "\(given) is not supported; application/x-ndjson, application/json, application/cloudevents+json, "
                + "application/cloudevents-batch+json and text/csv are"
        )
    }
}
