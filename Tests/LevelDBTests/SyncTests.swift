// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Testing

/// `sync` cannot be told from its absence by killing a process, because the kernel keeps what was written. So these
/// tests make the kernel refuse `fdatasync`, in processes of their own: what syncs then fails, what does not, does not.
@Suite struct `Reaching the disk` {
    @Test func `a synced write asks the kernel to sync, an unsynced one does not`() async {
        await #expect(processExitsWith: .success) {
            let directory = TemporaryDirectory()
            let databases = try (0..<3).map {
                try Database.open(at: directory.path + "/\($0)", options: creating())
            }
            let batch = WriteBatch()
            batch.put([1], [10])
            let writes: [(Database, Bool) throws -> Void] = [
                { try $0.write(batch, sync: $1) },
                { try $0.put([1], [10], sync: $1) },
                { try $0.delete([1], sync: $1) },
            ]
            guard refuseDataSync() else { return print("skipped: system calls cannot be filtered here") }
            for (database, write) in zip(databases, writes) {
                #expect(throws: Never.self) { try write(database, false) }
                #expect(throws: LevelDBError.self) { try write(database, true) }
            }
        }
    }

    @Test func `a sync that fails ends writing and not reading, and what was synced before is there`() async throws {
        let directory = TemporaryDirectory()
        let path = directory.database
        await #expect(processExitsWith: .success) { [path = path as String] in
            let database = try Database.open(at: path, options: creating())
            try database.put([1], [10], sync: true)
            guard refuseDataSync() else { return print("skipped: system calls cannot be filtered here") }
            let error = #expect(throws: LevelDBError.self) { try database.put([2], [20], sync: true) }
            #expect(error?.code == .ioError)
            #expect(database.writeFailure == error)
            #expect(throws: LevelDBError.self) { try database.put([3], [30], sync: false) }
            #expect(try database.get([1]) == [10])
        }
        let database = try Database.open(at: path)
        #expect(try database.get([1]) == [10])
        #expect([nil, [20]].contains(try database.get([2])))
        #expect(try database.get([3]) == nil)
        try database.put([3], [31], sync: true)
    }
}

/// Makes `fdatasync` fail with `EIO` on this thread, for good. False where that is not allowed.
///
/// `prctl` is variadic, which Swift does not call; its address is, with the integer arguments that it reads.
private func refuseDataSync() -> Bool {
    typealias Prctl = @convention(c) (CInt, UInt, UInt, UInt, UInt) -> CInt
    guard let address = dlsym(nil, "prctl") else { return false }
    let prctl = unsafeBitCast(address, to: Prctl.self)
    #if arch(x86_64)
        let dataSync: UInt32 = 75
    #else
        let dataSync: UInt32 = 83
    #endif
    // linux/seccomp.h, linux/filter.h: load the number of the call, compare, answer.
    let program = [
        FilterStep(code: 0x20, ifTrue: 0, ifFalse: 0, value: 0),
        FilterStep(code: 0x15, ifTrue: 0, ifFalse: 1, value: dataSync),
        FilterStep(code: 0x06, ifTrue: 0, ifFalse: 0, value: 0x0005_0000 | UInt32(EIO)),
        FilterStep(code: 0x06, ifTrue: 0, ifFalse: 0, value: 0x7fff_0000),
    ]
    let (noNewPrivileges, setSeccomp, filterMode): (CInt, CInt, UInt) = (38, 22, 2)
    return program.withUnsafeBufferPointer { steps in
        var filter = (count: steps.count, steps: steps.baseAddress)
        return withUnsafePointer(to: &filter) { filter in
            prctl(noNewPrivileges, 1, 0, 0, 0) == 0
                && prctl(setSeccomp, filterMode, UInt(bitPattern: filter), 0, 0) == 0
        }
    }
}

/// `struct sock_filter`.
private struct FilterStep {
    var code: UInt16
    var ifTrue: UInt8
    var ifFalse: UInt8
    var value: UInt32
}
