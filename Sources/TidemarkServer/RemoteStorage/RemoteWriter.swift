// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import Tidemark
import TimeSeries

/// Adds the samples of remote write requests to a store, and knows the series of earlier ones.
///
/// One thread at a time.
final class RemoteWriter: @unchecked Sendable {  // `RemoteWriters` gives each to one thread at a time.
    /// What became of a request.
    struct Outcome {
        var report = SampleReport()
        /// Samples of series that are none.
        var invalid = 0
        /// Native histograms, which the store does not keep.
        var histograms = 0
        /// Series of a v2 request without a sample or a histogram.
        var empty = 0
        /// Why, for the first few.
        var faults: [String] = []

        /// Samples that the store has now.
        var written: Int { report.accepted + report.duplicates }

        /// Whether something of the request was not taken.
        var isPartial: Bool { report.refused + invalid + histograms + empty > 0 }

        mutating func fault(_ text: @autoclosure () -> String) {
            if faults.count < RemoteWriter.mostFaults { faults.append(text()) }
        }
    }

    /// So many faults are told.
    static let mostFaults = 5
    /// The table of series is forgotten when it has so many.
    private let mostSeries: Int

    private let makeSamples: () -> any SampleAppending
    private let series: () throws -> any SeriesSource
    private var samples: any SampleAppending
    private var batch = SampleBatch()
    private var known: [Fingerprint: UInt32] = [:]
    private let metadata: RemoteMetadataTable
    private var sorted: [RemoteTimeSeries.Label] = []

    init(
        metadata: RemoteMetadataTable,
        mostSeries: Int = 1 << 20,
        samples: @escaping () -> any SampleAppending,
        series: @escaping () throws -> any SeriesSource
    ) {
        self.metadata = metadata
        self.mostSeries = mostSeries
        makeSamples = samples
        self.series = series
        self.samples = samples()
    }

    /// Adds the samples of a request, a block of Snappy; they are durable when it returns.
    ///
    /// - Throws: `APIError` 400 or 413 when the body is none, with nothing added; `StoreRefusal`: some or all of it may
    ///   be there.
    func write(_ body: ByteBuffer, _ version: RemoteWriteVersion, limit: Int) throws -> Outcome {
        if batch.table.count > mostSeries {
            batch = SampleBatch()
            known = [:]
            samples = makeSamples()
        }
        let message = try body.withUnsafeReadableBytes { try Snappy.decompress($0, limit: limit) }
        var outcome = Outcome()
        var reader = WriteRequestReader(version)
        defer { batch.removeSamples() }
        do {
            try message.withUnsafeReadableBytes { bytes in
                try reader.read(bytes, describe: { metadata.add($0) }, { add($0, version, &outcome) })
            }
        } catch {
            throw APIError(.badRequest, "the body is not a remote write request of version \(version.number)")
        }
        do {
            outcome.report = try samples.add(batch)
            try samples.finish()
        } catch {
            // What it waited for is void.
            samples = makeSamples()
            throw error
        }
        if outcome.report.outOfOrder > 0 { try recognise(&outcome.report) }
        describe(&outcome)
        return outcome
    }

    /// Finds out which of the samples that are older than the newest of their series are there already: a sender repeats
    /// a whole request when it did not get the answer.
    private func recognise(_ report: inout SampleReport) throws {
        let source = try series()
        var bySeries: [UInt32: [Int]] = [:]
        for index in 0..<batch.count { bySeries[batch.series[index], default: []].append(index) }
        var present = 0
        let columns = SampleColumns()
        for (number, places) in bySeries {
            let entry = batch.table[Int(number)]
            let times = places.map { batch.milliseconds[$0] }
            var matchers = try entry.labels.pairs.map { try LabelMatcher($0.name, .equal, $0.value) }
            matchers.append(try LabelMatcher("__name__", .equal, entry.family.name))
            let set = try source.select(
                SeriesSelection(
                    matchers,
                    from: Timestamp(milliseconds: times.min() ?? 0),
                    through: Timestamp(milliseconds: times.max() ?? 0)
                )
            )
            for index in 0..<set.count where set.labels(index).pairs.count == entry.labels.pairs.count + 1 {
                columns.count = 0
                try set.read(index, into: columns)
                var stored: [Int64: UInt64] = [:]
                for sample in 0..<columns.count {
                    stored[columns.timestamps[sample]] = columns.values[sample].bitPattern
                }
                present += places.count { stored[batch.milliseconds[$0]] == batch.bits[$0] }
            }
        }
        let found = min(max(present - report.accepted - report.duplicates, 0), report.outOfOrder)
        report.outOfOrder -= found
        report.duplicates += found
    }

