// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// The answer to a query.
public struct QueryResult: Sendable {
    /// What was asked for.
    public let value: QueryValue
    /// Warnings as the query API gives them, with the place, `(1:5)`, at the end.
    public let warnings: [String]
    /// Infos as the query API gives them.
    public let infos: [String]
    /// What it took.
    public let statistics: QueryStatistics
}

/// The value of a query's expression.
public enum QueryValue: Sendable {
    /// Of an instant query.
    case scalar(time: Timestamp, value: Double)
    /// Of an instant query.
    case string(time: Timestamp, value: String)
    /// Of an instant query: a sample of each series at one time, in the order that the query asks for.
    case vector(time: Timestamp, ResultColumns)
    /// Of a range query, or of an instant query for a range vector: samples of each series, ordered by labels.
    case matrix(ResultColumns)
}

/// Series of an answer with their samples, one behind the other.
public struct ResultColumns: Sendable {
    /// The labels of each series.
    public internal(set) var labels: [Labels] = []
    /// Where the samples of a series begin in the columns below; one more than there are series.
    public internal(set) var offsets: [Int] = [0]
    /// Milliseconds since the Unix epoch.
    public internal(set) var timestamps: [Int64] = []
    /// The values; of a histogram not to be read.
    public internal(set) var values: [Double] = []
    /// Empty when there is no histogram, else one entry for each sample, nil for a number.
    public internal(set) var histograms: [NativeHistogram?] = []

    /// How many series there are.
    public var count: Int { labels.count }

    /// Where the samples of a series are in the columns.
    public func samples(of series: Int) -> Range<Int> { offsets[series]..<offsets[series + 1] }
}

/// What a query took, as the `stats` of the query API.
public struct QueryStatistics: Sendable {
    /// Samples that were read for all steps together: one that is in the windows of three steps counts three times.
    public internal(set) var totalQueryableSamples = 0
    /// The most samples held at a time.
    public internal(set) var peakSamples = 0
    /// `totalQueryableSamples` by step, when it was asked for.
    public internal(set) var samplesPerStep: [(time: Timestamp, samples: Int)] = []
    /// Seconds of preparation: reading the text, and finding the series.
    public internal(set) var preparationSeconds: Double = 0
    /// Seconds of evaluation.
    public internal(set) var evaluationSeconds: Double = 0
    /// Seconds altogether.
    public var totalSeconds: Double { preparationSeconds + evaluationSeconds }
}
