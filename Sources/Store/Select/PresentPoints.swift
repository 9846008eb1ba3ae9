// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Of which series, time and state the points in a `SeriesReader` are.
struct PresentPoints: Equatable {
    /// Its serial number.
    var view: UInt64
    var series: UInt32
    var first: Int64
    var last: Int64
    /// Around which windows they are, when they are not all, and whether of a histogram's sum.
    var windows: SampleWindows?
    var isSum = false
}
