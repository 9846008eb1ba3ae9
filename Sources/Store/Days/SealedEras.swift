// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// The sealed eras of a series. The newest one is in an entry `E`, beside those of the other series, and says which there
/// are before it, in entries `Z`, by era: a seal writes all series anew, and is not to touch but what is of the last days,
/// however old a store is.
extension SeriesStore {
    /// The sealed eras of a series from one on, ascending; when all are before it, the newest one.
    func readSealedEras(
        of id: SeriesID,
        from era: UInt16,
        _ positions: ChunkPositions,
        _ rule: PointRule?,
        _ cursor: Cursor
    ) throws(StoreError) -> [(era: UInt16, sealed: SealedEra)] {
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: KeySpace.newestEra(id, era: 0)) }
        guard let newest = try readNewestEra(of: id, at: cursor, positions, rule) else { return [] }
        var eras: [(era: UInt16, sealed: SealedEra)] = []
        for earlier in newest.sealed.earlier where earlier >= era {
            eras.append((earlier, try readEarlierEra(of: id, earlier, cursor, positions, rule)))
        }
        return eras + [newest]
    }

    /// The newest sealed era of a series if a cursor stands at it, or nil.
    func readNewestEra(
        of id: SeriesID,
        at cursor: Cursor,
        _ positions: ChunkPositions,
        _ rule: PointRule?
    ) throws(StoreError) -> (era: UInt16, sealed: SealedEra)? {
        guard cursor.isValid, let (series, era) = KeySpace.newestEra.seriesAndEra(cursor.key), series == id.number
        else { return nil }
        return (era, try decodeEra(era, at: cursor, positions, rule))
    }

    /// An era that the newest one of its series says is there. Moves the cursor.
    func readEarlierEra(
        of id: SeriesID,
        _ era: UInt16,
        _ cursor: Cursor,
        _ positions: ChunkPositions,
        _ rule: PointRule?
    ) throws(StoreError) -> SealedEra {
        let key = KeySpace.earlierEra(id, era: era)
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: key) }
        guard cursor.isValid, cursor.key.elementsEqual(key) else { throw Recovery.missing(database, key) }
        return try decodeEra(era, at: cursor, positions, rule)
    }

    private func decodeEra(
        _ era: UInt16,
        at cursor: Cursor,
        _ positions: ChunkPositions,
        _ rule: PointRule?
    ) throws(StoreError) -> SealedEra {
        let key = cursor.key
        do throws(ByteReader.Malformed) {
            return try SealedEra.decode(cursor.value, key: key, era: era, positions: positions, rule: rule)
        } catch {
            throw Recovery.corrupt(database, Array(key), error)
        }
    }

    /// - Throws: `incompatible` when the sealed days are as a development version had them, without entries `E`.
    func requireNewestEras() throws(StoreError) {
        let cursor = database.makeCursor(fillCache: false)
        defer { cursor.close() }
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: KeySpace.newestEra.prefix) }
        if cursor.isValid, cursor.key.first == KeySpace.newestEra.rawValue { return }
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: KeySpace.earlierEra.prefix) }
        if cursor.isValid, cursor.key.first == KeySpace.earlierEra.rawValue {
            throw Recovery.corrupt(
                database,
                Array(cursor.key),
                ByteReader.Malformed(offset: 0, isOfOtherVersion: true)
            )
        }
    }
}
