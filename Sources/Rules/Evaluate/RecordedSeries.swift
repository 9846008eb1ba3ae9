// SPDX-License-Identifier: Apache-2.0

import Synchronization
public import TimeSeries

/// A source of series with what rules have recorded over it, before that is in the store: so a rule sees those before it
/// in the same evaluation, and a replay sees a past that was never recorded.
///
/// Thread safe; a set that was selected is not changed by what is added later.
public final class RecordedSeries: SeriesSource {
    private let current: Mutex<any SeriesSource>
    private var base: any SeriesSource { current.withLock { $0 } }
    /// Metric names whose series in the base are not to be seen.
    private let replacedNames: Set<String>
    /// By metric name.
    private let added = Mutex<[String: Family]>([:])

    /// The series of one metric name, in the order in which they came: answers do not depend on chance.
    private struct Family {
        private var places: [Labels: Int] = [:]
        private(set) var labels: [Labels] = []
        var columns: [Column] = []

        mutating func place(of labels: Labels) -> Int {
            if let place = places[labels] { return place }
            places[labels] = columns.count
            self.labels.append(labels)
            columns.append(Column())
            return columns.count - 1
        }
    }

    /// The samples of one series by time, each time once.
    struct Column: Sendable {
        var times: [Int64] = []
        var values: [Double] = []
        /// Empty when there is none, else one entry for each sample.
        var histograms: [NativeHistogram?] = []
    }

    /// Nothing recorded yet.
    ///
    /// - Parameter replacedNames: metric names of which only what is recorded here is seen.
    public init(over base: any SeriesSource, replacing replacedNames: Set<String> = []) {
        current = Mutex(base)
        self.replacedNames = replacedNames
    }

    /// Reads from another base from now on, of the same series.
    func replaceBase(by base: any SeriesSource) {
        current.withLock { $0 = base }
    }

    /// Adds samples. One of the time of the newest of its series takes its place, unless it is a staleness marker: where
    /// two rules make one series, that one of them no longer does ends nothing. Older ones are left out, as a store would
    /// refuse them.
    public func append(_ samples: [RuleSample]) {
        added.withLock { added in
            for sample in samples {
                RecordedSeries.change(&added, sample.labels) { $0.append(sample) }
            }
        }
    }

    /// Adds many samples of one series, in the order of time.
    func append(_ labels: Labels, _ column: Column) {
        if column.times.isEmpty { return }
        added.withLock { added in RecordedSeries.change(&added, labels) { $0.append(column) } }
    }

    private static func change(_ added: inout [String: Family], _ labels: Labels, _ body: (inout Column) -> Void) {
        func change(_ family: inout Family) { body(&family.columns[family.place(of: labels)]) }
        change(&added[labels["__name__"] ?? "", default: Family()])
    }

    /// The recorded series of a metric name, in the order in which they came.
    func series(of name: String) -> [(labels: Labels, column: Column)] {
        added.withLock { added in
            guard let family = added[name] else { return [] }
            return zip(family.labels, family.columns).map { ($0, $1) }
        }
    }

    /// Forgets the samples of a metric name before a time, and series that have none left.
    func removeSamples(of name: String, before time: Int64) {
        added.withLock { added in
            guard let family = added.removeValue(forKey: name) else { return }
            var rest = Family()
            for (labels, column) in zip(family.labels, family.columns) {
                var column = column
                column.removeFirst(before: time)
                if !column.times.isEmpty { rest.columns[rest.place(of: labels)] = column }
            }
            if !rest.columns.isEmpty { added[name] = rest }
        }
    }

    // MARK: - SeriesSource

