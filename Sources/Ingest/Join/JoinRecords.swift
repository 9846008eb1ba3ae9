// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The records of all joins that were defined since a store was opened, and the texts that they keep. Shared by the states
/// of one schema after the other.
final class JoinRecords {
    /// One join and its records.
    final class Joined {
        let name: String
        let layout: JoinLayout
        let table: UnsafeBox<JoinTable>
        /// What has changed since the last commit was closed, by day.
        var blocks: [UInt32: JoinBlockWriter] = [:]
        /// Days that have records, with the time of arrival of the last change of each.
        var days: [UInt32: Timestamp] = [:]
        /// Days that have pages.
        var paged: [UInt32: PagedDay] = [:] {
            didSet { asksPages = paged.values.contains { !$0.isResident } }
        }
        /// Whether a record that is not in memory may be in a page.
        private(set) var asksPages = false
        /// Blocks of a day that are not in pages, and the records in them.
        var written: [UInt32: (blocks: Int, records: Int)] = [:]
        /// How those that wait are told.
        fileprivate(set) var gauge: JoinDefinition.WaitingGauge? {
            didSet { labels = [:] }
        }
        /// The text of the gauge's label, by the texts of a first.
        private var labels: [UInt32: String] = [:]

        fileprivate init(_ join: EventSchema.Join) {
            name = join.definition.pair
            layout = JoinLayout(join)
            gauge = join.definition.waiting
            table = UnsafeBox(JoinTable(window: join.definition.windowMilliseconds))
        }

        /// How many firsts have no second and may still get one, by the gauge's label.
        func waiting(at watermark: Int64, _ texts: borrowing TextTable) -> [String: Int] {
            guard let position = gauge.flatMap({ layout.firstTexts.firstIndex(of: $0.label) }) else { return [:] }
            let window = table.pointer.pointee.window
            var counts: [String: Int] = [:]
            // Below 0, where the texts of a first that is in a page have changed with the definitions.
            for (key, count) in table.pointer.pointee.waiting where count != 0 {
                guard JoinRecords.end(of: key.day) + window >= watermark else { continue }
                let label: String
                if let known = labels[key.texts] {
                    label = known
                } else {
                    let part = KeyParts.part(position, of: texts[key.texts])
                    label = part.map { String(decoding: $0, as: UTF8.self) } ?? ""
                    labels[key.texts] = label
                }
                counts[label, default: 0] += count
            }
            return counts.filter { $0.value > 0 }
        }
    }

    let texts = UnsafeBox(TextTable())
    /// By their names on the disk.
    private(set) var joins: [String: Joined] = [:]
    /// Joins that others have taken the place of, while they have changes that no commit has taken.
    private(set) var superseded: [Joined] = []
    /// Where records go that leave memory; nil: they stay.
    let archive: (any JoinArchive)?
    let paging: Paging
    /// Days that have so many blocks that they are to be packed.
    var due: [(join: String, day: UInt32)] = []
    /// Where the texts of a side are put together.
    private let scratch = UnsafeBox(GrowableBuffer<UInt8>(capacity: 256))

    init(archive: (any JoinArchive)?, _ paging: Paging) {
        self.archive = archive
        self.paging = paging
    }

    /// The join of a definition, with the records that there are.
    func add(_ join: EventSchema.Join) -> Joined {
        let name = join.definition.pair
        let layout = JoinLayout(join)
        if let known = joins[name], known.layout == layout {
            known.table.pointer.pointee.window = join.definition.windowMilliseconds
            if known.gauge != join.definition.waiting { known.gauge = join.definition.waiting }
            return known
        }
        let made = Joined(join)
        if let old = joins[name] {
            move(old, to: made)
            if !old.blocks.isEmpty { superseded.append(old) }
        }
        joins[name] = made
        return made
    }

    /// Forgets a join that has changed nothing.
    func remove(_ name: String) { joins[name] = nil }

