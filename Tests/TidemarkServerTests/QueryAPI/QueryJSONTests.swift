// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import Tidemark
import TimeSeries

@testable import PromQL
@testable import TidemarkServer

/// The data object of a result.
private func json(_ result: QueryResult, limit: Int = 0, stats: StatisticsDetail = .none) -> String {
    var pieces = JSONPieces()
    pieces.append(data: result, limit: limit, stats: stats)
    return pieces.finish().map { String(buffer: $0) }.joined()
}

@Suite struct QueryJSONTests {
    @Test func `a matrix has its series with times in seconds and values in quotes`() {
        let result = QueryResult(
            matrix: [(["a": "x\"\\\n\u{1}é"], [1, .nan, -0.0]), ([:], [1e21])],
            from: 1_700_000_000_250
        )
        #expect(
            json(result)
                == #"{"resultType":"matrix","result":[{"metric":{"a":"x\"\\\n\u0001é"},"values":"#
                + #"[[1700000000.25,"1"],[1700000001.25,"NaN"],[1700000002.25,"-0"]]},"#
                + #"{"metric":{},"values":[[1700000000.25,"1e+21"]]}]}"#
        )
        #expect(json(QueryResult(matrix: [])) == #"{"resultType":"matrix","result":[]}"#)
    }

    @Test func `a series of numbers and histograms has both, and each sample once`() {
        var histogram = NativeHistogram()
        histogram.schema = 0
        histogram.count = 10
        histogram.sum = 20.5
        histogram.zeroThreshold = 0.001
        histogram.zeroCount = 2
        histogram.positiveSpans = [.init(offset: 0, length: 1), .init(offset: 1, length: 2)]
        histogram.positiveBuckets = [1, 3, 0]
        histogram.negativeSpans = [.init(offset: 1, length: 1)]
        histogram.negativeBuckets = [4]
        var columns = ResultColumns()
        columns.labels = [["a": "b"]]
        columns.offsets = [0, 2]
        columns.timestamps = [0, 1_000]
        columns.values = [5, 0]
        columns.histograms = [nil, histogram]
        let expected =
            #"{"count":"10","sum":"20.5","buckets":[[1,"-2","-1","4"],[3,"-0.001","0.001","2"],"#
            + #"[0,"0.5","1","1"],[0,"2","4","3"]]}"#
        let matrix = QueryResult(value: .matrix(columns), warnings: [], infos: [], statistics: .init())
        #expect(
            json(matrix)
                == #"{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[0,"5"]],"#
                + #""histograms":[[1,\#(expected)]]}]}"#
        )
        columns.offsets = [0, 1]
        columns.histograms = [histogram]
        let vector = QueryResult(
            value: .vector(time: Timestamp(milliseconds: 7), columns),
            warnings: [],
            infos: [],
            statistics: .init()
        )
        #expect(
            json(vector)
                == #"{"resultType":"vector","result":[{"metric":{"a":"b"},"histogram":[0.007,\#(expected)]}]}"#
        )
        columns.histograms = [NativeHistogram()]
        let empty = QueryResult(
            value: .vector(time: Timestamp(milliseconds: 7), columns),
            warnings: [],
            infos: [],
            statistics: .init()
        )
        #expect(json(empty).contains(#"{"count":"0","sum":"0"}"#))
    }

    @Test func `a large answer comes in pieces that together are the whole`() {
        let values = (0..<200_000).map { Double($0) / 8 }
        var pieces = JSONPieces()
        pieces.append(data: QueryResult(matrix: [([:], values)]))
        let buffers = pieces.finish()
        #expect(buffers.count > 2)
        let text = buffers.map { String(buffer: $0) }.joined()
        let samples = text.split(separator: "[").dropFirst(2)
        #expect(samples.count == values.count)
        for (index, sample) in samples.enumerated() {
            guard sample.hasPrefix("\(index),\"\(doubleText(values[index]))\"]") else {
                Issue.record("sample \(index) is \(sample)")
                break
            }
        }
    }

    @Test func `scalars and strings have a time and a text`() {
        #expect(json(QueryResult(scalar: 1e-9)) == #"{"resultType":"scalar","result":[0,"0.000000001"]}"#)
        let string = QueryResult(
            value: .string(time: Timestamp(milliseconds: 1), value: "a\"b"),
            warnings: [],
            infos: [],
            statistics: .init()
        )
        #expect(json(string) == #"{"resultType":"string","result":[0.001,"a\"b"]}"#)
    }
}
