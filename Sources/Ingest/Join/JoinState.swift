// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// What waits in the joins of a store, as a schema uses it. It outlives the definitions: a reload goes on with the records
/// (`adapted`), also with those of joins that are not defined for a while.
///
/// Not thread safe: used under the lock of the event path. What it has taken is remembered at once, so a commit that fails
/// voids it; it is read again from what the store holds.
public final class JoinState {
    private let records: JoinRecords
    /// The joins of the schema, in its order.
    private let joins: [JoinRecords.Joined]

    /// The state of a schema's joins, empty.
    ///
    /// - Parameters:
    ///   - archive: where records go that have no room in memory; nil: all stay there.
    ///   - memoryLimit: bytes of records in memory, beyond which `wantsPages` says that the oldest days are to go. What is
    ///     known of the pages comes on top, as the archive tells.
    public convenience init(_ schema: EventSchema, archive: (any JoinArchive)? = nil, memoryLimit: Int = 1 << 30) {
        self.init(schema, archive: archive, JoinRecords.Paging(memoryLimit: memoryLimit))
    }

    convenience init(_ schema: EventSchema, archive: (any JoinArchive)?, _ paging: JoinRecords.Paging) {
        let records = JoinRecords(archive: archive, paging)
        self.init(records, schema.joins.map { records.add($0) })
    }

    private init(_ records: JoinRecords, _ joins: [JoinRecords.Joined]) {
        self.records = records
        self.joins = joins
    }

    // MARK: - Restoring

    /// Puts back what is known of the pages of a day, before the day's blocks. That of a join that is not defined is passed
    /// over; the archive keeps it.
    ///
    /// - Parameter details: what the archive was given with the pages.
    public func restore(
        join: String,
        day: UInt32,
        records count: Int,
        details: [UInt8]
    ) throws(ByteReader.Malformed) {
        guard let joined = joins.first(where: { $0.name == join }) else { return }
        var read: JoinDayDetails?
        var fault: ByteReader.Malformed?
        details.withUnsafeBytes { bytes in
            do throws(ByteReader.Malformed) {
                read = try JoinDayDetails.decode(bytes, joined.layout, &records.texts.pointer.pointee)
            } catch {
                fault = error
            }
        }
        if let fault { throw fault }
        guard let read else { return }
        for (texts, count) in read.waiting { joined.table.pointer.pointee.addWaiting(texts, day: day, count) }
        joined.days[day] = read.arrival
        joined.paged[day] = JoinRecords.PagedDay(records: count, isResident: false)
    }

    /// Puts back a block as a commit wrote it. Blocks of a join come day by day, those of a day in the order of their
    /// commits. Those of a join that is not defined are passed over; the store keeps them.
    ///
    /// - Throws: a description of where the block is malformed.
    public func restore(_ block: JoinBlock) throws(JoinBlockFault) {
        guard let joined = joins.first(where: { $0.name == block.join }) else { return }
        var fault: ByteReader.Malformed?
        block.bytes.withUnsafeBytes { bytes in
            do throws(ByteReader.Malformed) {
                var reader = try JoinBlockReader(bytes, day: block.day, layout: joined.layout)
                let isPaged = joined.paged[block.day] != nil
                var count = 0
                while let record = try reader.next(&records.texts.pointer.pointee) {
                    joined.table.pointer.pointee.restore(record, counts: !isPaged)
                    if isPaged { records.note(record, changesWaiting: reader.changesWaiting, in: joined) }
                    count += 1
                }
                records.addBlock(of: joined.name, day: block.day, records: count)
                joined.days[block.day] = max(joined.days[block.day] ?? reader.arrival, reader.arrival)
            } catch {
                fault = error
            }
        }
        if let fault {
            throw JoinBlockFault(
                join: block.join,
                day: block.day,
                offset: fault.offset,
                isOfOtherVersion: fault.isOfOtherVersion
            )
        }
    }

    /// The state under another schema: what is kept of both sides goes over by name. This one is not to be used any more.
    ///
    /// - Parameter stored: restores what the store keeps, into the state that it is given; asked for when the schema has a
    ///   join that was not defined since the store was opened, whose records only the store knows.
    /// - Complexity: O(1) for each join that keeps what it kept, O(records) for others.
    public func adapted<Failure: Error>(
        to schema: EventSchema,
        stored: (JoinState) throws(Failure) -> Void
    ) throws(Failure) -> JoinState {
        let unknown = schema.joins.filter { records.joins[$0.definition.pair] == nil }
        if !unknown.isEmpty {
            let made = JoinState(records, unknown.map { records.add($0) })
            do throws(Failure) {
                try stored(made)
            } catch {
                for join in unknown { records.remove(join.definition.pair) }
                throw error
            }
        }
        return JoinState(records, schema.joins.map { records.add($0) })
    }

    /// Whether the state can be used with a schema as it is.
    public func fits(_ schema: EventSchema) -> Bool {
        joins.count == schema.joins.count
            && zip(joins, schema.joins).allSatisfy {
                $0.name == $1.definition.pair && $0.layout == JoinLayout($1)
                    && $0.table.pointer.pointee.window == $1.definition.windowMilliseconds
                    && $0.gauge == $1.definition.waiting
            }
    }

