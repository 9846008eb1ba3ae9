// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// What waits in the joins of a store. It outlives the definitions: a reload goes on with it (`adapted`).
///
/// Not thread safe: used under the lock of the event path. What it has taken is remembered at once, so a commit that fails
/// voids it; it is read again from what the store holds.
public final class JoinState {
    private struct Storage: ~Copyable {
        var texts = TextTable()
        var blocks: [BlockKey: JoinBlockWriter] = [:]
        /// Where the texts of a side are put together.
        var scratch = GrowableBuffer<UInt8>(capacity: 256)
    }

    private struct BlockKey: Hashable {
        var join: Int
        var day: UInt32
    }

    /// One join and its records.
    private final class Joined {
        let name: String
        let layout: JoinLayout
        let window: Int64
        let table: UnsafeBox<JoinTable>
        /// Days that have records, with the time of arrival of the last change of each.
        var days: [UInt32: Timestamp] = [:]

        init(_ join: EventSchema.Join) {
            name = join.definition.pair
            layout = JoinLayout(join)
            window = join.definition.windowMilliseconds
            table = UnsafeBox(JoinTable(window: join.definition.windowMilliseconds))
        }
    }

    private let box = UnsafeBox(Storage())
    private let joins: [Joined]

    /// The state of a schema's joins, empty.
    public init(_ schema: EventSchema) {
        joins = schema.joins.map(Joined.init)
    }

    // MARK: - Restoring

    /// Puts back a block as a commit wrote it. Blocks of a join and day come in the order of their commits. Those of a join
    /// that is not defined are passed over; the store keeps them.
    ///
    /// - Throws: a description of where the block is malformed.
    public func restore(_ block: JoinBlock) throws(JoinBlockFault) {
        guard let joined = joins.first(where: { $0.name == block.join }) else { return }
        var fault: ByteReader.Malformed?
        block.bytes.withUnsafeBytes { bytes in
            do throws(ByteReader.Malformed) {
                var reader = try JoinBlockReader(bytes, day: block.day, layout: joined.layout)
                while let record = try reader.next(&box.pointer.pointee.texts) {
                    joined.table.pointer.pointee.restore(record)
                }
                joined.days[block.day] = max(joined.days[block.day] ?? reader.arrival, reader.arrival)
            } catch {
                fault = error
            }
        }
        if let fault { throw JoinBlockFault(join: block.join, day: block.day, offset: fault.offset) }
    }

    /// The same state under another schema: what is kept of both sides goes over by name.
    ///
    /// - Parameter added: gives the blocks of all joins that the store keeps; asked for when the schema has a join that was
    ///   not defined, whose records only the store knows.
    public func adapted<Failure: Error>(
        to schema: EventSchema,
        added: ((JoinBlock) throws(JoinBlockFault) -> Void) throws(Failure) -> Void
    ) throws(Failure) -> JoinState {
        let adapted = JoinState(schema)
        for joined in joins {
            for block in blocks(of: joined) {
                do throws(JoinBlockFault) {
                    try adapted.restore(block)
                } catch {
                    preconditionFailure("\(error)")  // written a moment ago
                }
            }
        }
        let known = Set(joins.map(\.name))
        if adapted.joins.contains(where: { !known.contains($0.name) }) {
            try added { block throws(JoinBlockFault) in
                if !known.contains(block.join) { try adapted.restore(block) }
            }
        }
        return adapted
    }

    /// Whether the state can be used with a schema as it is.
    public func fits(_ schema: EventSchema) -> Bool {
        joins.count == schema.joins.count
            && zip(joins, schema.joins).allSatisfy {
                $0.name == $1.definition.pair && $0.layout == JoinLayout($1)
                    && $0.window == $1.definition.windowMilliseconds
            }
    }

    private func blocks(of joined: Joined) -> [JoinBlock] {
        var writers: [UInt32: JoinBlockWriter] = [:]
        let records = joined.table.pointer
        records.pointee.records.forEach { number in
            let record = records.pointee.records[number].pointee
            let arrival = joined.days[record.day] ?? Timestamp(milliseconds: 0)
            writers[record.day, default: JoinBlockWriter(joined.layout, day: record.day, arrival: arrival)]
                .add(record, box.pointer.pointee.texts)
        }
        return writers.map { JoinBlock(join: joined.name, day: $0.key, bytes: $0.value.bytes) }
    }

    // MARK: - The event path