    private func add(_ series: borrowing RemoteTimeSeries, _ version: RemoteWriteVersion, _ outcome: inout Outcome) {
        outcome.histograms += series.histograms
        if series.times.isEmpty {
            guard series.histograms == 0 else { return }
            // Only v2 says that a series has to have something.
            if version == .v2 {
                outcome.empty += 1
                outcome.fault("a series has neither samples nor histograms")
            }
            return
        }
        guard let index = index(of: series, &outcome) else {
            outcome.invalid += series.times.count
            return
        }
        for sample in 0..<series.times.count {
            batch.append(series: index, milliseconds: series.times[sample], bits: series.values[sample])
        }
    }

    private func describe(_ outcome: inout Outcome) {
        let report = outcome.report
        if report.outOfOrder > 0 { outcome.fault("out of order sample: \(report.outOfOrder)") }
        if report.conflicts > 0 {
            outcome.fault("duplicate sample for timestamp, with another value: \(report.conflicts)")
        }
        if report.outOfBounds > 0 {
            outcome.fault("out of bounds: \(report.outOfBounds) before 1970 or more than ten minutes ahead")
        }
        if report.wrongKind > 0 {
            let reasons = samples.refusals.values.sorted().prefix(2).joined(separator: "; ")
            outcome.fault("\(report.wrongKind) samples of names that are taken: \(reasons)")
        }
        let histograms = outcome.histograms
        if histograms > 0 {
            outcome.fault("\(histograms) native histograms: this store keeps none; send classic ones")
        }
    }

    // MARK: - Series

    /// The place of a series in the table; nil when it is none.
    private func index(of series: borrowing RemoteTimeSeries, _ outcome: inout Outcome) -> UInt32? {
        sorted.removeAll(keepingCapacity: true)
        sorted.append(contentsOf: series.labels)
        // Senders have to sort them, and nearly all do.
        for index in sorted.indices.dropFirst() where !sorted[index - 1].name.precedes(sorted[index].name) {
            sorted.sort { $0.name.precedes($1.name) }
            break
        }
        let fingerprint = Fingerprint(sorted)
        if let index = known[fingerprint] { return index }
        do throws(Fault) {
            let index = UInt32(batch.table.count)
            batch.table.append(try entry(series))
            known[fingerprint] = index
            return index
        } catch {
            outcome.fault(error.text)
            return nil
        }
    }

    private struct Fault: Error {
        let text: String
    }

    /// What the table has to have of a series whose labels are in `sorted`.
    private func entry(_ series: borrowing RemoteTimeSeries) throws(Fault) -> SampleBatch.Series {
        var pairs: [(name: String, value: String)] = []
        var name: String?
        for label in sorted {
            guard let key = String(validating: label.name, as: UTF8.self),
                let value = String(validating: label.value, as: UTF8.self)
            else { throw Fault(text: "a label is not UTF-8: \(text)") }
            guard !key.isEmpty else { throw Fault(text: "a label has no name: \(text)") }
            let isName = key == "__name__"
            if isName ? name != nil : pairs.last.map({ areSameBytes($0.name, key) }) ?? false {
                throw Fault(text: "label '\(key)' is there twice: \(text)")
            }
            if isName { name = value } else { pairs.append((key, value)) }
        }
        guard let name, !name.isEmpty else { throw Fault(text: "a series has no __name__: \(text)") }
        let said = series.type.map {
            (type: $0, help: series.help.flatMap { String(validating: $0, as: UTF8.self) } ?? "")
        }
        let (type, help) = said ?? metadata.find(name)
        return SampleBatch.Series(
            family: MetricFamily(
                samplesNamed: name,
                help: help,
                type: UInt8(exactly: type).flatMap(MetricType.init) ?? .unknown
            ),
            labels: Labels(pairs)
        )
    }

    /// The labels in `sorted`, for an error.
    private var text: String {
        func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes.prefix(60), as: UTF8.self) }
        let pairs = sorted.prefix(20).map { "\(text($0.name))=\"\(text($0.value))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }
}

/// 128 bits of labels, keyed: those of two label sets are never the same.
private struct Fingerprint: Hashable {
    private let first: Int
    private let second: Int

    init(_ labels: [RemoteTimeSeries.Label]) {
        var first = Hasher()
        var second = Hasher()
        second.combine(true)
        for label in labels {
            for bytes in [label.name, label.value] {
                first.combine(bytes.count)
                first.combine(bytes: bytes)
                second.combine(bytes.count)
                second.combine(bytes: bytes)
            }
        }
        self.first = first.finalize()
        self.second = second.finalize()
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes come before others.
    fileprivate func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        lexicographicallyPrecedes(other)
    }
}
