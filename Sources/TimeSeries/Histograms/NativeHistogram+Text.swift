// SPDX-License-Identifier: Apache-2.0

extension NativeHistogram: CustomStringConvertible {
    /// As Prometheus prints one: `{count:2, sum:3, [-1,1]:…}`, empty buckets left out.
    public var description: String {
        var text = "{count:\(GoNumber.general(count)), sum:\(GoNumber.general(sum))"
        var negative: [String] = []
        forEachNegative { index, count in
            if count != 0 { negative.append(", \(negativeBucket(index, count: count))") }
        }
        for bucket in negative.reversed() { text += bucket }
        if zeroCount != 0, !usesCustomBuckets { text += ", \(zeroBucket)" }
        forEachPositive { index, count in
            if count != 0 { text += ", \(positiveBucket(index, count: count))" }
        }
        return text + "}"
    }

    /// As the test language writes one: `{{schema:1 count:22 sum:3 buckets:[5 10 7]}}`. What is 0 or not known is left
    /// out; the buckets of each side are one run. (Prometheus: `TestExpression`.)
    public var testExpression: String {
        var compacted = self
        compacted.compact(maximumGap: .max)
        var parts: [String] = []
        if schema != 0 { parts.append("schema:\(schema)") }
        if count != 0 { parts.append("count:\(GoNumber.general(count))") }
        if sum != 0 { parts.append("sum:\(GoNumber.general(sum))") }
        if zeroCount != 0 { parts.append("z_bucket:\(GoNumber.general(zeroCount))") }
        if zeroThreshold != 0 { parts.append("z_bucket_w:\(GoNumber.general(zeroThreshold))") }
        if usesCustomBuckets { parts.append("custom_values:\(list(customValues))") }
        switch resetHint {
        case .unknown: break
        case .reset: parts.append("counter_reset_hint:reset")
        case .notReset: parts.append("counter_reset_hint:not_reset")
        case .gauge: parts.append("counter_reset_hint:gauge")
        }
        if let span = compacted.positiveSpans.first {
            if span.offset != 0 { parts.append("offset:\(span.offset)") }
            parts.append("buckets:\(list(compacted.positiveBuckets))")
        }
        if let span = compacted.negativeSpans.first {
            if span.offset != 0 { parts.append("n_offset:\(span.offset)") }
            parts.append("n_buckets:\(list(compacted.negativeBuckets))")
        }
        return "{{\(parts.joined(separator: " "))}}"
    }

    private func list(_ values: [Double]) -> String {
        "[\(values.map(GoNumber.general).joined(separator: " "))]"
    }
}

extension NativeHistogram.Bucket: CustomStringConvertible {
    /// `(0.5,1]:2`: the bounds with brackets where they are inclusive, and the count.
    public var description: String {
        let bounds = "\(GoNumber.general(lower)),\(GoNumber.general(upper))"
        return "\(lowerInclusive ? "[" : "(")\(bounds)\(upperInclusive ? "]" : ")"):\(GoNumber.general(count))"
    }
}