    /// The number of some parts of a key.
    func texts(_ positions: [Int], of key: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let storage = box.pointer
        storage.pointee.scratch.removeAll()
        for position in positions {
            guard let part = KeyParts.part(position, of: key) else { continue }
            KeyParts.append(part, to: &storage.pointee.scratch)
        }
        return storage.pointee.texts.number(of: UnsafeBufferPointer(storage.pointee.scratch.elements))
    }

    /// The bytes of texts; valid until the next `texts`.
    @inline(__always)
    func bytes(_ texts: UInt32) -> UnsafeBufferPointer<UInt8> { box.pointer.pointee.texts[texts] }

    /// Takes one side of a pair, and calls `body` for each event that the join makes or takes back.
    @inline(__always)
    func take(
        _ join: Int,
        isFirst: Bool,
        key: UInt64,
        _ side: PendingSide,
        arrival: Timestamp,
        _ body: (JoinEmission) -> Void
    ) {
        let table = joins[join].table.pointer
        if isFirst { table.pointee.first(key, side) } else { table.pointee.second(key, side) }
        for change in table.pointee.changes.elements {
            box.pointer.pointee.blocks[
                BlockKey(join: join, day: change.day),
                default: JoinBlockWriter(joins[join].layout, day: change.day, arrival: arrival)
            ].add(change, box.pointer.pointee.texts)
        }
        for emission in table.pointee.emissions.elements { body(emission) }
    }

    /// What has changed since this was last asked: it belongs into the commit that is closed now.
    public func takeBlocks() -> [JoinBlock] {
        guard !box.pointer.pointee.blocks.isEmpty else { return [] }
        let blocks = box.pointer.pointee.blocks.map { key, writer in
            joins[key.join].days[key.day] = writer.arrival
            return JoinBlock(join: joins[key.join].name, day: key.day, bytes: writer.bytes)
        }
        box.pointer.pointee.blocks.removeAll(keepingCapacity: true)
        return blocks
    }

    // MARK: - The end of the window

    /// Forgets the records of days that the watermark has passed by the window and one day more, and that nothing has been
    /// added to for a day of the clock (files of the past have their day, too). What is told is to be forgotten by the
    /// store as well.
    public func expire(watermark: Timestamp?, now: Timestamp) -> [(join: String, day: UInt32)] {
        guard let watermark else { return [] }
        let day: Int64 = 86_400_000
        var expired: [(join: String, day: UInt32)] = []
        for joined in joins {
            for (number, arrival) in joined.days
            where Int64(number) * day + 2 * day + joined.window < watermark.milliseconds
                && arrival.milliseconds + day < now.milliseconds
            {
                joined.table.pointer.pointee.forget(day: number)
                joined.days[number] = nil
                expired.append((joined.name, number))
            }
        }
        return expired
    }

    // MARK: - What there is

    /// How many firsts of a join have no second and may still get one, by the value of one of their texts.
    ///
    /// - Parameters:
    ///   - join: by its name on the disk; nothing waits in one that is not defined.
    ///   - text: the name of the text.
    /// - Complexity: O(different texts × days).
    public func waiting(in join: String, by text: String, watermark: Timestamp?) -> [String: Int] {
        guard let joined = joins.first(where: { $0.name == join }),
            let position = joined.layout.firstTexts.firstIndex(of: text)
        else { return [:] }
        var byTexts: [UInt32: Int] = [:]
        for (key, count) in joined.table.pointer.pointee.waiting {
            let end = Int64(key.day) * 86_400_000 + 86_400_000 + joined.window
            if end >= watermark?.milliseconds ?? .min { byTexts[key.texts, default: 0] += count }
        }
        var counts: [String: Int] = [:]
        for (texts, count) in byTexts where count > 0 {
            let part = KeyParts.part(position, of: bytes(texts))
            counts[part.map { String(decoding: $0, as: UTF8.self) } ?? "", default: 0] += count
        }
        return counts
    }

    /// Records in memory.
    public var count: Int { joins.reduce(0) { $0 + $1.table.pointer.pointee.records.count } }

    /// Their memory in bytes.
    public var bytes: Int { joins.reduce(0) { $0 + $1.table.pointer.pointee.records.bytes } }
}

/// A block of a join that cannot be read.
public struct JoinBlockFault: Error, CustomStringConvertible {
    /// Of which join.
    public let join: String
    /// Of which day, UTC days since 1970.
    public let day: UInt32
    /// The byte of the block.
    public let offset: Int

    /// What is wrong and where.
    public var description: String { "a block of the join '\(join)', day \(day), is malformed at byte \(offset)" }
}
