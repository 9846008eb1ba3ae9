// SPDX-License-Identifier: Apache-2.0

package import Tidemark
import TimeSeries

extension JSONPieces {
    /// Appends the `data` object of a query's answer: `resultType`, `result`, and `stats` when asked for.
    ///
    /// `resultType` comes first, so that a reader knows what comes before it does. No sample becomes a String.
    /// Source of the shape: Prometheus, `web/api/v1/json_codec.go`.
    ///
    /// - Parameters:
    ///   - limit: series beyond so many are left out; 0 for all.
    ///   - stats: whether, and how much of, `result.statistics` is in it.
    /// - Returns: whether series were left out.
    @discardableResult
    package mutating func append(
        data result: QueryResult,
        limit: Int = 0,
        stats: StatisticsDetail = .none
    ) -> Bool {
        var isTruncated = false
        append(#"{"resultType":""#)
        switch result.value {
        case .scalar(let time, let value):
            append(#"scalar","result":["#)
            append(seconds: time.milliseconds)
            append(#",""#)
            fill(minimum: longestPlainNumber) { memory in
                memory.baseAddress.map { writePlainDouble(value, at: $0) } ?? 0
            }
            append(#""]"#)
        case .string(let time, let value):
            append(#"string","result":["#)
            append(seconds: time.milliseconds)
            append(",")
            append(string: value)
            append("]")
        case .vector(let time, let columns):
            let count = limit > 0 ? min(limit, columns.count) : columns.count
            isTruncated = count < columns.count
            append(#"vector","result":["#)
            append(vector: columns, count: count, at: time.milliseconds)
            append("]")
        case .matrix(let columns):
            let count = limit > 0 ? min(limit, columns.count) : columns.count
            isTruncated = count < columns.count
            append(#"matrix","result":["#)
            append(matrix: columns, count: count)
            append("]")
        }
        if stats != .none {
            append(#","stats":"#)
            append(statistics: result.statistics, detail: stats)
        }
        append("}")
        return isTruncated
    }

    private mutating func append(vector columns: ResultColumns, count: Int, at time: Int64) {
        for series in 0..<count {
            append(series == 0 ? #"{"metric":"# : #",{"metric":"#)
            append(labels: columns.labels[series])
            let sample = columns.samples(of: series).lowerBound
            let histogram = columns.histograms.isEmpty ? nil : columns.histograms[sample]
            append(histogram == nil ? #","value":["# : #","histogram":["#)
            append(seconds: time)
            append(",")
            if let histogram { append(histogram: histogram) } else { append(value: columns.values[sample]) }
            append("]}")
        }
    }

    private mutating func append(matrix columns: ResultColumns, count: Int) {
        for series in 0..<count {
            append(series == 0 ? #"{"metric":"# : #",{"metric":"#)
            append(labels: columns.labels[series])
            let samples = columns.samples(of: series)
            if columns.histograms.isEmpty {
                append(#","values":["#)
                columns.timestamps.withUnsafeBufferPointer { timestamps in
                    columns.values.withUnsafeBufferPointer { values in
                        append(
                            timestamps: UnsafeBufferPointer(rebasing: timestamps[samples]),
                            values: UnsafeBufferPointer(rebasing: values[samples])
                        )
                    }
                }
                append("]")
            } else {
                appendMixed(columns, samples)
            }
            append("}")
        }
    }

    /// The hot loop: `[1700000000,"1"],[1700000015,"2"]`.
    private mutating func append(timestamps: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>) {
        // Two numbers and six bytes between them.
        let longestSample = 2 * longestNumber + 6
        var index = 0
        while index < values.count {
            fill(minimum: longestSample) { memory in
                guard let start = memory.baseAddress else { return 0 }
                var end = start
                let last = start + (memory.count - longestSample)
                while index < values.count, end <= last {
                    if index > 0 {
                        end.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
                        end += 1
                    }
                    end.storeBytes(of: UInt8(ascii: "["), as: UInt8.self)
                    end += 1 + writeFixedPoint(units: timestamps[index], decimals: 3, at: end + 1)
                    end.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
                    end.storeBytes(of: UInt8(ascii: "\""), toByteOffset: 1, as: UInt8.self)
                    end += 2 + writeSampleValue(values[index], at: end + 2)
                    end.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
                    end.storeBytes(of: UInt8(ascii: "]"), toByteOffset: 1, as: UInt8.self)
                    end += 2
                    index += 1
                }
                return end - start
            }
        }
    }

    /// A series that may have both numbers and histograms; a key without samples is left out.
    private mutating func appendMixed(_ columns: ResultColumns, _ samples: Range<Int>) {
        var count = 0
        for sample in samples where columns.histograms[sample] == nil {
            append(count == 0 ? #","values":[["# : ",[")
            append(seconds: columns.timestamps[sample])
            append(",")
            append(value: columns.values[sample])
            append("]")
            count += 1
        }
        if count > 0 { append("]") }
        count = 0
        for sample in samples {
            guard let histogram = columns.histograms[sample] else { continue }
            append(count == 0 ? #","histograms":[["# : ",[")
            append(seconds: columns.timestamps[sample])
            append(",")
            append(histogram: histogram)
            append("]")
            count += 1
        }
        if count > 0 { append("]") }
    }
}
