// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Records that leave memory, and come back one by one.
extension JoinRecords {
    /// A day of a join that has pages.
    struct PagedDay {
        /// Records in the pages.
        var records: Int
        /// Keys whose records in the pages are gone from the day since.
        var gone: Set<UInt64> = []
        /// Whether the day's records are all in memory besides: then nobody has to ask the pages.
        var isResident: Bool
    }

    /// How pages are made.
    struct Paging {
        /// Bytes of records in memory, beyond which they leave it.
        var memoryLimit = 1 << 30
        /// Blocks of a day, beyond which it is packed into pages. Opening reads a block in some 10 µs.
        var mostBlocks = 4_096
        /// A page is read for one record: some 3 KB, less than a block of LevelDB.
        var recordsPerPage = 128
    }

    /// Bytes that a record takes in memory, with its share of the index.
    static let recordBytes = 80
    /// Bytes of a key that is gone.
    private static let goneBytes = 16
    /// Of days with a good part of what the fullest day has, the oldest goes first: to make room by a day that has little in
    /// memory would write its pages anew for little.
    private static let leastShare = 8

    // MARK: - Back into memory

    /// Brings the record of a key that is not in memory back from the pages, if they have one.
    func bring(_ key: UInt64, into joined: Joined) throws {
        var found: PendingRecord?
        try archive?.forEachPage(of: joined.name, thatMayHave: key) { day, page in
            guard let paged = joined.paged[day], !paged.isResident, !paged.gone.contains(key) else { return }
            var reader = try JoinBlockReader(page, day: day, layout: joined.layout)
            guard let record = try reader.find(key, &texts.pointer.pointee) else { return }
            if found == nil || record.hasFirst { found = record }
        }
        if let found { joined.table.pointer.pointee.bring(found) }
    }

    /// Takes note of a block's record of a day that has pages, whose records are not read on opening.
    func note(_ record: PendingRecord, changesWaiting: Bool, in joined: Joined) {
        if changesWaiting {
            let change = record.hasSecond ? -1 : 1
            joined.table.pointer.pointee.addWaiting(record.firstTexts, day: record.day, change)
        }
        if !record.hasFirst, !record.hasSecond { joined.paged[record.day]?.gone.insert(record.key) }
    }

    // MARK: - Out of memory

    /// Bytes of memory that making pages gives back.
    var pageableBytes: Int {
        joins.values.reduce(0) { sum, joined in
            let gone = joined.paged.values.reduce(0) { $0 + $1.gone.count }
            return sum + joined.table.pointer.pointee.records.count * JoinRecords.recordBytes
                + gone * JoinRecords.goneBytes
        }
    }

    /// Whether `makePages` has something to do.
    var wantsPages: Bool { archive != nil && (!due.isEmpty || pageableBytes > paging.memoryLimit) }

    /// Packs a day that has many blocks, or moves one out of memory. Everything in memory has to be durable.
    ///
    /// - Complexity: O(records in memory + records of the day).
    func makePages() throws {
        if let (name, day) = due.popLast() {
            if let joined = joins[name], joined.days[day] != nil {
                try makePages(of: joined, day: day, leavesMemory: false)
            }
        } else if pageableBytes > paging.memoryLimit, let (joined, day) = fullDay() {
            try makePages(of: joined, day: day, leavesMemory: true)
        }
    }

    private func fullDay() -> (Joined, UInt32)? {
        var full: [(joined: Joined, day: UInt32, count: Int)] = []
        for joined in joins.values {
            var counts = joined.table.pointer.pointee.countsByDay()
            for (day, paged) in joined.paged where !paged.gone.isEmpty { counts[day, default: 0] += paged.gone.count }
            full += counts.map { (joined, $0.key, $0.value) }
        }
        let most = full.map(\.count).max() ?? 0
        let oldest = full.filter { $0.count * JoinRecords.leastShare >= most }.min { $0.day < $1.day }
        return oldest.map { ($0.joined, $0.day) }
    }

    /// Writes the records of a day as pages: those in memory over those of the pages that there are.
    private func makePages(of joined: Joined, day: UInt32, leavesMemory: Bool) throws {
        precondition(joined.blocks.isEmpty && superseded.isEmpty, "what is in memory is durable")
        let table = joined.table.pointer
        let resident = table.pointee.sortedRecords(of: day)
        let old = joined.paged[day]
        let arrival = joined.days[day] ?? Timestamp(milliseconds: 0)
        var made = 0
        try archive?.replace(joined.name, day: day, atMost: (old?.records ?? 0) + resident.count) { put in
            var page = JoinPage(joined.layout, day: day, arrival: arrival)
            func add(_ record: PendingRecord) throws {
                page.add(record, texts.pointer.pointee)
                guard page.keys.count == paging.recordsPerPage else { return }
                try finish()
            }
            func finish() throws {
                guard !page.keys.isEmpty else { return }
                made += page.keys.count
                try put(page.bytes, page.keys)
                page = JoinPage(joined.layout, day: day, arrival: arrival)
            }
            var next = 0
            if let old {
                try archive?.forEachPage(of: joined.name, day: day) { bytes in
                    var reader = try JoinBlockReader(bytes, day: day, layout: joined.layout)
                    while let record = try reader.next(&texts.pointer.pointee) {
                        while next < resident.count, resident[next].key < record.key {
                            try add(table.pointee.records[resident[next].number].pointee)
                            next += 1
                        }
                        // What is in memory is newer.
                        if next < resident.count, resident[next].key == record.key { continue }
                        if !old.gone.contains(record.key) { try add(record) }
                    }
                }
            }
            while next < resident.count {
                try add(table.pointee.records[resident[next].number].pointee)
                next += 1
            }
            try finish()
            let waiting = table.pointee.waiting.filter { $0.key.day == day && $0.value != 0 }
            let details = JoinDayDetails(arrival: arrival, waiting: waiting.map { ($0.key.texts, $0.value) })
            return details.encode(joined.layout, texts.pointer.pointee)
        }
        let isResident = !leavesMemory && (old?.isResident ?? true)
        joined.paged[day] = PagedDay(records: made, isResident: isResident)
        joined.written[day] = nil
        due.removeAll { $0.join == joined.name && $0.day == day }
        if leavesMemory { table.pointee.release(resident) }
    }
}

/// A page while it is filled.
private struct JoinPage {
    private var writer: JoinBlockWriter
    private(set) var keys: [UInt64] = []

    init(_ layout: JoinLayout, day: UInt32, arrival: Timestamp) {
        writer = JoinBlockWriter(layout, day: day, arrival: arrival)
    }

    var bytes: [UInt8] { writer.bytes }

    mutating func add(_ record: PendingRecord, _ texts: borrowing TextTable) {
        writer.add(record, texts)
        keys.append(record.key)
    }
}
