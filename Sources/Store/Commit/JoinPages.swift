// SPDX-License-Identifier: Apache-2.0

import LevelDB
public import TimeSeries

/// Records of joins that have left memory: sorted pages on the disk, made and read by the event path, and in memory for
/// each join and day a filter of the keys and the last key of each page. The store does not look into pages.
///
/// The pages of a day are written anew as a whole, under the next generation. The last write of that names the generation
/// in the day's entry `W`, and takes away the pages of the older and the blocks `P` that are in the new: before it nothing
/// has changed, whatever lies on the disk already.
///
/// Not thread safe: used under the lock of the event path.
public final class JoinPages: @unchecked Sendable {  // One lock, the event path's, guards all use.
    /// A page's bytes, and the keys of its records, ascending, at least one.
    public typealias Put = (_ page: [UInt8], _ keys: [UInt64]) throws -> Void

    private let store: SeriesStore
    private var joins: [String: Days] = [:]
    /// The join that was asked last, and its name: nearly always the one that is asked next.
    private var asked: (join: String, days: Days)?

    private final class Days {
        var days: [(day: UInt32, record: JoinDayRecord)] = []
    }

    /// How much of the pages goes into one write.
    var batchBytes = 4 << 20

    /// Reads which pages there are; no page is read.
    ///
    /// - Complexity: O(records), two bytes each.
    public init(_ store: SeriesStore) throws(StoreError) {
        self.store = store
        var bad: (key: [UInt8], fault: ByteReader.Malformed)?
        var joins: [String: Days] = [:]
        let database = store.database
        try storeErrors { () throws(LevelDBError) in
            try database.makeCursor(fillCache: false).scan(prefix: KeySpace.joinPagesOfDay.prefix) { key, value in
                do throws(ByteReader.Malformed) {
                    guard let end = key.dropFirst().firstIndex(of: 0), key.count == end + 5,
                        let join = String(validating: key[1..<end], as: UTF8.self),
                        let day = KeySpace.read(key, at: end + 1, as: UInt32.self)
                    else { throw ByteReader.Malformed(offset: 0) }
                    let days = joins[join] ?? Days()
                    days.days.append((day, try JoinDayRecord.decode(value)))
                    joins[join] = days
                    return true
                } catch {
                    bad = (Array(key), error)
                    return false
                }
            }
        }
        if let bad { throw Recovery.corrupt(database, bad.key, bad.fault) }
        self.joins = joins
    }

    /// Memory of filters and keys, in bytes.
    public var bytes: Int { joins.values.reduce(0) { $0 + $1.days.reduce(0) { $0 + $1.record.bytes } } }

    // MARK: - Reading

    /// Calls `body` for each day that has pages, with how many records they have and what `replace` was given.
    public func forEachDay(
        _ body: (_ join: String, _ day: UInt32, _ records: Int, _ details: [UInt8]) throws(ByteReader.Malformed) -> Void
    ) throws(StoreError) {
        for (join, days) in joins {
            for (day, record) in days.days {
                do throws(ByteReader.Malformed) {
                    try body(join, day, record.records, record.details)
                } catch {
                    throw Recovery.corrupt(store.database, KeySpace.joinPagesOfDay(join, day: day), error)
                }
            }
        }
    }

