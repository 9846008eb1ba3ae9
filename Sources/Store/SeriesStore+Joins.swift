// SPDX-License-Identifier: Apache-2.0

import LevelDB
public import TimeSeries

/// The state of joins, which the store keeps block by block and does not look into.
extension SeriesStore {
    /// Calls `body` for each block that commits wrote and nobody has forgotten: join by join, day by day, in the order of
    /// the commits.
    ///
    /// - Complexity: O(bytes).
    public func forEachJoinBlock(_ body: (JoinBlock) -> Void) throws(StoreError) {
        var malformed: [UInt8]?
        try storeErrors { () throws(LevelDBError) in
            try database.makeCursor(fillCache: false).scan(prefix: KeySpace.joinBlock.prefix) { key, value in
                guard let block = JoinBlock(key: key, value: value) else {
                    malformed = Array(key)
                    return false
                }
                body(block)
                return true
            }
        }
        if let malformed { throw Recovery.corrupt(database, malformed, .init(offset: 0)) }
    }
}

extension JoinBlock {
    /// The block of an entry; nil when its key is none of a block.
    init?(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard let end = key.dropFirst().firstIndex(of: 0), key.count == end + 15,
            let join = String(validating: key[1..<end], as: UTF8.self),
            let day = KeySpace.read(key, at: end + 1, as: UInt32.self)
        else { return nil }
        self.init(join: join, day: day, bytes: Array(value))
    }

    /// A page, which is laid out as a block; nil when its key is none of a page.
    init?(pageKey key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard let end = key.dropFirst().firstIndex(of: 0), key.count == end + 13,
            let join = String(validating: key[1..<end], as: UTF8.self),
            let day = KeySpace.read(key, at: end + 1, as: UInt32.self)
        else { return nil }
        self.init(join: join, day: day, bytes: Array(value))
    }
}
