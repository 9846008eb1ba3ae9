// SPDX-License-Identifier: Apache-2.0

/// What is asked of a `SeriesSource`.
public struct SeriesSelection: Sendable {
    /// All of them hold for a series that is selected; the metric name is the label `__name__`.
    public var matchers: [LabelMatcher]
    /// The first instant, inclusive.
    public var start: Timestamp
    /// The last instant, inclusive.
    public var end: Timestamp
    /// For distinct series: over how many milliseconds before each sample elements are counted; nil counts them since
    /// the series began.
    public var window: Int64?
    /// At which samples the reader looks, if not at all of them.
    public var windows: SampleWindows?

    /// A selection.
    public init(
        _ matchers: [LabelMatcher],
        from start: Timestamp,
        through end: Timestamp,
        window: Int64? = nil,
        windows: SampleWindows? = nil
    ) {
        self.matchers = matchers
        self.start = start
        self.end = end
        self.window = window
        self.windows = windows
    }
}

/// Where series are read: the seam below PromQL, the rules and the exporters.
///
/// A source is one state: a commit is in it whole or not at all, and later ones are not, so that all selectors of one
/// query agree. Any thread may call any of it at any time.
public protocol SeriesSource: Sendable {
    /// The series that the selection names, in an order of the source's own.
    ///
    /// - Throws: when the disk fails or what is on it is broken; never a short answer.
    func select(_ selection: SeriesSelection) throws -> any SeriesSet

    /// The label names of the selected series, ordered by bytes; `__name__` is one of them. May name one whose series
    /// has no sample in the time asked.
    func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList

    /// The values of a label of the selected series, ordered by bytes. Without matchers: of all series.
    func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList

    /// Name, type, help and unit of all metrics, ordered by name.
    func metadata() -> [MetricFamily]
}

/// Names or values, up to a limit.
public struct LabelList: Hashable, Sendable {
    /// Ordered by bytes, each once.
    public let values: [String]
    /// Whether there are more.
    public let isTruncated: Bool

    /// A list.
    public init(values: [String], isTruncated: Bool) {
        self.values = values
        self.isTruncated = isTruncated
    }
}

/// Selected series, to be read one by one, by several threads if need be.
public protocol SeriesSet: Sendable {
    /// How many there are. Some may turn out to have no sample.
    var count: Int { get }

    /// The labels of one, `__name__` among them.
    func labels(_ index: Int) -> Labels

    /// Replaces what is in `columns` by the samples of one series in the time asked; of a selection with windows some may
    /// be left out, see `SampleWindows`.
    ///
    /// - Throws: when the disk fails or what is on it is broken.
    func read(_ index: Int, into columns: SampleColumns) throws
}