    /// Calls `body` with each page that may have a record of a key: about one in five hundred of those days that have
    /// none, besides.
    ///
    /// - Throws: `corrupt` with the page's name when `body` throws `ByteReader.Malformed`; `io`.
    public func forEachPage(
        of join: String,
        thatMayHave key: UInt64,
        _ body: (_ day: UInt32, _ page: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let days = days(of: join) else { return }
        for index in days.days.indices {
            guard let page = days.days[index].record.page(of: key) else { continue }
            let day = days.days[index].day
            try read(join, day, days.days[index].record.generation, page) { try body(day, $0) }
        }
    }

    /// Calls `body` with each page of a day, in the order of the keys.
    ///
    /// - Throws: as the other, and what `body` throws.
    public func forEachPage(of join: String, day: UInt32, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let record = joins[join]?.days.first(where: { $0.day == day })?.record else { return }
        for page in record.lastKeys.indices { try read(join, day, record.generation, UInt32(page), body) }
    }

    private func days(of join: String) -> Days? {
        if let asked, asked.join == join { return asked.days }
        guard let days = joins[join] else { return nil }
        asked = (join, days)
        return days
    }

    private func read(
        _ join: String,
        _ day: UInt32,
        _ generation: UInt32,
        _ page: UInt32,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let key = KeySpace.joinPage(join, day: day, generation: generation, page)
        do {
            guard try store.database.withValue(for: key, body) != nil else {
                throw Recovery.missing(store.database, key)
            }
        } catch let fault as ByteReader.Malformed {
            throw Recovery.corrupt(store.database, key, fault)
        } catch let error as LevelDBError {
            throw StoreError(error)
        }
    }

    // MARK: - Writing

    /// Puts pages in the place of all pages and blocks of a join and day. Durable when it returns; when it throws, or is
    /// broken off, what there was is there still.
    ///
    /// - Parameters:
    ///   - records: how many there will be at most.
    ///   - fill: hands over page by page, in the order of keys, and returns what `forEachDay` is to give back. It may read
    ///     the pages that there are.
    public func replace(
        _ join: String,
        day: UInt32,
        atMost records: Int,
        _ fill: (_ put: Put) throws -> [UInt8]
    ) throws {
        let days = joins[join] ?? Days()
        let place = days.days.firstIndex { $0.day == day }
        let old = place.map { days.days[$0].record }
        var made = JoinDayRecord(
            generation: (old?.generation ?? 0) + 1,
            records: 0,
            lastKeys: [],
            filter: BloomFilter(capacity: records, bitsPerHash: JoinDayRecord.filterBits),
            details: []
        )
        var batch = WriteBatch()
        made.details = try fill { page, keys in
            guard let last = keys.last else { return }
            let number = UInt32(made.lastKeys.count)
            batch.put(KeySpace.joinPage(join, day: day, generation: made.generation, number), page)
            for key in keys { made.filter.insert(key) }
            made.lastKeys.append(last)
            made.records += keys.count
            if batch.byteCount > batchBytes {
                try store.hot.write(batch)
                batch = WriteBatch()
            }
        }
        if let old {
            for page in old.lastKeys.indices {
                batch.delete(KeySpace.joinPage(join, day: day, generation: old.generation, UInt32(page)))
            }
        }
        // Of one that was broken off there may be more pages than there are now.
        let unused = KeySpace.joinPage(join, day: day, generation: made.generation, UInt32(made.lastKeys.count))
        let pages = KeySpace.joinPages(join, day: day)
        for key in try keys(from: unused, prefix: pages) { batch.delete(key) }
        let blocks = KeySpace.joinDay(join, day: day)
        for key in try keys(from: blocks, prefix: blocks) { batch.delete(key) }
        batch.put(KeySpace.joinPagesOfDay(join, day: day), made.encode())
        try store.hot.write(batch)
        if let place { days.days[place].record = made } else { days.days.append((day, made)) }
        joins[join] = days
    }

    /// Forgets what there is of one join and day: blocks and pages.
    public func forget(_ join: String, day: UInt32) throws(StoreError) {
        let batch = WriteBatch()
        for prefix in [KeySpace.joinDay(join, day: day), KeySpace.joinPages(join, day: day)] {
            for key in try keys(from: prefix, prefix: prefix) { batch.delete(key) }
        }
        if joins[join]?.days.contains(where: { $0.day == day }) == true {
            batch.delete(KeySpace.joinPagesOfDay(join, day: day))
        }
        try store.hot.write(batch)
        joins[join]?.days.removeAll { $0.day == day }
    }

    /// The keys with a prefix that do not stand before `first`.
    private func keys(from first: [UInt8], prefix: [UInt8]) throws(StoreError) -> [[UInt8]] {
        try storeErrors { () throws(LevelDBError) in
            var keys: [[UInt8]] = []
            let cursor = store.database.makeCursor(fillCache: false)
            try cursor.seek(to: first)
            while cursor.isValid, cursor.key.starts(with: prefix) {
                keys.append(Array(cursor.key))
                try cursor.next()
            }
            try cursor.checkError()
            return keys
        }
    }
}
