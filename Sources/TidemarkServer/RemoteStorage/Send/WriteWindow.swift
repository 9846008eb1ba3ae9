// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TimeSeries

/// One request, ready to be sent.
struct RemoteWriteBatch: Sendable {
    /// Compressed.
    var body: [UInt8]
    var version: RemoteWriteVersion
    /// How many samples are in it.
    var count: Int
    /// The time of its newest sample.
    var newest: Int64

    init(_ request: WriteRequest, _ version: RemoteWriteVersion) {
        let block = request.encoded(version).withUnsafeBytes { Snappy.compress($0) }
        body = Array(block.readableBytesView)
        self.version = version
        count = request.count
        newest = request.series.reduce(.min) { max($0, $1.times.last ?? .min) }
    }

    /// What is in it.
    ///
    /// - Throws: when it was not made here.
    func request() throws -> WriteRequest {
        let bytes = try body.withUnsafeBytes { try Snappy.decompress($0, limit: .max) }
        return try bytes.withUnsafeReadableBytes { try WriteRequest($0, version) }
    }
}

/// The samples of all series in a span of time, in requests: read at once, so that nothing of the store is held while the
/// receiver is waited for.
struct WriteWindow: Sendable {
    /// Through which time everything is in it, inclusive.
    var end: Timestamp
    var batches: [RemoteWriteBatch] = []

    /// How a window is cut.
    struct Bounds: Sendable {
        /// Samples of a window, about: as many slots as that gives, one at least.
        var samples = 100_000
        /// The longest span of one, in milliseconds: a receiver that has a newest time refuses what lies far behind it.
        var span: Int64 = 300_000
        /// The milliseconds of a slot.
        var slot: Int64
    }

    /// Reads the window that begins behind a time.
    ///
    /// Series come one behind the other, the samples of each in the order of time, and a series has its samples in
    /// consecutive requests.
    ///
    /// - Parameters:
    ///   - cursor: everything up to this time, inclusive, was sent.
    ///   - horizon: the last time that may be in it; a boundary of slots.
    ///   - isAborted: asked for each series.
    /// - Returns: nil when it was aborted.
    /// - Throws: what the source throws.
    static func read(
        _ source: any SeriesSource,
        after cursor: Timestamp,
        through horizon: Timestamp,
        settings: RemoteWriteSettings,
        version: RemoteWriteVersion,
        bounds: Bounds,
        isAborted: () -> Bool
    ) throws -> WriteWindow? {
        var (set, end) = try select(source, cursor, horizon, settings, slots: bounds.span / bounds.slot, bounds)
        let slots = Int64(max(1, bounds.samples / max(1, set.count)))
        if slots < bounds.span / bounds.slot {
            (set, end) = try select(source, cursor, horizon, settings, slots: slots, bounds)
        }
        var window = WriteWindow(end: end)
        var request = WriteRequest()
        var room = settings.batchSamples
        func finish() {
            if !request.series.isEmpty { window.batches.append(RemoteWriteBatch(request, version)) }
            request.series.removeAll(keepingCapacity: true)
            room = settings.batchSamples
        }
        let external = settings.externalLabels ?? [:]
        let columns = SampleColumns()
        for index in 0..<set.count {
            if isAborted() { return nil }
            try set.read(index, into: columns)
            if columns.count == 0 { continue }
            let labels = set.labels(index).adding(external)
            var next = 0
            while next < columns.count {
                let taken = min(room, columns.count - next)
                request.series.append(samples(columns, next..<next + taken, of: labels))
                next += taken
                room -= taken
                if room == 0 { finish() }
            }
        }
        finish()
        return window
    }

    private static func select(
        _ source: any SeriesSource,
        _ cursor: Timestamp,
        _ horizon: Timestamp,
        _ settings: RemoteWriteSettings,
        slots: Int64,
        _ bounds: Bounds
    ) throws -> (any SeriesSet, Timestamp) {
        let first = cursor.milliseconds - cursor.milliseconds % bounds.slot
        let last = min(horizon.milliseconds, first + max(1, slots) * bounds.slot)
        let end = Timestamp(milliseconds: last)
        let start = Timestamp(milliseconds: cursor.milliseconds + 1)
        return (try source.select(SeriesSelection(settings.matchers, from: start, through: end)), end)
    }

    /// NaNs are one NaN but for the staleness marker, as the protocol has it (Prometheus: `model/value/value.go`,
    /// `NormalNaN`).
    private static func samples(
        _ columns: SampleColumns,
        _ range: Range<Int>,
        of labels: Labels
    ) -> WriteRequest.Series {
        let times = Array(UnsafeBufferPointer(start: columns.timestamps + range.lowerBound, count: range.count))
        let values = [UInt64](unsafeUninitializedCapacity: range.count) { values, count in
            for index in range {
                let value = columns.values[index]
                let isOtherNaN = value.isNaN && !SampleColumns.isStale(value)
                values.initializeElement(
                    at: index - range.lowerBound,
                    to: isOtherNaN ? 0x7FF8_0000_0000_0001 : value.bitPattern
                )
            }
            count = range.count
        }
        return WriteRequest.Series(labels: labels, times: times, values: values)
    }
}

extension Labels {
    /// With those of other labels whose names are not there.
    ///
    /// - Complexity: O(n m), both short; nothing when there is no other.
    func adding(_ others: Labels) -> Labels {
        if others.pairs.isEmpty { return self }
        return changing(others.pairs.filter { self[$0.name] == nil }.map { (name: $0.name, value: $0.value) })
    }
}
