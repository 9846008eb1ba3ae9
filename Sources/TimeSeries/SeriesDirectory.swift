// SPDX-License-Identifier: Apache-2.0

/// Finds and makes the series of a store: the seam through which the event path names what it counts.
///
/// Used under the lock of the event path; a call is rare (once for each new combination of labels), so it may be slow.
public protocol SeriesDirectory: AnyObject {
    /// The series of that family and those labels, or nil.
    func find(family: MetricFamily, labels: Labels) -> SeriesID?

    /// How many series the family has.
    func count(of family: MetricFamily) -> Int

    /// Gives a new series its number. It becomes durable with the commit that it is written into.
    ///
    /// - Precondition: `find` has just answered nil for it.
    func create(family: MetricFamily, labels: Labels) -> SeriesID
}
