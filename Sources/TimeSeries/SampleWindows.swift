// SPDX-License-Identifier: Apache-2.0

/// Windows at whose edges a reader looks, when it does not look at every sample: what of a long time a source need not
/// read.
///
/// A source may leave samples out where it knows that they are evenly spaced, and says so in `SampleColumns.ordinals`. It
/// keeps
///
/// - the first and the last sample in the time asked, and the one before the last where `end` says two;
/// - each staleness marker, the two samples before it, and the one behind it;
/// - at each edge as many samples as `start` and `end` say;
/// - with `needsDrops` both samples of each drop, so that no value falls among those left out.
///
/// It may keep any others. Times are milliseconds since the Unix epoch.
public struct SampleWindows: Hashable, Sendable {
    /// Which samples are looked at around one edge of a window.
    public struct Edge: Hashable, Sendable {
        /// How many of those at the edge or before it, the newest ones: 0 to 2.
        public var newest: Int
        /// How many of those behind it, the oldest ones: 0 or 1.
        public var oldest: Int

        /// An edge.
        public init(newest: Int = 0, oldest: Int = 0) {
            precondition((0...2).contains(newest) && (0...1).contains(oldest), "what a source keeps around a marker")
            self.newest = newest
            self.oldest = oldest
        }
    }

    /// The end of the first window, inclusive.
    public var firstEnd: Int64
    /// From one window to the next; at least 1, also when there is only one.
    public var interval: Int64
    /// How many windows there are; at least 1.
    public var count: Int
    /// How long each is; its start is not part of it. 0 when only ends are looked at.
    public var range: Int64
    /// How much older than the start of a window the sample before it may be, exclusive; where it is older, the one behind
    /// the start is looked at.
    public var lookback: Int64
    /// What is looked at around the start of each.
    public var start: Edge
    /// What is looked at around the end of each.
    public var end: Edge
    /// Whether the reader has to see where values fall.
    public var needsDrops: Bool

    /// Windows.
    public init(
        firstEnd: Int64,
        interval: Int64,
        count: Int,
        range: Int64 = 0,
        lookback: Int64 = .max,
        start: Edge = Edge(),
        end: Edge = Edge(),
        needsDrops: Bool = false
    ) {
        precondition(interval > 0 && count > 0, "windows go forward and there is one")
        self.firstEnd = firstEnd
        self.interval = interval
        self.count = count
        self.range = range
        self.lookback = lookback
        self.start = start
        self.end = end
        self.needsDrops = needsDrops
    }
}
