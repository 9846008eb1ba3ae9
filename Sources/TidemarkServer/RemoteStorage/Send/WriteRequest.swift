// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Samples by series, as a sender holds them until they are written as a message.
struct WriteRequest: Equatable, Sendable {
    /// Samples of one series, in the order of time: as many times, in milliseconds, as bits of values.
    struct Series: Equatable, Sendable {
        /// With `__name__`.
        var labels: Labels
        var times: [Int64]
        var values: [UInt64]

        /// Some of its samples.
        subscript(range: Range<Int>) -> Series {
            Series(labels: labels, times: Array(times[range]), values: Array(values[range]))
        }
    }

    var series: [Series] = []

    /// How many samples there are.
    var count: Int { series.reduce(0) { $0 + $1.times.count } }

    init(series: [Series] = []) { self.series = series }

    /// Reads a message.
    ///
    /// - Throws: when it is none, or a label occurs twice.
    init(_ bytes: UnsafeRawBufferPointer, _ version: RemoteWriteVersion) throws(ByteReader.Malformed) {
        var reader = WriteRequestReader(version)
        var series: [Series] = []
        var isUnique = true
        try reader.read(bytes) { one in
            let pairs = one.labels.map {
                (name: String(decoding: $0.name, as: UTF8.self), value: String(decoding: $0.value, as: UTF8.self))
            }
            guard Set(pairs.map { ByteText($0.name) }).count == pairs.count else {
                isUnique = false
                return
            }
            series.append(Series(labels: Labels(pairs), times: one.times, values: one.values))
        }
        guard isUnique else { throw ByteReader.Malformed(offset: 0) }
        self.series = series
    }

    /// The message, not compressed.
    func encoded(_ version: RemoteWriteVersion) -> [UInt8] {
        var writer = WriteRequestWriter(version)
        for one in series {
            one.times.withUnsafeBufferPointer { times in
                one.values.withUnsafeBufferPointer { writer.append(one.labels.pairs, times: times, values: $0) }
            }
        }
        return writer.finish()
    }

    /// Two requests that have the samples of this one, in the same order: by series, or by time where there is one.
    ///
    /// - Precondition: there are two samples.
    var halves: (WriteRequest, WriteRequest) {
        if series.count > 1 {
            let middle = series.count / 2
            return (WriteRequest(series: Array(series[..<middle])), WriteRequest(series: Array(series[middle...])))
        }
        precondition(count > 1, "one sample cannot be halved")
        let (one, middle) = (series[0], count / 2)
        return (WriteRequest(series: [one[0..<middle]]), WriteRequest(series: [one[middle..<count]]))
    }
}
