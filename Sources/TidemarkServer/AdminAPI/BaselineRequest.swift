// SPDX-License-Identifier: Apache-2.0

import Tidemark

/// What a request wants of a new baseline.
struct BaselineRequest: Sendable {
    /// Longest model, version and file name in bytes.
    private static let longestText = 1_024

    let model: String
    let version: String?
    /// Nil: of a training file.
    let window: (start: Timestamp, end: Timestamp)?
    private let file: String
    private let options: TrainingOptions

    /// Reads `model`, and where they are given `version`, `start` and `end`, `bins`, `top`, and of a file `file` (its
    /// name), `categories` and `leave_out` (names separated by commas).
    ///
    /// - Throws: `APIError`, 400.
    init(_ parameters: RequestParameters) throws(APIError) {
        for name in ["model", "version", "file"] where (parameters[name]?.utf8.count ?? 0) > Self.longestText {
            throw .invalidParameter(name, "longer than \(Self.longestText) bytes")
        }
        guard let model = parameters["model"] else { throw .invalidParameter("model", "it has to be given") }
        self.model = model
        version = parameters["version"]
        if parameters["start"] != nil || parameters["end"] != nil {
            for name in ["file", "categories", "leave_out"] where parameters[name] != nil {
                throw .invalidParameter(name, "it goes with a training file, not with start and end")
            }
            window = (try parameters.time("start"), try parameters.time("end"))
        } else {
            window = nil
        }
        file = parameters["file"] ?? "body"
        options = TrainingOptions(
            categories: BaselineRequest.names(parameters["categories"]),
            leftOut: BaselineRequest.names(parameters["leave_out"]),
            bins: try parameters.number("bins", in: 2...Baseline.mostBins) ?? 10,
            topValues: try parameters.number("top", in: 0...Baseline.mostCategories) ?? 20
        )
    }

    /// Makes the baseline and sets it; blocks until it is durable.
    ///
    /// - Parameter text: of the training file; empty for a window.
    /// - Throws: `FileError` with the file's first fault, or `StoreRefusal`.
    func make(of text: [UInt8], created: Timestamp, in store: any EventStore) throws -> Baseline {
        if let window {
            return try store.setBaseline(
                model: model,
                version: version,
                from: window.start,
                to: window.end,
                bins: options.bins,
                topValues: options.topValues
            )
        }
        let read = try text.withUnsafeBufferPointer { text throws(FileError) in
            try Baseline.read(
                text,
                named: file,
                model: model,
                version: version,
                created: created,
                options: options
            )
        }
        return try store.setBaseline(read)
    }

    private static func names(_ list: String?) -> Set<String> {
        Set(
            (list ?? "").split(separator: ",").map {
                String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        )
    }
}

extension RequestParameters {
    /// A whole number within bounds, or nil when the parameter is not given.
    func number(_ name: String, in bounds: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw .invalidParameter(name, "it is \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }
}
