// SPDX-License-Identifier: Apache-2.0

/// What became of a second; see `JoinDefinition`.
enum JoinResult: UInt8, CaseIterable {
    case joined = 0
    case orphan = 1
    case late = 2
    case duplicate = 3
    case corrected = 4

    var name: String {
        switch self {
        case .joined: "joined"
        case .orphan: "orphan"
        case .late: "late"
        case .duplicate: "duplicate"
        case .corrected: "corrected"
        }
    }
}

/// An event that a join makes, or takes back.
struct JoinEmission: BitwiseCopyable {
    /// Nil: a pair.
    var result: JoinResult?
    /// Milliseconds since the Unix epoch: in whose slot it counts.
    var time: Int64
    /// How often; below 0 what was counted is taken back.
    var weight: Int64
    var firstTexts: UInt32
    var secondTexts: UInt32
    var numbers: (Double, Double, Double, Double)
    /// Seconds from the first to the second, not negative.
    var delay: Double
}

/// The state of one join in memory, and the rules by which it goes: `JoinDefinition` has them in words. Not thread safe.
struct JoinTable: ~Copyable {
    /// How far apart the sides of a pair may lie, in milliseconds, inclusive.
    var window: Int64
    private(set) var records = PendingTable()
    /// Firsts that have no second, by their texts and day.
    private(set) var waiting: [WaitingKey: Int] = [:]
    /// What the last call counts and takes back.
    private(set) var emissions = GrowableBuffer<JoinEmission>(capacity: 8)
    /// The records that the last call has changed; one with key 0 behind a removed one.
    private(set) var changes = GrowableBuffer<PendingRecord>(capacity: 4)
    /// Whether the first of the last of these began to wait by the last call, or ended it.
    private(set) var changesWaiting = false

    struct WaitingKey: Hashable {
        var texts: UInt32
        var day: UInt32
    }

    init(window: Int64) {
        self.window = window
    }

    // MARK: - What arrives

    /// Takes a first. Of several with one key the one that came first counts.
    mutating func first(_ key: UInt64, _ side: PendingSide) {
        begin()
        let number = records.find(key)
        if number < 0 {
            var record = PendingRecord(key: key)
            take(side, into: &record)
            _ = records.insert(record)
            wait(record, 1)
            changes.append(record)
            return
        }
        let record = records[number]
        guard !record.pointee.hasFirst else { return }
        // Its second is here already, and was counted as an orphan.
        let seconds = 1 + Int64(record.pointee.duplicates) + Int64(record.pointee.corrected)
        emit(.orphan, record.pointee, at: record.pointee.secondTime, -seconds)
        let oldDay = record.pointee.day
        take(side, into: &record.pointee)
        if oldDay != record.pointee.day { changes.append(PendingRecord(key: key, day: oldDay)) }
        emit(.duplicate, record.pointee, at: side.time, Int64(record.pointee.duplicates))
        emit(.corrected, record.pointee, at: side.time, Int64(record.pointee.corrected))
        record.pointee.duplicates = 0
        record.pointee.corrected = 0
        if isInWindow(record.pointee) {
            emit(.joined, record.pointee, at: side.time, 1)
            emit(nil, record.pointee, at: side.time, 1)
        } else {
            emit(.late, record.pointee, at: side.time, 1)
            record.pointee.secondTime = PendingRecord.none
            wait(record.pointee, 1)
        }
        changes.append(record.pointee)
    }

    /// Takes a second.
    mutating func second(_ key: UInt64, _ side: PendingSide) {
        begin()
        let number = records.find(key)
        if number < 0 {
            var record = PendingRecord(key: key, day: PendingRecord.day(of: side.time))
            record.take(second: side)
            _ = records.insert(record)
            emit(.orphan, record, at: side.time, 1)
            changes.append(record)
            return
        }
        let record = records[number]
        if record.pointee.hasFirst {
            addSecond(side, to: record)
        } else {
            hold(side, in: record)
        }
    }

    @inline(__always)
    private mutating func begin() {
        emissions.removeAll()
        changes.removeAll()
        changesWaiting = false
    }

    /// Another second without a first: all of them are orphans, in the slot of the one that counts.
    private mutating func hold(_ side: PendingSide, in record: UnsafeMutablePointer<PendingRecord>) {
        let seconds = 1 + Int64(record.pointee.duplicates) + Int64(record.pointee.corrected)
        emit(.orphan, record.pointee, at: record.pointee.secondTime, -seconds)
        if side.hasContent(of: record.pointee) {
            record.pointee.duplicates += record.pointee.duplicates < .max ? 1 : 0
        } else {
            record.pointee.corrected += record.pointee.corrected < .max ? 1 : 0
        }
        if side.time >= record.pointee.secondTime { record.pointee.take(second: side) }
        let now = 1 + Int64(record.pointee.duplicates) + Int64(record.pointee.corrected)
        emit(.orphan, record.pointee, at: record.pointee.secondTime, now)
        changes.append(record.pointee)
    }

