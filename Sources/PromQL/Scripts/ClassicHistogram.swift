// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A classic histogram at one time, being made into a native one with custom buckets.
///
/// Source: Prometheus, `util/convertnhcb/convertnhcb.go`.
struct ClassicHistogram {
    /// Which of a classic histogram's series one is.
    enum Part {
        case bucket(upperBound: Double)
        case sum
        case count
    }

    private var buckets: [Double: Double] = [:]
    private var count: Double?
    private var sum = 0.0

    init() {}

    /// Which part of which histogram a series is; nil when it is none.
    static func part(of labels: Labels) -> (part: Part, histogram: Labels)? {
        guard let name = labels["__name__"] else { return nil }
        let part: Part
        let suffix: String
        if name.hasSuffix("_bucket") {
            guard let text = labels["le"], let bound = GoNumber.parse(text), !bound.isNaN else { return nil }
            (part, suffix) = (.bucket(upperBound: bound), "_bucket")
        } else if name.hasSuffix("_sum") {
            (part, suffix) = (.sum, "_sum")
        } else if name.hasSuffix("_count") {
            (part, suffix) = (.count, "_count")
        } else {
            return nil
        }
        let pairs = labels.pairs.filter { $0.name != "le" && $0.name != "__name__" }.map {
            (name: $0.name, value: $0.value)
        }
        return (part, Labels(pairs + [(name: "__name__", value: String(name.dropLast(suffix.utf8.count)))]))
    }

    /// Takes the value of a part. Of one bucket the first stays.
    mutating func set(_ part: Part, _ value: Double) {
        switch part {
        case .bucket(let bound): if buckets[bound] == nil { buckets[bound] = value }
        case .sum: sum = value
        case .count: count = value
        }
    }

    /// The native histogram with custom buckets; the error says what is wrong with the counts.
    func converted() throws(SeriesNotationError) -> NativeHistogram {
        var cumulative = buckets.sorted { $0.key < $1.key }
        guard let total = count ?? cumulative.last?.value else {
            throw SeriesNotationError("a classic histogram needs a count or a bucket")
        }
        if cumulative.last?.key != .infinity { cumulative.append((.infinity, total)) }
        var histogram = NativeHistogram()
        histogram.schema = NativeHistogram.customBucketsSchema
        histogram.count = total
        histogram.sum = sum
        histogram.customValues = cumulative.dropLast().map(\.key)
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: UInt32(cumulative.count))]
        var previous = 0.0
        for (bound, value) in cumulative {
            guard value >= previous else {
                throw SeriesNotationError(
                    "the bucket le=\"\(bound)\" of a classic histogram has less than the one before"
                )
            }
            histogram.positiveBuckets.append(value - previous)
            previous = value
        }
        guard total == previous else {
            throw SeriesNotationError("the count of a classic histogram is not that of its last bucket")
        }
        histogram.compact(maximumGap: 0)
        return histogram
    }
}
