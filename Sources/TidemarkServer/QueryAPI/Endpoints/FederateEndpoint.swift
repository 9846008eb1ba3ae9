// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import PromQL
import Tidemark
import TimeSeries

/// `/federate`: the newest sample of each selected series, with its timestamp, in text 0.0.4.
///
/// As in Prometheus (`web/federate.go`): series whose newest sample is older than the lookback, or a staleness marker,
/// are left out; native histograms too, which the format cannot say; a series without `instance` gets an empty one, so
/// that the scraper does not put its own in its place. Errors are plain text.
struct FederateEndpoint: Sendable {
    let runner: QueryRunner

    /// Parameter: `match[]`; the page is empty without one.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        do {
            let parameters = try await runner.parameters(of: request)
            let allowsUTF8 = NegotiatedFormat(accept: request.headers[.accept]).escaping == "allow-utf-8"
            let now = runner.clock.now
            var response = try await runner.answer(request, context) { [runner] source, work in
                let selectors = try parameters.selectors()
                let samples = try newest(of: selectors, in: source, at: now, lookback: runner.options.lookback, work)
                return page(samples, source.metadata(), allowsUTF8: allowsUTF8)
            }
            response.headers[.vary] = "Accept, Accept-Encoding"
            return response
        } catch let error as APIError {
            var headers = error.headers
            headers[.contentType] = "text/plain; charset=utf-8"
            return Response(
                status: error.status,
                headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: error.message + "\n"))
            )
        }
    }

    /// A series with its newest sample.
    private struct Sample {
        var name: String
        var labels: Labels
        var time: Int64
        var value: Double
    }

    /// The samples to be shown, by metric name, then by labels, each series once.
    private func newest(
        of selectors: [[LabelMatcher]],
        in source: any SeriesSource,
        at now: Timestamp,
        lookback: Int64,
        _ work: QueryWork
    ) throws -> [Sample] {
        var seen: Set<Labels> = []
        var samples: [Sample] = []
        let columns = SampleColumns(capacity: 64)
        for matchers in selectors {
            // The window is open on the left.
            let start = Timestamp(milliseconds: now.milliseconds - lookback + 1)
            let set = try source.select(SeriesSelection(matchers, from: start, through: now))
            for index in 0..<set.count {
                if index % 1_024 == 0 { try work.checkpoint() }
                let labels = set.labels(index)
                if selectors.count > 1, !seen.insert(labels).inserted { continue }
                try set.read(index, into: columns)
                guard columns.count > 0 else { continue }
                let last = columns.count - 1
                let value = columns.values[last]
                guard !SampleColumns.isStale(value), columns.histograms.isEmpty || columns.histograms[last] == nil
                else { continue }
                samples.append(
                    Sample(
                        name: labels["__name__"] ?? "",
                        labels: labels,
                        time: columns.timestamps[last],
                        value: value
                    )
                )
            }
        }
        samples.sort { left, right in
            left.name.utf8.elementsEqual(right.name.utf8)
                ? left.labels < right.labels : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        return samples
    }

    private func page(_ samples: [Sample], _ families: [MetricFamily], allowsUTF8: Bool) -> AnswerBody {
        let described = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
        var text = FederationText(allowsUTF8: allowsUTF8)
        var name: String?
        for sample in samples where !sample.name.isEmpty {
            if sample.name != name {
                name = sample.name
                // The parts of a histogram are metrics of their own here, of no known type.
                text.begin(sample.name, described[sample.name])
            }
            text.append(sample.name, sample.labels, sample.value, at: sample.time)
        }
        let base = "text/plain; version=0.0.4; charset=utf-8"
        return AnswerBody(
            contentType: allowsUTF8 ? base + "; escaping=allow-utf-8" : base,
            pieces: [text.page.bytes]
        )
    }
}
