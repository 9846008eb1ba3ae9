// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Series being given labels of info series. Which info series is in force can change from step to step, and with it
/// the labels of what comes out.
struct Enrichment {
    /// The labels by which info series are found.
    static let identifying = ["instance", "job"]

    private let base: VectorColumns
    private let isInfo: [Bool]
    /// The labels that are taken over; empty for all.
    private let wanted: Set<ByteText>
    /// Whether a series stays without an info series.
    private let staysAlone: Bool

    /// Times of the info samples, in seconds.
    private var times: VectorColumns
    private var signatures = LabelIndex(LabelSelection(only: ["__name__"] + identifying))
    /// The names of the info metrics.
    private var names: [String] = []
    /// Of each signature the info series with the newest sample at each step, or −1.
    private var newest: [[Int32]] = []
    /// The first step at which two info series of a signature have samples of one time, or one is a histogram.
    private var fault: (step: Int, error: QueryError)?

    init(_ base: VectorColumns, isInfo: [Bool], data: [LabelMatcher]) {
        self.base = base
        self.isInfo = isInfo
        wanted = Set(data.map { ByteText($0.name) })
        staysAlone = data.allSatisfy(\.matchesEmpty)
        times = VectorColumns(stepCount: base.stepCount)
    }

    /// Takes the info series: the times of their samples, and the samples.
    mutating func take(_ times: VectorColumns, _ values: VectorColumns) throws(QueryError) {
        self.times = times
        names = Set(times.labels.compactMap { $0["__name__"].map(ByteText.init) }).map(\.text).sorted()
        let isLive = (0..<base.stepCount).map { step in
            (0..<base.count).contains { !VectorColumns.isAbsent(base.values[$0 * base.stepCount + step]) }
        }
        for row in 0..<times.count {
            let signature = signatures.number(of: times.labels[row]).number
            if signature == newest.count { newest.append(Array(repeating: -1, count: base.stepCount)) }
            for step in 0..<base.stepCount where isLive[step] {
                let index = row * base.stepCount + step
                if VectorColumns.isAbsent(times.values[index]) { continue }
                if VectorColumns.isHistogram(values.values[index]) { note(step) { "info sample should be float" } }
                compare(row, signature, step)
            }
        }
    }

    private mutating func compare(_ row: Int, _ signature: Int, _ step: Int) {
        let known = newest[signature][step]
        guard known >= 0 else {
            newest[signature][step] = Int32(row)
            return
        }
        let old = times.values[Int(known) * base.stepCount + step]
        let new = times.values[row * base.stepCount + step]
        if new > old { newest[signature][step] = Int32(row) }
        if new == old {
            let milliseconds = Int64((new * 1_000).rounded())
            let (first, second) = (times.labels[Int(known)].promQLText, times.labels[row].promQLText)
            note(step) {
                "found duplicate series for info metric: "
                    + "existing \(first) @ \(milliseconds), new \(second) @ \(milliseconds)"
            }
        }
    }

    private mutating func note(_ step: Int, _ text: () -> String) {
        if let fault, fault.step <= step { return }
        fault = (step, QueryError(.execution, text()))
    }

    /// The series with the labels of the info series; a new one where those change.
    ///
    /// - Throws: when info series contradict one another, or two series have the same labels at a step.
    mutating func run(_ query: RunningQuery) throws(QueryError) -> VectorColumns {
        var result = VectorColumns(stepCount: base.stepCount)
        var rows = LabelIndex(.all, capacity: base.count)
        for row in 0..<base.count {
            if row % 256 == 0 { try query.checkpoint() }
            let signatures = isInfo[row] ? [] : signatures(of: base.labels[row])
            var current = Array(repeating: Int32(-2), count: signatures.count)
            var target = -1
            for step in 0..<base.stepCount {
                let value = base.values[row * base.stepCount + step]
                if VectorColumns.isAbsent(value) { continue }
                let found = signatures.map { newest[$0][step] }
                if !isInfo[row], !staysAlone, found.allSatisfy({ $0 < 0 }) { continue }
                if target < 0 || found != current {
                    guard let labels = enriched(base.labels[row], with: found, step) else { continue }
                    current = found
                    let (number, isNew) = rows.number(of: labels)
                    if isNew {
                        try query.expectRoom(result.count + 1, stepCount: base.stepCount)
                        result.appendAbsent(labels, dropsName: base.dropsName[row])
                    }
                    target = number
                }
                let index = target * base.stepCount + step
                if !VectorColumns.isAbsent(result.values[index]) {
                    note(step) { "vector cannot contain metrics with the same labelset" }
                }
                if base.hasHistograms, let histogram = base.histograms[row * base.stepCount + step] {
                    result.set(histogram, at: index)
                } else {
                    result.values[index] = value
                }
            }
        }
        if let fault { throw fault.error }
        return result
    }

    /// For each info metric the signature of the series, where there is an info series of it.
    private mutating func signatures(of labels: Labels) -> [Int] {
        names.compactMap { name in
            let number = signatures.number(of: labels.setting("__name__", to: name)).number
            return number < newest.count ? number : nil
        }
    }

    /// The labels of a series with those of info series that it does not have itself; nil when these contradict one
    /// another.
    private mutating func enriched(_ labels: Labels, with infos: [Int32], _ step: Int) -> Labels? {
        var added: [ByteText: String] = [:]
        for info in infos where info >= 0 {
            for pair in times.labels[Int(info)].pairs where pair.name != "__name__" {
                if !wanted.isEmpty, !wanted.contains(ByteText(pair.name)) { continue }
                if labels[pair.name] != nil { continue }
                if let other = added.updateValue(pair.value, forKey: ByteText(pair.name)),
                    !areSameBytes(other, pair.value)
                {
                    note(step) { "conflicting label: \(pair.name)" }
                    return nil
                }
            }
        }
        return added.reduce(labels) { $0.setting($1.key.text, to: $1.value) }
    }
}
