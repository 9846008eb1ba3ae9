// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Records of one join and one day, as commits write what has changed and the archive what has left memory. Format 1:
///
///     version:1 = 1
///     arrival: zigzag  milliseconds since 1970: when the first event of the commit arrived
///     names           four lists (texts and numbers of the first, then of the second): count:varint  count × text
///     records         until the end:
///       flags:1       1 a first, 2 a second, 4 8 16 32 the numbers, 64 counts of seconds without a first;
///                     neither 1 nor 2: the record is gone from this day
///       key:8         little-endian
///       first         time: zigzag milliseconds from the day's start  texts: see below
///       second        the same
///       numbers       Float64:8 little-endian each
///       counts        duplicates: varint  corrected: varint
///
/// Texts are varints: 0 none, n the n-th different texts of the block; the first time their count of bytes and the bytes
/// follow.
struct JoinBlockWriter {
    private var writer = ByteWriter(capacity: 256)
    private var numbers: [UInt32: UInt64] = [:]
    private let start: Int64

    /// - Parameter day: UTC days since 1970.
    init(_ layout: JoinLayout, day: UInt32, arrival: Timestamp) {
        writer.byte(1)
        writer.zigzag(arrival.milliseconds)
        for names in [layout.firstTexts, layout.firstNumbers, layout.secondTexts, layout.secondNumbers] {
            writer.varint(UInt64(names.count))
            for name in names { writer.text(name) }
        }
        start = Int64(day) * 86_400_000
    }

    /// The block so far.
    var bytes: [UInt8] { writer.bytes }

    mutating func add(_ record: PendingRecord, _ texts: borrowing TextTable) {
        let values = [record.numbers.0, record.numbers.1, record.numbers.2, record.numbers.3]
        var flags: UInt8 = (record.hasFirst ? 1 : 0) | (record.hasSecond ? 2 : 0)
        for index in 0..<4 where !values[index].isNaN { flags |= 4 << UInt8(index) }
        if record.duplicates != 0 || record.corrected != 0 { flags |= 64 }
        writer.byte(flags)
        writer.fixed(record.key)
        if record.hasFirst {
            writer.zigzag(record.firstTime - start)
            add(record.firstTexts, texts)
        }
        if record.hasSecond {
            writer.zigzag(record.secondTime - start)
            add(record.secondTexts, texts)
        }
        for index in 0..<4 where flags & 4 << UInt8(index) != 0 { writer.fixed(values[index].bitPattern) }
        if flags & 64 != 0 {
            writer.varint(UInt64(record.duplicates))
            writer.varint(UInt64(record.corrected))
        }
    }

    private mutating func add(_ number: UInt32, _ texts: borrowing TextTable) {
        if number == 0 {
            writer.varint(0)
        } else if let known = numbers[number] {
            writer.varint(known)
        } else {
            let next = UInt64(numbers.count + 1)
            numbers[number] = next
            writer.varint(next)
            let text = texts[number]
            writer.varint(UInt64(text.count))
            writer.raw(UnsafeRawBufferPointer(text))
        }
    }
}

/// Reads what `JoinBlockWriter` wrote.
enum JoinBlockReader {
    /// Calls `body` for each record, in order, with its texts and numbers in the layout asked for. Returns when the block
    /// arrived.
    static func forEach(
        _ bytes: UnsafeRawBufferPointer,
        day: UInt32,
        layout: JoinLayout,
        texts: inout TextTable,
        _ body: (PendingRecord) -> Void
    ) throws(ByteReader.Malformed) -> Timestamp {
        var reader = ByteReader(bytes)
        let version = try reader.byte()
        guard version == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: version > 1) }
        let arrival = Timestamp(milliseconds: try reader.zigzag())
        var lists: [[String]] = []
        for _ in 0..<4 {
            var names: [String] = []
            for _ in 0..<(try reader.count(of: 1)) { names.append(try reader.text()) }
            lists.append(names)
        }
        let written = JoinLayout(
            firstTexts: lists[0],
            secondTexts: lists[2],
            firstNumbers: lists[1],
            secondNumbers: lists[3]
        )
        let start = Int64(day) * 86_400_000
        var spans: [UnsafeBufferPointer<UInt8>] = []
        // For each of the block's texts its number as a first's and as a second's.
        var known: [(first: UInt32?, second: UInt32?)] = []
        func number(_ isFirst: Bool) throws(ByteReader.Malformed) -> UInt32 {
            let index = Int(clamping: try reader.varint())
            if index == 0 { return 0 }
            guard index <= spans.count + 1 else { throw ByteReader.Malformed(offset: reader.offset) }
            if index == spans.count + 1 {
                let count = try reader.count(of: 1)
                let span = UnsafeRawBufferPointer(rebasing: reader.rest[..<count])
                try reader.skip(count)
                spans.append(span.bindMemory(to: UInt8.self))
                known.append((nil, nil))
            }
            if let number = isFirst ? known[index - 1].first : known[index - 1].second { return number }
            let number = JoinLayout.texts(
                spans[index - 1],
                from: isFirst ? written.firstTexts : written.secondTexts,
                to: isFirst ? layout.firstTexts : layout.secondTexts,
                into: &texts
            )
            if isFirst { known[index - 1].first = number } else { known[index - 1].second = number }
            return number
        }
        while reader.remaining > 0 {
            let flags = try reader.byte()
            guard flags < 128 else { throw ByteReader.Malformed(offset: reader.offset - 1) }
            var record = PendingRecord(key: try reader.fixed(UInt64.self), day: day)
            if flags & 1 != 0 {
                record.firstTime = start &+ (try reader.zigzag())
                record.firstTexts = try number(true)
            }
            if flags & 2 != 0 {
                record.secondTime = start &+ (try reader.zigzag())
                record.secondTexts = try number(false)
            }
            var values = (Double.nan, Double.nan, Double.nan, Double.nan)
            if flags & 4 != 0 { values.0 = Double(bitPattern: try reader.fixed(UInt64.self)) }
            if flags & 8 != 0 { values.1 = Double(bitPattern: try reader.fixed(UInt64.self)) }
            if flags & 16 != 0 { values.2 = Double(bitPattern: try reader.fixed(UInt64.self)) }
            if flags & 32 != 0 { values.3 = Double(bitPattern: try reader.fixed(UInt64.self)) }
            let first = JoinLayout.numbers(
                (values.0, values.1),
                from: written.firstNumbers,
                to: layout.firstNumbers
            )
            let second = JoinLayout.numbers(
                (values.2, values.3),
                from: written.secondNumbers,
                to: layout.secondNumbers
            )
            record.numbers = (first.0, first.1, second.0, second.1)
            if flags & 64 != 0 {
                record.duplicates = UInt16(clamping: try reader.varint())
                record.corrected = UInt16(clamping: try reader.varint())
            }
            guard record.key != 0 else { throw ByteReader.Malformed(offset: reader.offset) }
            body(record)
        }
        return arrival
    }
}
