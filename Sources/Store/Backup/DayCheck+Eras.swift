// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// What series say of their sealed days, and whether it fits.
extension DayCheck {
    func era(_ id: SeriesID, _ day: UInt32) throws(StoreError) -> SealedEra? {
        let era = ChunkList.era(ofDay: day)
        for key in [KeySpace.newestEra(id, era: era), KeySpace.earlierEra(id, era: era)] {
            guard let bytes = try storeErrors({ () throws(LevelDBError) in try database.get(key) }) else { continue }
            do throws(ByteReader.Malformed) {
                return try bytes.withBytes { bytes throws(ByteReader.Malformed) in
                    try key.withBytes { key throws(ByteReader.Malformed) in
                        try decode(bytes, key, id, kinds[Int(id.number)], era)
                    }
                }
            } catch {
                throw Recovery.corrupt(database, key, error)
            }
        }
        return nil
    }

    private func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ key: UnsafeRawBufferPointer,
        _ id: SeriesID,
        _ kind: MetricFamily.Kind,
        _ era: UInt16
    ) throws(ByteReader.Malformed) -> SealedEra {
        try SealedEra.decode(bytes, key: key, era: era, positions: store.positions(of: kind), rule: rule(of: id))
    }

    private func rule(of id: SeriesID) -> PointRule? {
        kinds[Int(id.number)] == .samples ? nil : PointRule(store.index.metricFamily(of: id))
    }

    /// Every era knows what those before come to, and names days that are there.
    mutating func checkEras(
        _ sums: inout SeriesTotals,
        _ found: inout StoreVerification
    ) throws(StoreError) {
        let newest = database.makeCursor(fillCache: false)
        let earlier = database.makeCursor(fillCache: false)
        defer {
            newest.close()
            earlier.close()
        }
        try storeErrors { () throws(LevelDBError) in try newest.seek(to: KeySpace.newestEra.prefix) }
        var last: SeriesID?
        var named = 0
        while newest.isValid, newest.key.first == KeySpace.newestEra.rawValue {
            let name = "\(database.path): entry \(Recovery.name(of: Array(newest.key)))"
            if let (number, era) = KeySpace.newestEra.seriesAndEra(newest.key), Int(number) < kinds.count {
                let id = SeriesID(number)
                if last == id { found.add("\(name) is not the only one of its series") }
                last = id
                var total = SealedSums()
                // What cannot be decoded is told when its turn comes.
                let others = (try? decode(newest.value, newest.key, id, kinds[Int(number)], era))?.earlier
                var present: [UInt16] = []
                for era in others ?? [] where try move(earlier, to: KeySpace.earlierEra(id, era: era)) {
                    present.append(era)
                }
                isKnown[Int(number)] = present.count == others?.count
                named += present.count
                if let others, present.count < others.count {
                    found.add("\(name) names \(others.count - present.count) earlier entries that are not there")
                }
                for era in present where try move(earlier, to: KeySpace.earlierEra(id, era: era)) {
                    check(id, era, earlier, &total, &found)
                }
                check(id, era, newest, &total, &found)
                sums.add(total, to: id)
            } else {
                found.add("\(name) is of a series that is not there")
            }
            try storeErrors { () throws(LevelDBError) in try newest.next() }
        }
        try checkUnnamed(earlier, named: named, &found)
    }

    /// Whether a key is there; the cursor stands at it then.
    private func move(_ cursor: Cursor, to key: [UInt8]) throws(StoreError) -> Bool {
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: key) }
        return cursor.isValid && cursor.key.elementsEqual(key)
    }

    /// Tells of earlier eras that no newest one names: once for each series that has lost it.
    private func checkUnnamed(
        _ cursor: Cursor,
        named: Int,
        _ found: inout StoreVerification
    ) throws(StoreError) {
        var count = 0
        var unknown: Set<UInt32> = []
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: KeySpace.earlierEra.prefix) }
        while cursor.isValid, cursor.key.first == KeySpace.earlierEra.rawValue {
            count += 1
            if let number = KeySpace.read(cursor.key, at: 3, as: UInt32.self), Int(number) < kinds.count,
                !isKnown[Int(number)], unknown.insert(number).inserted
            {
                found.add("\(database.path): series \(number) has sealed days, and no entry E that says which")
            }
            try storeErrors { () throws(LevelDBError) in try cursor.next() }
        }
        if count > named, unknown.isEmpty {
            found.add("\(database.path): \(count - named) of the entries Z are of series that do not know them")
        }
    }

    /// - Parameter total: what earlier eras come to, and then with this one.
    private mutating func check(
        _ id: SeriesID,
        _ era: UInt16,
        _ cursor: Cursor,
        _ total: inout SealedSums,
        _ found: inout StoreVerification
    ) {
        let key = Array(cursor.key)
        let name = "\(database.path): entry \(Recovery.name(of: key))"
        do throws(ByteReader.Malformed) {
            let sealed = try decode(cursor.value, cursor.key, id, kinds[Int(id.number)], era)
            if sealed.before != total { found.add("\(name) does not know what is before it") }
            if let rule = rule(of: id) { total = sealed.total(rule) }
            for day in sealed.days { count(day, id, name, &found) }
        } catch {
            found.add(Recovery.corrupt(database, key, error).message)
        }
    }

    private mutating func count(
        _ day: SealedEra.Day,
        _ id: SeriesID,
        _ name: String,
        _ found: inout StoreVerification
    ) {
        guard day.day >= registry.floor, day.generation > 0, isKnown[Int(id.number)] else { return }
        guard let entry = registry.days[day.day] else {
            return found.add("\(name) names day \(DayFile.name(ofDay: day.day)), which is not sealed")
        }
        if day.generation > entry.file.generation {
            found.add("\(name) names a later file of day \(DayFile.name(ofDay: day.day)) than there is")
        }
        if !entry.record.thinned.contains(store.index.metricFamily(of: id).name) { missing[day.day, default: 0] += 1 }
    }
}