    /// The series of the base and those recorded, as one.
    public func select(_ selection: SeriesSelection) throws -> any SeriesSet {
        let recorded = recorded(selection)
        // Of a series of both every sample is read: what is recorded here takes the place of some.
        var whole = selection
        if !recorded.isEmpty { whole.windows = nil }
        let below = try baseSet(whole)
        guard let below else { return RecordedSet(base: EmptySet(), entries: recorded.map { .recorded($0, $1) }) }
        if recorded.isEmpty, replacedNames.isEmpty { return below }
        var rest = Dictionary(uniqueKeysWithValues: recorded)
        var entries: [RecordedSet.Entry] = []
        entries.reserveCapacity(below.count + rest.count)
        for index in 0..<below.count {
            let labels = below.labels(index)
            if !replacedNames.isEmpty, let name = labels["__name__"], replacedNames.contains(name) { continue }
            if let column = rest.removeValue(forKey: labels) {
                entries.append(.both(index, column))
            } else {
                entries.append(.base(index))
            }
        }
        for (labels, column) in recorded where rest[labels] != nil { entries.append(.recorded(labels, column)) }
        return RecordedSet(base: below, entries: entries)
    }

    /// Label names of both.
    public func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList {
        let names = recorded(selection).flatMap { $0.0.pairs.map(\.name) }
        return merged(try base.labelNames(selection, limit: limit), names, limit: limit)
    }

    /// Label values of both.
    public func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList {
        let values = recorded(selection).compactMap { $0.0[name] }
        return merged(try base.labelValues(name, selection, limit: limit), values, limit: limit)
    }

    /// Those of the base.
    public func metadata() -> [MetricFamily] { base.metadata() }

    // MARK: - Both

    /// Nil when the base can have none that are to be seen.
    private func baseSet(_ selection: SeriesSelection) throws -> (any SeriesSet)? {
        if !replacedNames.isEmpty, let name = RecordedSeries.name(selection), replacedNames.contains(name) {
            return nil
        }
        return try base.select(selection)
    }

    /// Recorded series that match and have a sample in time, of each name in the order in which they came.
    private func recorded(_ selection: SeriesSelection) -> [(Labels, Column)] {
        let (start, end) = (selection.start.milliseconds, selection.end.milliseconds)
        let name = RecordedSeries.name(selection)
        var found: [(Labels, Column)] = []
        added.withLock { added in
            func take(_ family: Family) {
                for (labels, column) in zip(family.labels, family.columns)
                where column.hasSample(from: start, through: end)
                    && selection.matchers.allSatisfy({ $0.matches(labels[$0.name] ?? "") })
                {
                    found.append((labels, column))
                }
            }
            if let name {
                if let family = added[name] { take(family) }
            } else {
                for name in added.keys.sorted() { if let family = added[name] { take(family) } }
            }
        }
        // Behind the lock: what is copied may be a day of steps.
        return found.map { ($0.0, $0.1.part(from: start, through: end)) }
    }

    /// The one metric name that the matchers let through, if they name one.
    private static func name(_ selection: SeriesSelection) -> String? {
        selection.matchers.first { $0.name == "__name__" && $0.operation == .equal }?.value
    }

    private func merged(_ list: LabelList, _ more: [String], limit: Int) -> LabelList {
        if more.isEmpty { return list }
        // By bytes: a set of strings takes for the same what only looks alike.
        let all = Set((list.values + more).map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
        return LabelList(values: Array(all.prefix(max(limit, 0))), isTruncated: list.isTruncated || all.count > limit)
    }
}

// MARK: - Columns

extension RecordedSeries.Column {
    fileprivate mutating func append(_ sample: RuleSample) {
        let time = sample.time.milliseconds
        if let last = times.last, last >= time {
            guard last == time, !SampleColumns.isStale(sample.value) else { return }
            values[values.count - 1] = sample.value
            if !histograms.isEmpty { histograms[histograms.count - 1] = sample.histogram }
        } else {
            times.append(time)
            values.append(sample.value)
            if !histograms.isEmpty { histograms.append(sample.histogram) }
        }
        if sample.histogram != nil, histograms.isEmpty {
            histograms = Array(repeating: nil, count: times.count - 1) + [sample.histogram]
        }
    }

