// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// What was to be fixed in classic histograms, by metric: one info of all steps and quantiles together.
///
/// Source: Prometheus, `util/annotations/annotations.go`, `histogramQuantileForcedMonotonicityErr`.
package struct MonotonicityFixes {
    private var fixes: [(metric: String, fix: ClassicBuckets.Fix, samples: Int, from: Int64, through: Int64)] = []
    private var known: [ByteText: Int] = [:]

    package init() {}

    /// Adds the fix of one histogram at a time in milliseconds.
    package mutating func add(_ fix: ClassicBuckets.Fix, metric: String, time: Int64) {
        guard let index = known[ByteText(metric)] else {
            known[ByteText(metric)] = fixes.count
            fixes.append((metric, fix, 1, time, time))
            return
        }
        fixes[index].fix.lowest = min(fixes[index].fix.lowest, fix.lowest)
        fixes[index].fix.highest = max(fixes[index].fix.highest, fix.highest)
        fixes[index].fix.difference = max(fixes[index].fix.difference, fix.difference)
        fixes[index].samples += 1
        fixes[index].from = min(fixes[index].from, time)
        fixes[index].through = max(fixes[index].through, time)
    }

    /// Adds an info for each metric.
    package func report(to annotations: inout Annotations, at position: SourceRange?) {
        for (metric, fix, samples, from, through) in fixes {
            let text = """
                input to histogram_quantile needed to be fixed for monotonicity (see \
                https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)\
                \(annotations.suffix(metric)), from buckets \(GoNumber.general(fix.lowest)) to \
                \(GoNumber.general(fix.highest)), with a max diff of \(twoDigitText(fix.difference)), over \
                \(samples) samples from \(timeText(from)) to \(timeText(through))
                """
            annotations.inform(text, at: position)
        }
    }

    /// As `%.2g` writes a number.
    private func twoDigitText(_ value: Double) -> String {
        if !value.isFinite { return GoNumber.general(value) }
        return withVaList([value]) { arguments in
            var bytes = [CChar](repeating: 0, count: 32)
            let length = vsnprintf(&bytes, bytes.count, "%.2g", arguments)
            return String(decoding: bytes.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// A time in milliseconds in the form of RFC 3339, UTC, whole seconds, cut towards 1970.
    private func timeText(_ milliseconds: Int64) -> String {
        let time = CivilInstant(seconds: milliseconds / 1_000)
        func padded(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.dayOfMonth, 2))"
        return
            "\(date)T\(padded(time.second / 3_600, 2)):\(padded(time.second / 60 % 60, 2)):\(padded(time.second % 60, 2))Z"
    }
}
