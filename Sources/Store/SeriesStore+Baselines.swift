// SPDX-License-Identifier: Apache-2.0

import LevelDB

/// The baselines of models, which the store keeps as bytes and does not look into.
extension SeriesStore {
    /// The bytes of every baseline, model by model in the order of their numbers.
    public func baselineBytes() throws(StoreError) -> [[UInt8]] {
        var all: [[UInt8]] = []
        try storeErrors { () throws(LevelDBError) in
            try database.makeCursor(fillCache: false).scan(prefix: KeySpace.baseline.prefix) { _, value in
                all.append(Array(value))
                return true
            }
        }
        return all
    }
}
