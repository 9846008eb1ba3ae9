// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// The sealed days at one moment, and from which day on there are any.
struct DayRegistry: Sendable {
    struct Entry: Sendable {
        var record: DayRecord
        var file: DayFile
        /// The file of the generation before, as long as series are told to be in it, and its size.
        var previous: (file: DayFile, bytes: Int)?

        /// The file that has what a series' sums of some generation say.
        ///
        /// While series leave the hot database for a new file, those that have not left yet are in the one before. A
        /// series that the new file only copied is in both, and goes on to name the old generation.
        func file(ofGeneration generation: UInt32) -> DayFile {
            if let previous, generation < file.generation { return previous.file }
            return file
        }
    }

    private(set) var days: [UInt32: Entry] = [:]
    /// Earlier days cannot be read.
    var floor: UInt32 = 0
    /// Of metrics that were left out of a file: behind the last day of which they were.
    private(set) var thinnedFloors: [String: UInt32] = [:]

    /// Puts an entry in place of the one of the day, if there is one; nil takes that away.
    ///
    /// - Complexity: O(1) unless metrics were left out.
    mutating func set(_ entry: Entry?, day: UInt32) {
        bytes += (entry?.record.bytes ?? 0) - (days[day]?.record.bytes ?? 0)
        days[day] = entry
        for name in entry?.record.thinned.sorted ?? [] { thinnedFloors[name] = max(thinnedFloors[name] ?? 0, day + 1) }
    }

    /// Earlier days of a metric cannot be read.
    func floor(ofMetric name: String) -> UInt32 {
        thinnedFloors.isEmpty ? floor : max(floor, thinnedFloors[name] ?? 0)
    }

    /// Bytes of all files that the days name.
    private(set) var bytes = 0

    /// Whether reading has to look at more than the hot database.
    var isEmpty: Bool { days.isEmpty && floor == 0 }
}
