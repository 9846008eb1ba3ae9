// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
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
        // A crash may leave the database before beside the present one, and a new one that is not whole yet.
        let epochs = try StoreDirectory.epochs(path)
        let epoch = epochs.last ?? 1
        let isEmpty = try Folder(path + "/hot").names().allSatisfy { $0.hasSuffix(".tmp") }
        guard isEmpty || !epochs.isEmpty else {
            throw StoreError(code: .corrupt, message: "\(path)/hot has no database that is whole")
        }
        try LogTail.check(database: directory.hot(epoch: epoch))
        var options = HotDatabase.options
        // Only the first one is made here; each later one is whole.
        options.createIfMissing = epoch == 1
        let database = try storeErrors { () throws(LevelDBError) in
            try Database.open(at: directory.hot(epoch: epoch), options: options)
        }
        do throws(StoreError) {
            var recovery = Recovery(database: database)
            try recovery.loadSettings(asked: resolution)
            try recovery.loadSeries()
            try recovery.loadTotals()
            try recovery.replayJournal()
            let hot = HotDatabase(database, epoch: epoch)
            let archive = try IdentityPages(hot)
            let settings = recovery.settings
            let index = recovery.index
            let store = SeriesStore(
                directory: directory,
                hot: hot,
                index: index,
                settings: settings,
                clock: clock,
                state: recovery.takeState(),
                archive: archive
            )
            store.state.withLock { $0.rotation.commits = $0.progress.commits }
            let folder = Folder(path + "/hot")
            let others = try folder.names().filter { name in
                let isEpoch = name.utf8.allSatisfy { (48...57).contains($0) }
                return folder.path + "/" + name != database.path && (isEpoch || name.hasSuffix(".tmp"))
            }
            if !others.isEmpty {
                // What is kept is on the disk, with its name and without a mark, before anything goes.
                try Folder(database.path).sync()
                try folder.sync()
            }
            for name in others {
                if name.hasSuffix(".tmp") {
                    Folder(folder.path + "/" + name).remove()
                } else {
                    Folder(folder.path + "/" + name).discard()
                }
            }
            try store.loadDays()
            return store
        } catch {
            database.close()
            throw error
        }
    }
}
