// SPDX-License-Identifier: Apache-2.0

import LevelDB
public import TimeSeries

extension SeriesStore {
    /// Opens the store in a directory, or makes one.
    ///
    /// Reads the series, their totals at the last checkpoint, and the journal since then: what was acknowledged is
    /// there, once.
    ///
    /// - Parameters:
    ///   - resolution: of a new store, `.standard` unless given; an existing one must have the same when it is given.
    ///   - clock: gives new series their time of creation.
    /// - Throws: `inUse`, `corrupt` with what is wrong, `incompatible`, `diskFull`, `io`.
    /// - Complexity: O(series + journal); about a second for a million series.
    public static func open(
        at path: String,
        resolution: SlotResolution? = nil,
        clock: any WallClock = SystemClock()
    ) throws(StoreError) -> SeriesStore {
        let directory = try StoreDirectory(path)
        var options = Options()
        options.createIfMissing = true
        let database = try storeErrors { () throws(LevelDBError) in
            try Database.open(at: directory.hot(epoch: 1), options: options)
        }
        do throws(StoreError) {
            var recovery = Recovery(database: database)
            try recovery.loadSettings(asked: resolution)
            try recovery.loadSeries()
            try recovery.loadTotals()
            try recovery.replayJournal()
            let archive = try IdentityPages(database: database)
            let settings = recovery.settings
            let index = recovery.index
            return SeriesStore(
                directory: directory,
                database: database,
                index: index,
                settings: settings,
                clock: clock,
                state: recovery.takeState(),
                archive: archive
            )
        } catch {
            database.close()
            throw error
        }
    }
}
