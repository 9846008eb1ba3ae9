// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Identities that no longer fit in memory, kept by the store: the hours before those in memory.
public protocol IdentityArchive: AnyObject {
    /// The digest of an archived identity that arrived in `firstHour` or later, or nil.
    func digest(of fingerprint: UInt64, since firstHour: UInt32) throws -> UInt32?

    /// Takes all identities of one hour, of which it has none yet. Durable when it returns.
    func archive(hour: UInt32, identities: [(fingerprint: UInt64, digest: UInt32)]) throws
}

/// Tells what has been seen within the window, by hour of arrival.
///
/// An identity is remembered from its arrival for at least the window, and at most an hour longer. Not thread safe.
public final class Deduplicator {
    private let box = UnsafeBox(IdentityTable())
    private let windowHours: UInt32
    private let memoryLimit: Int
    private let archive: (any IdentityArchive)?
    /// Hours below this one are in the archive, not in memory.
    private var firstHourInMemory: UInt32
    private var firstHour: UInt32 = 0
    private var archiveHolds: Bool {
        get { archiveFlag.pointer.pointee }
        set { archiveFlag.pointer.pointee = newValue }
    }

    private let archiveFlag = UnsafeBox(false)
    /// Whether there is something in memory that `trim` can give back.
    private var hasExpired = false

    /// - Parameters:
    ///   - windowSeconds: how long an identity is remembered; rounded up to hours.
    ///   - memoryLimit: bytes; beyond it the oldest hour in memory goes to the archive.
    ///   - archivedBefore: hours below this one are already in the archive.
    public init(windowSeconds: Int, memoryLimit: Int, archive: (any IdentityArchive)?, archivedBefore: UInt32 = 0) {
        self.windowHours = UInt32((windowSeconds + 3_599) / 3_600)
        self.memoryLimit = memoryLimit
        self.archive = archive
        self.firstHourInMemory = archivedBefore
        self.archiveHolds = archivedBefore > 0
    }

    /// How many identities are in memory.
    public var count: Int { box.pointer.pointee.count }

    /// How much memory they take.
    public var bytes: Int { box.pointer.pointee.bytes }

    /// The hour of arrival by which identities are kept: hours since the Unix epoch.
    public func hour(of time: Timestamp) -> UInt32 {
        UInt32(clamping: time.milliseconds / 3_600_000)
    }

    /// The first hour whose identities still count at `now`.
    public func firstHour(at now: Timestamp) -> UInt32 {
        let hour = hour(of: now)
        return hour > windowHours ? hour - windowHours : 0
    }

    /// Forgets what the window has passed when events arrive at `time`, and gives the hour under which their identities
    /// are kept: never one that has left memory.
    func arrive(at time: Timestamp) -> UInt32 {
        forget(before: firstHour(at: time))
        return max(hour(of: time), box.pointer.pointee.firstHour, firstHourInMemory)
    }

    private func forget(before first: UInt32) {
        guard first > firstHour else { return }
        firstHour = first
        box.pointer.pointee.expire(before: first)
        hasExpired = hasExpired || box.pointer.pointee.count > 0
    }

    /// Puts back an identity that the store remembers.
    public func restore(fingerprint: UInt64, digest: UInt32, hour: UInt32) {
        _ = box.pointer.pointee.insert(fingerprint: fingerprint, digest: digest, hour: hour)
    }

    /// Brings what a look-up will need into the cache; see `IdentityTable.touch`.
    @inline(__always)
    func touch(_ fingerprint: UInt64) -> UInt64 {
        box.pointer.pointee.touch(fingerprint)
    }

    /// Looks an identity up and remembers it when it is new.
    @inline(__always)
    func insert(fingerprint: UInt64, digest: UInt32, hour: UInt32) throws -> IdentityTable.Outcome {
        let outcome = box.pointer.pointee.insert(fingerprint: fingerprint, digest: digest, hour: hour)
        if archiveHolds, case .new = outcome {
            return try insertArchived(fingerprint, digest)
        }
        return outcome
    }

    /// An identity new to memory may be in the archive, which then goes on to hold it alone: in memory it would count as
    /// one that arrived now, with the content it has now.
    private func insertArchived(_ fingerprint: UInt64, _ digest: UInt32) throws -> IdentityTable.Outcome {
        guard let archived = try archive?.digest(of: fingerprint, since: firstHour) else { return .new }
        box.pointer.pointee.withdraw(fingerprint)
        return archived == digest ? .duplicate : .conflict
    }

    /// Forgets what the window has passed, and moves the oldest hours out of memory while there is too much.
    ///
    /// Called once in a while, between commits, when everything in memory that arrived in an hour before `now` is durable.
    public func trim(at now: Timestamp) throws {
        forget(before: firstHour(at: now))
        if hasExpired {
            hasExpired = false
            if box.pointer.pointee.bytes > 1 << 20 { box.pointer.pointee.compact() }
        }
        let present = hour(of: now)
        guard let archive, box.pointer.pointee.bytes > memoryLimit else { return }
        var oldest = max(firstHourInMemory, firstHour)
        while box.pointer.pointee.bytes > memoryLimit, oldest < present {
            var identities: [(fingerprint: UInt64, digest: UInt32)] = []
            box.pointer.pointee.forEach(hour: oldest) { identities.append(($0, $1)) }
            if !identities.isEmpty {
                try archive.archive(hour: oldest, identities: identities)
                archiveHolds = true
            }
            oldest += 1
            firstHourInMemory = oldest
            box.pointer.pointee.expire(before: oldest)
            box.pointer.pointee.compact()
        }
    }
}
