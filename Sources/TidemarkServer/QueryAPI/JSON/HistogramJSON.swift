// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension JSONPieces {
    /// Appends a native histogram: `{"count":"3","sum":"4.5","buckets":[[0,"1","2","3"]]}`.
    ///
    /// A bucket's first number says which of its bounds it includes: 0 the upper one, 1 the lower one, 2 none, 3 both.
    /// Empty buckets are left out, and `buckets` when there is no other.
    /// Source: Prometheus, `util/jsonutil/marshal.go`, `MarshalHistogram`.
    mutating func append(histogram: NativeHistogram) {
        append(#"{"count":"#)
        append(value: histogram.count)
        append(#","sum":"#)
        append(value: histogram.sum)
        var count = 0
        for bucket in histogram.buckets() where bucket.count != 0 {
            append(count == 0 ? #","buckets":[["# : ",[")
            append(bucket.upperInclusive ? (bucket.lowerInclusive ? 3 : 0) : (bucket.lowerInclusive ? 1 : 2))
            append(",")
            append(value: bucket.lower)
            append(",")
            append(value: bucket.upper)
            append(",")
            append(value: bucket.count)
            append("]")
            count += 1
        }
        append(count > 0 ? "]}" : "}")
    }
}
