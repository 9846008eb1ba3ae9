// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// When days are sealed, and when they are sealed again.
public struct DaySettings: Sendable {
    /// A day is sealed when time has gone so many seconds beyond its end: later events are late.
    public var lateness = 6 * 3_600
    /// It is sealed again when late events have gathered so many bytes in the hot database,
    public var overlayBytes = 8 << 20
    /// or when so many seconds have gone by since the first of them, as event time goes.
    public var overlayAge = 86_400
    /// Day files that are open at a time, beside those that are being read.
    public var openFiles = 64
    /// Day files that views which are being read keep open in all; of more days, each is opened again for each series.
    public var pinnedFiles = 448
    /// So many bytes have to be free on the disk beside those that sealing a day takes, or else it is not begun. 64 MiB.
    public var leastFreeBytes = 64 << 20
    /// The indices of days are asked which series they have where so many series are selected; for fewer it takes longer.
    var postingsFrom = 2_000
    /// Series leave the hot database in batches of about so many bytes.
    var batchBytes = 1 << 20
    /// How many bytes are free where a directory is. Tests give others.
    var freeBytes: @Sendable (_ path: String) -> Int? = DiskSpace.freeBytes
    /// Called ahead of each step, which fails when it throws. For tests.
    var before: @Sendable (DayStep) throws(StoreError) -> Void = { _ in }

    /// As documented.
    public init() {}
}

/// What has been done to days since the store was opened, and what there is of them.
public struct DayStatistics: Sendable, Equatable {
    /// Days that were sealed.
    public var seals = 0
    /// How often a sealed day was written again.
    public var reseals = 0
    /// Days that were dropped.
    public var drops = 0
    /// What could not be done, and left everything as it was.
    public var failures = 0
    /// Why, the last time, with the file or the entry.
    public var lastFailure: StoreError?
    /// Bytes of files that were dropped and are still read.
    public var droppedBytes = 0
    /// Seconds that sealing took.
    public var sealSeconds = 0.0
    /// Sealed days.
    public var days = 0
    /// Bytes of their files.
    public var sealedBytes = 0
    /// Bytes of late events of sealed days in the hot database, when it was last looked at.
    public var overlayBytes = 0
    /// From when on there is anything to be read; nil when nothing was dropped.
    public var floor: Timestamp?
    /// Files that are open.
    public var openFiles = 0

    /// Nothing yet.
    public init() {}
}