    /// Takes the records of a join over into what another layout keeps.
    private func move(_ old: Joined, to made: Joined) {
        let (from, to) = (old.layout, made.layout)
        var firsts: [UInt32: UInt32] = [0: 0]
        var seconds: [UInt32: UInt32] = [0: 0]
        func number(_ texts: UInt32, _ known: inout [UInt32: UInt32], _ from: [String], _ to: [String]) -> UInt32 {
            if let number = known[texts] { return number }
            // A copy: the table may move when it takes a text.
            let bytes = Array(self.texts.pointer.pointee[texts])
            let number = bytes.withUnsafeBufferPointer {
                JoinLayout.texts($0, from: from, to: to, into: &self.texts.pointer.pointee)
            }
            known[texts] = number
            return number
        }
        old.table.pointer.pointee.records.forEach { place in
            var record = old.table.pointer.pointee.records[place].pointee
            record.firstTexts = number(record.firstTexts, &firsts, from.firstTexts, to.firstTexts)
            record.secondTexts = number(record.secondTexts, &seconds, from.secondTexts, to.secondTexts)
            let first = JoinLayout.numbers(
                (record.numbers.0, record.numbers.1),
                from: from.firstNumbers,
                to: to.firstNumbers
            )
            let second = JoinLayout.numbers(
                (record.numbers.2, record.numbers.3),
                from: from.secondNumbers,
                to: to.secondNumbers
            )
            record.numbers = (first.0, first.1, second.0, second.1)
            made.table.pointer.pointee.restore(record, counts: false)
        }
        for (key, count) in old.table.pointer.pointee.waiting {
            let texts = number(key.texts, &firsts, from.firstTexts, to.firstTexts)
            made.table.pointer.pointee.addWaiting(texts, day: key.day, count)
        }
        made.days = old.days
        made.paged = old.paged
        made.written = old.written
    }

    /// The number of some parts of a key.
    func number(of positions: [Int], _ key: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let scratch = scratch.pointer
        scratch.pointee.removeAll()
        for position in positions {
            guard let part = KeyParts.part(position, of: key) else { continue }
            KeyParts.append(part, to: &scratch.pointee)
        }
        return texts.pointer.pointee.number(of: UnsafeBufferPointer(scratch.pointee.elements))
    }

    /// What has changed since this was last asked. Of one join and day what was written under older definitions comes first.
    func takeBlocks() -> [JoinBlock] {
        var blocks: [JoinBlock] = []
        for joined in superseded + Array(joins.values) where !joined.blocks.isEmpty {
            for (day, writer) in joined.blocks {
                blocks.append(JoinBlock(join: joined.name, day: day, bytes: writer.bytes))
                joins[joined.name]?.days[day] = writer.arrival
                addBlock(of: joined.name, day: day, records: writer.count)
            }
            joined.blocks.removeAll(keepingCapacity: true)
        }
        superseded = []
        return blocks
    }

    /// Counts a block that is on the disk, or will be.
    func addBlock(of name: String, day: UInt32, records: Int) {
        guard let joined = joins[name] else { return }
        var written = joined.written[day] ?? (0, 0)
        written.blocks += 1
        written.records += records
        joined.written[day] = written
        // Each block has paid for a few records of those to be written again.
        let mostRecords = written.blocks * 16
        guard written.blocks > paging.mostBlocks, mostRecords > (joined.paged[day]?.records ?? 0) + written.records,
            !due.contains(where: { $0.join == name && $0.day == day })
        else { return }
        due.append((name, day))
    }

    /// Forgets what is over; see `JoinState.expire`.
    func expire(watermark: Int64, now: Int64) -> [(join: String, day: UInt32)] {
        let day: Int64 = 86_400_000
        var expired: [(join: String, day: UInt32)] = []
        for joined in joins.values {
            let window = joined.table.pointer.pointee.window
            for (number, arrival) in joined.days
            where JoinRecords.end(of: number) + day + window < watermark && arrival.milliseconds + day < now
                && !isOpen(number, of: joined)
            {
                joined.table.pointer.pointee.forget(day: number)
                joined.days[number] = nil
                joined.paged[number] = nil
                joined.written[number] = nil
                expired.append((joined.name, number))
            }
        }
        return expired
    }

    /// Whether a day has changes that no commit has taken: they come to the disk after what is forgotten now.
    private func isOpen(_ day: UInt32, of joined: Joined) -> Bool {
        joined.blocks[day] != nil || superseded.contains { $0.name == joined.name && $0.blocks[day] != nil }
    }

    /// The end of a day, in milliseconds since the Unix epoch.
    private static func end(of day: UInt32) -> Int64 { (Int64(day) + 1) * 86_400_000 }
}