    fileprivate mutating func append(_ other: Self) {
        guard (times.last ?? .min) < (other.times.first ?? .max) else {
            merge(other)
            return
        }
        if !histograms.isEmpty || !other.histograms.isEmpty {
            if histograms.isEmpty { histograms = Array(repeating: nil, count: times.count) }
            histograms +=
                other.histograms.isEmpty ? Array(repeating: nil, count: other.times.count) : other.histograms
        }
        times += other.times
        values += other.values
    }

    /// Two rules make one series: of one time the later rule's sample counts, and a marker ends nothing that is there.
    private mutating func merge(_ other: Self) {
        var samples: [Int64: (value: Double, histogram: NativeHistogram?)] = [:]
        for column in [self, other] {
            for (index, time) in column.times.enumerated()
            where samples[time] == nil || !SampleColumns.isStale(column.values[index]) {
                samples[time] = (column.values[index], column.histograms.isEmpty ? nil : column.histograms[index])
            }
        }
        let ordered = samples.sorted { $0.key < $1.key }
        times = ordered.map(\.key)
        values = ordered.map(\.value.value)
        histograms = ordered.contains { $0.value.histogram != nil } ? ordered.map(\.value.histogram) : []
    }

    /// Where the first sample not before a time is.
    private func place(of time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate func hasSample(from start: Int64, through end: Int64) -> Bool {
        let first = place(of: start)
        return first < times.count && times[first] <= end
    }

    fileprivate func part(from start: Int64, through end: Int64) -> Self {
        let first = place(of: start)
        let last = end == .max ? times.count : place(of: end + 1)
        if first == 0, last == times.count { return self }
        return Self(
            times: Array(times[first..<last]),
            values: Array(values[first..<last]),
            histograms: histograms.isEmpty ? [] : Array(histograms[first..<last])
        )
    }

    fileprivate mutating func removeFirst(before time: Int64) {
        let count = place(of: time)
        if count == 0 { return }
        times.removeFirst(count)
        values.removeFirst(count)
        if !histograms.isEmpty { histograms.removeFirst(count) }
    }
}

/// Series of the base, recorded ones, and those that are in both.
private struct RecordedSet: SeriesSet {
    enum Entry {
        case base(Int)
        case recorded(Labels, RecordedSeries.Column)
        case both(Int, RecordedSeries.Column)
    }

    let base: any SeriesSet
    let entries: [Entry]

    var count: Int { entries.count }

    func labels(_ index: Int) -> Labels {
        switch entries[index] {
        case .base(let place), .both(let place, _): base.labels(place)
        case .recorded(let labels, _): labels
        }
    }

    func read(_ index: Int, into columns: SampleColumns) throws {
        switch entries[index] {
        case .base(let place): try base.read(place, into: columns)
        case .recorded(_, let column):
            columns.removeAll()
            append(column, to: columns)
        case .both(let place, let column):
            try base.read(place, into: columns)
            // What is recorded here is newer than what is below, or takes the place of what is there from then on.
            while columns.count > 0, let first = column.times.first, columns.timestamps[columns.count - 1] >= first {
                columns.removeLast()
            }
            append(column, to: columns)
        }
    }

    private func append(_ column: RecordedSeries.Column, to columns: SampleColumns) {
        let before = columns.count
        if !columns.starts.isEmpty { columns.starts += Array(repeating: 0, count: column.times.count) }
        if !columns.histograms.isEmpty || !column.histograms.isEmpty {
            if columns.histograms.isEmpty { columns.histograms = Array(repeating: nil, count: before) }
            columns.histograms +=
                column.histograms.isEmpty ? Array(repeating: nil, count: column.times.count) : column.histograms
        }
        column.times.withUnsafeBufferPointer { times in
            column.values.withUnsafeBufferPointer { values in
                guard let time = times.baseAddress, let value = values.baseAddress else { return }
                columns.append(time, value, count: times.count)
            }
        }
    }
}

/// No series.
private struct EmptySet: SeriesSet {
    var count: Int { 0 }
    func labels(_ index: Int) -> Labels { [:] }
    func read(_ index: Int, into columns: SampleColumns) { columns.removeAll() }
}