    // MARK: - The event path

    /// The number of some parts of a key.
    func texts(_ positions: [Int], of key: UnsafeBufferPointer<UInt8>) -> UInt32 {
        records.number(of: positions, key)
    }

    /// The bytes of texts; valid until the next `texts`.
    @inline(__always)
    func bytes(_ texts: UInt32) -> UnsafeBufferPointer<UInt8> { records.texts.pointer.pointee[texts] }

    /// Takes one side of a pair, and calls `body` for each event that the join makes or takes back.
    ///
    /// - Throws: what the archive throws, when the record is not in memory and cannot be read: nobody can say then what the
    ///   event makes.
    @inline(__always)
    func take(
        _ join: Int,
        isFirst: Bool,
        key: UInt64,
        _ side: PendingSide,
        arrival: Timestamp,
        _ body: (JoinEmission) -> Void
    ) throws {
        let joined = joins[join]
        let table = joined.table.pointer
        if joined.asksPages, table.pointee.records.find(key) < 0 { try records.bring(key, into: joined) }
        if isFirst { table.pointee.first(key, side) } else { table.pointee.second(key, side) }
        let last = table.pointee.changes.count - 1
        for (index, change) in table.pointee.changes.elements.enumerated() {
            let changesWaiting = index == last && table.pointee.changesWaiting
            joined.blocks[change.day, default: JoinBlockWriter(joined.layout, day: change.day, arrival: arrival)]
                .add(change, changesWaiting: changesWaiting, records.texts.pointer.pointee)
            if !change.hasFirst, !change.hasSecond { joined.paged[change.day]?.gone.insert(key) }
        }
        for emission in table.pointee.emissions.elements { body(emission) }
    }

    /// What has changed since this was last asked, whatever schema it changed under: it belongs into the commit that is
    /// closed now.
    public func takeBlocks() -> [JoinBlock] { records.takeBlocks() }

    // MARK: - Pages

    /// Whether there is more in memory than the limit, or a day has so many blocks that reading them takes long.
    public var wantsPages: Bool { records.wantsPages }

    /// Moves a day out of memory, or packs one that has many blocks. To be called as long as it is wanted, and only when
    /// everything that was taken is durable.
    ///
    /// - Throws: what the archive throws; the state is void then.
    /// - Complexity: O(records in memory + records of the day).
    public func makePages() throws { try records.makePages() }

    // MARK: - The end of the window

    /// Forgets the records of days that the watermark has passed by the window and one day more, and that nothing has been
    /// added to for a day of the clock (files of the past have their day, too). What is told is to be forgotten by the
    /// store as well.
    public func expire(watermark: Timestamp?, now: Timestamp) -> [(join: String, day: UInt32)] {
        guard let watermark else { return [] }
        return records.expire(watermark: watermark.milliseconds, now: now.milliseconds)
    }

    // MARK: - What there is

    /// For each join that has a gauge of them: how many firsts have no second and may still get one, by one of their texts.
    ///
    /// - Complexity: O(different texts × days).
    public func waiting(watermark: Timestamp?) -> [WaitingCounts] {
        joins.compactMap { joined in
            joined.gauge.map { gauge in
                let counts = joined.waiting(at: watermark?.milliseconds ?? .min, records.texts.pointer.pointee)
                return WaitingCounts(gauge: gauge, counts: counts)
            }
        }
    }

    /// Records in memory, those of joins that are not defined now among them.
    public var count: Int { records.joins.values.reduce(0) { $0 + $1.table.pointer.pointee.records.count } }

    /// Records in pages; some of them may be in memory besides.
    public var pagedCount: Int {
        records.joins.values.reduce(0) { $0 + $1.paged.values.reduce(0) { $0 + $1.records } }
    }

    /// Memory of the records and of what is known of the pages, in bytes.
    public var bytes: Int {
        records.joins.values.reduce(records.archive?.bytes ?? 0) { $0 + $1.table.pointer.pointee.records.bytes }
    }
}

/// How many firsts wait in a join.
public struct WaitingCounts: Sendable {
    /// What they are called.
    public let gauge: JoinDefinition.WaitingGauge
    /// How many there are for each value of the label.
    public let counts: [String: Int]

    /// Counts of a gauge.
    public init(gauge: JoinDefinition.WaitingGauge, counts: [String: Int]) {
        self.gauge = gauge
        self.counts = counts
    }
}

/// A block of a join that cannot be read.
public struct JoinBlockFault: Error, CustomStringConvertible {
    /// Of which join.
    public let join: String
    /// Of which day, UTC days since 1970.
    public let day: UInt32
    /// The byte of the block.
    public let offset: Int
    /// Whether a later version wrote it.
    public let isOfOtherVersion: Bool

    /// What is wrong and where.
    public var description: String {
        "a block of the join '\(join)', day \(day), "
            + (isOfOtherVersion ? "was written by another version of Tidemark" : "is malformed at byte \(offset)")
    }
}
