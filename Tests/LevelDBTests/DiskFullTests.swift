// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import TestSupport
import Testing

/// On a small file system of its own, which takes root to mount.
@Suite(.enabled("needs the right to mount a tmpfs") { SmallDisk.isPermitted })
struct `A full disk` {
    let directory = TemporaryDirectory()

    @Test func `is reported as such, reads go on, and after making room all that was synced is there`() throws {
        let disk = try SmallDisk(at: directory.path + "/disk", megabytes: 3)
        let path = disk.path + "/db"
        var random = SeededRandom(seed: 11)
        var synced: [Entry] = []
        do {
            let database = try Database.open(at: path, options: creating { $0.writeBufferSize = 1 << 20 })
            let error = #expect(throws: LevelDBError.self) {
                for number in UInt8(0)..<250 {
                    let entry = Entry([number], random.bytes(50_000))
                    try database.put(entry.key, entry.value, sync: true)
                    synced.append(entry)
                }
            }
            #expect(error?.code == .diskFull)
            #expect(error?.path == path)
            #expect(database.writeFailure == error)
            #expect(synced.count > 10)
            for entry in synced { #expect(try database.get(entry.key) == entry.value) }
            #expect(try allEntries(database) == synced)
        }
        try disk.resize(megabytes: 30)
        let database = try Database.open(at: path)
        #expect(database.writeFailure == nil)
        try expectSyncedAndAtMostOneMore(database, synced)
        try database.put([255], [1], sync: true)
        #expect(try database.get([255]) == [1])
    }

    /// LevelDB itself would take the write, and put it behind the torn record of the one that failed, where the next
    /// opening stops. That is the loss of a write that was acknowledged.
    @Test func `refuses writes until reopened, even when there is room again`() throws {
        let disk = try SmallDisk(at: directory.path + "/disk", megabytes: 1)
        let path = disk.path + "/db"
        var synced: [Entry] = []
        do {
            let database = try Database.open(at: path, options: creating())
            let first = #expect(throws: LevelDBError.self) {
                for number in UInt8(0)..<200 {
                    let entry = Entry([number], [UInt8](repeating: number, count: 21_000))
                    try database.put(entry.key, entry.value, sync: true)
                    synced.append(entry)
                }
            }
            try disk.resize(megabytes: 30)
            let second = #expect(throws: LevelDBError.self) { try database.put([201], [1], sync: true) }
            #expect(second == first)
            #expect(throws: LevelDBError.self) { try database.delete([0], sync: false) }
            let batch = WriteBatch()
            batch.put([202], [1])
            #expect(throws: LevelDBError.self) { try database.write(batch, sync: true) }
        }
        let database = try Database.open(at: path)
        try expectSyncedAndAtMostOneMore(database, synced)
    }

    /// The write that failed may have come through, whole.
    private func expectSyncedAndAtMostOneMore(_ database: Database, _ synced: [Entry]) throws {
        let entries = try allEntries(database)
        #expect(Array(entries.prefix(synced.count)) == synced)
        #expect(entries.count <= synced.count + 1)
    }
}

/// A tmpfs, unmounted when it goes.
private final class SmallDisk {
    let path: String

    init(at path: String, megabytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try mountTmpfs(path, UInt(MS_NOSUID), megabytes: megabytes)
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }

    func resize(megabytes: Int) throws {
        try mountTmpfs(path, UInt(MS_NOSUID) | UInt(MS_REMOUNT), megabytes: megabytes)
    }

    static var isPermitted: Bool {
        let directory = TemporaryDirectory()
        return (try? SmallDisk(at: directory.path + "/disk", megabytes: 1)) != nil
    }
}

private func mountTmpfs(_ path: String, _ flags: UInt, megabytes: Int) throws {
    guard mount("tmpfs", path, "tmpfs", flags, "size=\(megabytes)m") == 0 else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
    }
}