    private mutating func addSecond(_ side: PendingSide, to record: UnsafeMutablePointer<PendingRecord>) {
        var arrived = record.pointee
        arrived.take(second: side)
        guard isInWindow(arrived) else {
            emit(.late, arrived, at: record.pointee.firstTime, 1)
            return
        }
        guard record.pointee.hasSecond else {
            record.pointee = arrived
            wait(arrived, -1)
            emit(.joined, arrived, at: arrived.firstTime, 1)
            emit(nil, arrived, at: arrived.firstTime, 1)
            changes.append(arrived)
            return
        }
        emit(side.hasContent(of: record.pointee) ? .duplicate : .corrected, arrived, at: arrived.firstTime, 1)
        guard side.time >= record.pointee.secondTime, arrived != record.pointee else { return }
        emit(nil, record.pointee, at: arrived.firstTime, -1)
        emit(nil, arrived, at: arrived.firstTime, 1)
        record.pointee = arrived
        changes.append(arrived)
    }

    // MARK: - Restoring and forgetting

    /// Puts back a record as a commit wrote it, day by day, those of a day in the order of the commits. Of the images of one
    /// key and day the later ones go over the earlier. What another day has left of the key, when all of that day was
    /// read, is the record, so what this one has of it will turn out to be gone; only one with a first goes over it.
    ///
    /// - Parameter counts: whether a first without a second waits by that; otherwise `addWaiting` says so. The images that
    ///   the later ones go over may not be here.
    mutating func restore(_ record: PendingRecord, counts: Bool) {
        let number = records.find(record.key)
        if number < 0 {
            guard record.hasFirst || record.hasSecond else { return }
            _ = records.insert(record)
            if counts, record.hasFirst, !record.hasSecond { addWaiting(record.firstTexts, day: record.day, 1) }
            return
        }
        let known = records[number]
        guard record.hasFirst || !known.pointee.hasFirst && known.pointee.day == record.day else { return }
        if counts, known.pointee.hasFirst, !known.pointee.hasSecond {
            addWaiting(known.pointee.firstTexts, day: known.pointee.day, -1)
        }
        if record.hasFirst || record.hasSecond {
            known.pointee = record
            if counts, record.hasFirst, !record.hasSecond { addWaiting(record.firstTexts, day: record.day, 1) }
        } else {
            records.remove(number)
        }
    }

    /// Puts in a record from a page, which was counted all the time.
    mutating func bring(_ record: PendingRecord) {
        _ = records.insert(record)
    }

    /// Adds to those that wait.
    mutating func addWaiting(_ texts: UInt32, day: UInt32, _ change: Int) {
        waiting[WaitingKey(texts: texts, day: day), default: 0] += change
    }

    /// Forgets the records of a day.
    mutating func forget(day: UInt32) {
        var numbers: [Int] = []
        records.forEach { if records[$0].pointee.day == day { numbers.append($0) } }
        for number in numbers { records.remove(number) }
        waiting = waiting.filter { $0.key.day != day }
    }

    // MARK: - By day

    /// How many records each day has in memory.
    func countsByDay() -> [UInt32: Int] {
        var counts: [UInt32: Int] = [:]
        var (day, count): (UInt32, Int) = (0, 0)
        // Neighbours are of one day for the most part.
        records.forEach { number in
            if records[number].pointee.day != day {
                if count > 0 { counts[day, default: 0] += count }
                (day, count) = (records[number].pointee.day, 0)
            }
            count += 1
        }
        if count > 0 { counts[day, default: 0] += count }
        return counts
    }

    /// The numbers of a day's records in memory, by key.
    func sortedRecords(of day: UInt32) -> [(key: UInt64, number: Int)] {
        var found: [(key: UInt64, number: Int)] = []
        records.forEach { number in
            let record = records[number]
            if record.pointee.day == day { found.append((record.pointee.key, number)) }
        }
        found.sort { $0.key < $1.key }
        return found
    }

    /// Takes records out of memory that are in pages now. They are not forgotten, so they wait as before.
    mutating func release(_ released: [(key: UInt64, number: Int)]) {
        for (_, number) in released { records.remove(number) }
    }

    // MARK: - Parts

    private func take(_ side: PendingSide, into record: inout PendingRecord) {
        record.firstTime = side.time
        record.firstTexts = side.texts
        record.numbers.0 = side.numbers.0
        record.numbers.1 = side.numbers.1
        record.day = PendingRecord.day(of: side.time)
    }

    private func isInWindow(_ record: PendingRecord) -> Bool {
        abs(record.secondTime - record.firstTime) <= window
    }

    private mutating func wait(_ record: PendingRecord, _ change: Int) {
        changesWaiting = true
        addWaiting(record.firstTexts, day: record.day, change)
    }

    private mutating func emit(_ result: JoinResult?, _ record: PendingRecord, at time: Int64, _ weight: Int64) {
        guard weight != 0 else { return }
        let delay =
            record.hasFirst && record.hasSecond ? Double(max(record.secondTime - record.firstTime, 0)) / 1_000 : .nan
        emissions.append(
            JoinEmission(
                result: result,
                time: time,
                weight: weight,
                firstTexts: record.firstTexts,
                secondTexts: record.secondTexts,
                numbers: record.numbers,
                delay: delay
            )
        )
    }
}

extension PendingRecord {
    /// Takes a second as the one that counts.
    mutating func take(second side: PendingSide) {
        secondTime = side.time
        secondTexts = side.texts
        numbers.2 = side.numbers.0
        numbers.3 = side.numbers.1
    }
}
