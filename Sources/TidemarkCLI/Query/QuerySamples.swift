// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The series of an answer with their samples as texts.
struct QuerySamples {
    /// One series; a scalar or a string is one without labels.
    struct Series {
        /// Ordered by name, `__name__` first.
        var labels: [(name: String, value: String)]
        /// Ordered by time.
        var samples: [(seconds: Double, value: String)]
    }

    /// Whether there may be several samples of a series.
    let isMatrix: Bool
    let series: [Series]

    /// Reads the `data` object of the query API.
    ///
    /// - Throws: ``CommandFailure`` when it is none.
    init(json: [UInt8]) throws {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(json))
        } catch {
            throw CommandFailure("the answer is not that of a query API")
        }
        isMatrix = document.resultType == "matrix"
        series = document.series.map { row in
            Series(
                labels: (row.metric ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                    .map { ($0.key, $0.value) },
                samples: row.samples.sorted { $0.seconds < $1.seconds }.map { ($0.seconds, $0.text) }
            )
        }
    }

    // MARK: - The shapes of JSON

    private struct Document: Decodable {
        var resultType: String
        var series: [Row]

        enum Key: CodingKey { case resultType, result }

        init(from decoder: any Decoder) throws {
            let object = try decoder.container(keyedBy: Key.self)
            resultType = try object.decode(String.self, forKey: .resultType)
            switch resultType {
            case "scalar", "string": series = [Row(value: try object.decode(Sample.self, forKey: .result))]
            default: series = try object.decode([Row].self, forKey: .result)
            }
        }
    }

    private struct Row: Decodable {
        var metric: [String: String]?
        var value: Sample?
        var histogram: Sample?
        var values: [Sample]?
        var histograms: [Sample]?

        init(value: Sample) { self.value = value }

        var samples: [Sample] {
            [value, histogram].compactMap { $0 } + (values ?? []) + (histograms ?? [])
        }
    }

    /// `[time, "value"]` or `[time, {histogram}]`.
    private struct Sample: Decodable {
        var seconds: Double
        var text: String

        struct Histogram: Decodable {
            var count: String
            var sum: String
        }

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            seconds = try pair.decode(Double.self)
            if let text = try? pair.decode(String.self) {
                self.text = text
            } else {
                let histogram = try pair.decode(Histogram.self)
                text = "{count:\(histogram.count), sum:\(histogram.sum)}"
            }
        }
    }
}
