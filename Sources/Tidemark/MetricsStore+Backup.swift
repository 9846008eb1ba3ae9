// SPDX-License-Identifier: Apache-2.0

import Ingest
public import Store
public import TimeSeries

/// What became of backups since a store was opened.
public struct BackupStatistics: Sendable, Hashable {
    /// When the last one that succeeded was done.
    public var lastSuccess: Timestamp?
    /// How long it took, in seconds.
    public var duration = 0.0
    /// How many failed.
    public var failures: UInt64 = 0

    /// None yet.
    public init() {}
}

extension MetricsStore {
    /// Copies the store as it is after one commit into a folder of its own, while events are taken. For ``restore(_:to:)``
    /// and ``verify(_:)``.
    ///
    /// Blocks until everything is durable; any thread, one at a time. Closing the store breaks it off.
    ///
    /// - Parameter path: the folder to be made: nothing may have the name; its parent has to be there.
    /// - Throws: `busy` while another one is under way, `exists`, `diskFull`, `io`, `corrupt`, `interrupted`, `closed`,
    ///   `poisoned`. The store is as it was.
    /// - Complexity: O(what is not in sealed days).
    @discardableResult
    public func backup(to path: String) throws(MetricsStoreError) -> BackupReport {
        let store = try monitor.withLock { state throws(MetricsStoreError) in
            try MetricsStore.checkAccepting(state)
            guard !state.isBackingUp else { throw MetricsStoreError(.busy, "a backup is under way") }
            state.isBackingUp = true
            return state.engine.store
        }
        let started = ContinuousClock.now
        defer {
            monitor.withLock { $0.isBackingUp = false }
            monitor.wake()
        }
        do throws(StoreError) {
            let report = try store.backup(to: path) { isStopping }
            monitor.withLock { state in
                state.backups.lastSuccess = options.clock.now
                state.backups.duration = (ContinuousClock.now - started).seconds
            }
            return report
        } catch {
            monitor.withLock { $0.backups.failures += 1 }
            throw MetricsStoreError(error)
        }
    }

    /// Makes a data directory of a backup, which is verified first and stays what it is.
    ///
    /// - Parameters:
    ///   - backup: its folder.
    ///   - directory: nothing, or an empty folder.
    /// - Throws: `incompatible` when it is no backup, `corrupt` with the first fault, `exists`, `diskFull`, `io`.
    @discardableResult
    public static func restore(_ backup: String, to directory: String) throws(MetricsStoreError) -> BackupReport {
        do throws(StoreError) {
            return try SeriesStore.restore(backup, to: directory) { path throws(StoreError) in
                try SeriesStore.verify(path, checks: .ingest)
            }
        } catch {
            throw MetricsStoreError(error)
        }
    }

    /// Looks through all of a data directory that nobody has open, or of a backup: every block of every file, every entry,
    /// and whether entries fit each other. Writes nothing there.
    ///
    /// - Throws: `inUse`, `io`, `diskFull`, when it could not be done.
    /// - Complexity: O(everything).
    public static func verify(_ directory: String) throws(MetricsStoreError) -> StoreVerification {
        do throws(StoreError) {
            return try SeriesStore.verify(directory, checks: .ingest)
        } catch {
            throw MetricsStoreError(error)
        }
    }
}

extension OpaqueEntryChecks {
    /// Those of the event path.
    fileprivate static let ingest = OpaqueEntryChecks(
        joinBlock: { $0.fault },
        joinDetails: { JoinBlock.detailsFault($0) },
        baseline: { bytes in
            do throws(ByteReader.Malformed) {
                _ = try Baseline(decoding: bytes)
                return nil
            } catch {
                return "is malformed at byte \(error.offset)"
            }
        }
    )
}
