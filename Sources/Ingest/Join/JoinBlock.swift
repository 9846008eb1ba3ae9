// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// Records of one join and one day, as commits write what has changed. Pages of records that have left memory are written in
/// the same way, sorted by key and without the flag 128. Format 1:
///
///     version:1 = 1
///     arrival: zigzag  milliseconds since 1970: when the first event of the commit arrived
///     names           four lists (texts and numbers of the first, then of the second): count:varint  count × text
///     records         until the end:
///       flags:1       1 a first, 2 a second, 4 8 16 32 the numbers, 64 counts of seconds without a first,
///                     128 the first began to wait with this change or, when there is a second, ended it;
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
    /// When the first event of the commit arrived.
    let arrival: Timestamp
    /// Records so far.
    private(set) var count = 0

    /// - Parameter day: UTC days since 1970.
    init(_ layout: JoinLayout, day: UInt32, arrival: Timestamp) {
        writer.byte(1)
        writer.zigzag(arrival.milliseconds)
        for names in [layout.firstTexts, layout.firstNumbers, layout.secondTexts, layout.secondNumbers] {
            writer.varint(UInt64(names.count))
            for name in names { writer.text(name) }
        }
        start = Int64(day) * 86_400_000
        self.arrival = arrival
    }

    /// The block so far.
    var bytes: [UInt8] { writer.bytes }

    /// - Parameter changesWaiting: whether its first began to wait by this change, or ended it.
    mutating func add(_ record: PendingRecord, changesWaiting: Bool = false, _ texts: borrowing TextTable) {
        count += 1
        let values = [record.numbers.0, record.numbers.1, record.numbers.2, record.numbers.3]
        var flags: UInt8 = (record.hasFirst ? 1 : 0) | (record.hasSecond ? 2 : 0)
        for index in 0..<4 where !values[index].isNaN { flags |= 4 << UInt8(index) }
        if record.duplicates != 0 || record.corrected != 0 { flags |= 64 }
        if changesWaiting { flags |= 128 }
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

/// Reads what `JoinBlockWriter` wrote, in the layout asked for. Every read checks the bounds: the bytes come from a disk.
struct JoinBlockReader {
    private var reader: ByteReader
    private let written: JoinLayout
    private let layout: JoinLayout
    private let day: UInt32
    /// The texts of the block, and for each its number as a first's and as a second's.
    private var texts: [(bytes: UnsafeBufferPointer<UInt8>, first: UInt32?, second: UInt32?)] = []
    /// When the block arrived.
    let arrival: Timestamp

    /// Reads what stands before the records.
    init(_ bytes: UnsafeRawBufferPointer, day: UInt32, layout: JoinLayout) throws(ByteReader.Malformed) {
        var reader = ByteReader(bytes)
        let version = try reader.byte()
        guard version == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: version > 1) }
        arrival = Timestamp(milliseconds: try reader.zigzag())
        var lists: [[String]] = []
        for _ in 0..<4 {
            var names: [String] = []
            for _ in 0..<(try reader.count(of: 1)) { names.append(try reader.text()) }
            lists.append(names)
        }
        written = JoinLayout(
            firstTexts: lists[0],
            secondTexts: lists[2],
            firstNumbers: lists[1],
            secondNumbers: lists[3]
        )
        self.reader = reader
        self.layout = layout
        self.day = day
    }

    /// A record whose texts are numbers in the block still.
    private struct Parsed {
        var record: PendingRecord
        var firstTexts = 0
        var secondTexts = 0
    }

    /// Whether the first of the last record began to wait by this change, or ended it.
    private(set) var changesWaiting = false

    /// The next record, or nil at the end.
    mutating func next(_ table: inout TextTable) throws(ByteReader.Malformed) -> PendingRecord? {
        guard let parsed = try parse() else { return nil }
        return take(parsed, &table)
    }

    /// The record of a key in what is sorted by key, as pages are; nil if there is none.
    mutating func find(_ key: UInt64, _ table: inout TextTable) throws(ByteReader.Malformed) -> PendingRecord? {
        while let parsed = try parse(), parsed.record.key <= key {
            if parsed.record.key == key { return take(parsed, &table) }
        }
        return nil
    }

    private mutating func parse() throws(ByteReader.Malformed) -> Parsed? {
        guard reader.remaining > 0 else { return nil }
        let flags = try reader.byte()
        changesWaiting = flags & 128 != 0
        guard flags & 128 == 0 || flags & 1 != 0 else { throw ByteReader.Malformed(offset: reader.offset - 1) }
        var parsed = Parsed(record: PendingRecord(key: try reader.fixed(UInt64.self), day: day))
        guard parsed.record.key != 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        if flags & 1 != 0 {
            parsed.record.firstTime = try time()
            parsed.firstTexts = try textNumber()
        }
        if flags & 2 != 0 {
            parsed.record.secondTime = try time()
            parsed.secondTexts = try textNumber()
        }
        let first = (try value(flags & 4), try value(flags & 8))
        let second = (try value(flags & 16), try value(flags & 32))
        let kept = (
            JoinLayout.numbers(first, from: written.firstNumbers, to: layout.firstNumbers),
            JoinLayout.numbers(second, from: written.secondNumbers, to: layout.secondNumbers)
        )
        parsed.record.numbers = (kept.0.0, kept.0.1, kept.1.0, kept.1.1)
        if flags & 64 != 0 {
            parsed.record.duplicates = UInt16(clamping: try reader.varint())
            parsed.record.corrected = UInt16(clamping: try reader.varint())
        }
        return parsed
    }

    private mutating func take(_ parsed: Parsed, _ table: inout TextTable) -> PendingRecord {
        var record = parsed.record
        record.firstTexts = number(of: parsed.firstTexts, isFirst: true, &table)
        record.secondTexts = number(of: parsed.secondTexts, isFirst: false, &table)
        return record
    }

    private mutating func time() throws(ByteReader.Malformed) -> Int64 {
        let (time, overflow) = (Int64(day) * 86_400_000).addingReportingOverflow(try reader.zigzag())
        guard !overflow, time != PendingRecord.none else { throw ByteReader.Malformed(offset: reader.offset) }
        return time
    }

    private mutating func value(_ flag: UInt8) throws(ByteReader.Malformed) -> Double {
        flag == 0 ? .nan : Double(bitPattern: try reader.fixed(UInt64.self))
    }

    /// The number in the block of the texts of one side.
    private mutating func textNumber() throws(ByteReader.Malformed) -> Int {
        let index = Int(clamping: try reader.varint())
        guard index <= texts.count + 1 else { throw ByteReader.Malformed(offset: reader.offset) }
        if index == texts.count + 1 {
            let count = try reader.count(of: 1)
            let bytes = UnsafeRawBufferPointer(rebasing: reader.rest[..<count]).bindMemory(to: UInt8.self)
            guard KeyParts.isWhole(bytes) else { throw ByteReader.Malformed(offset: reader.offset) }
            try reader.skip(count)
            texts.append((bytes, nil, nil))
        }
        return index
    }

    /// The number in the table of the texts of one side.
    private mutating func number(of index: Int, isFirst: Bool, _ table: inout TextTable) -> UInt32 {
        if index == 0 { return 0 }
        if let known = isFirst ? texts[index - 1].first : texts[index - 1].second { return known }
        let number = JoinLayout.texts(
            texts[index - 1].bytes,
            from: isFirst ? written.firstTexts : written.secondTexts,
            to: isFirst ? layout.firstTexts : layout.secondTexts,
            into: &table
        )
        if isFirst { texts[index - 1].first = number } else { texts[index - 1].second = number }
        return number
    }
}

extension JoinBlock {
    /// Keeps nothing.
    private static let nothing = JoinLayout(firstTexts: [], secondTexts: [], firstNumbers: [], secondNumbers: [])

    /// Reads it through, whatever the definitions: what is wrong with it, or nil.
    package var fault: String? {
        bytes.withUnsafeBytes { bytes in
            JoinBlock.fault { () throws(ByteReader.Malformed) in
                var texts = TextTable()
                var reader = try JoinBlockReader(bytes, day: day, layout: JoinBlock.nothing)
                while try reader.next(&texts) != nil {}
            }
        }
    }

    /// The same of the details that are kept with the pages of a day.
    package static func detailsFault(_ details: UnsafeRawBufferPointer) -> String? {
        fault { () throws(ByteReader.Malformed) in
            var texts = TextTable()
            _ = try JoinDayDetails.decode(details, nothing, &texts)
        }
    }

    private static func fault(_ read: () throws(ByteReader.Malformed) -> Void) -> String? {
        do throws(ByteReader.Malformed) {
            try read()
            return nil
        } catch {
            return error.isOfOtherVersion
                ? "was written by another version of Tidemark" : "is malformed at byte \(error.offset)"
        }
    }
}
