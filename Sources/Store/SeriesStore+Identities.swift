// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension SeriesStore {
    /// Calls `body` for each identity that belongs into memory, hour of arrival by hour of arrival.
    ///
    /// - Complexity: O(identities).
    public func forEachIdentity(
        _ body: (_ hour: UInt32, _ fingerprint: UInt64, _ digest: UInt32) -> Void
    ) throws(StoreError) {
        try archive.forEachUnarchived(body)
    }

    /// Identities of hours below this one are archived; 0 when none are.
    public var identitiesArchivedBefore: UInt32 { archive.archivedBefore }

    /// The digest of an archived identity that arrived in `firstHour` or later, or nil. Under the event path's lock.
    public func archivedDigest(of fingerprint: UInt64, since firstHour: UInt32) throws(StoreError) -> UInt32? {
        try archive.digest(of: fingerprint, since: firstHour)
    }

    /// Moves the identities of one hour out of memory. Durable when it returns. Under the event path's lock.
    public func archiveIdentities(
        hour: UInt32,
        _ identities: [(fingerprint: UInt64, digest: UInt32)]
    ) throws(StoreError) {
        try archive.archive(hour: hour, identities: identities)
    }

    /// Forgets the identities of all hours before `hour`. Under the event path's lock.
    public func expireIdentities(before hour: UInt32) throws(StoreError) {
        try archive.expire(before: hour)
    }
}
