// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What is to be known of a day whose records are in pages, without reading them. Format 1:
///
///     version:1 = 1
///     arrival: zigzag  milliseconds since 1970: when the last change in the pages arrived
///     names           one list, the texts of a first: count:varint  count × text
///     waiting         until the end: bytes:varint  a first's texts  zigzag how many with these have no second
struct JoinDayDetails {
    var arrival: Timestamp
    /// How many firsts in the pages have no second, by their texts in a `TextTable`.
    var waiting: [(texts: UInt32, count: Int)] = []

    func encode(_ layout: JoinLayout, _ table: borrowing TextTable) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.byte(1)
        writer.zigzag(arrival.milliseconds)
        writer.varint(UInt64(layout.firstTexts.count))
        for name in layout.firstTexts { writer.text(name) }
        for (texts, count) in waiting {
            let bytes = table[texts]
            writer.varint(UInt64(bytes.count))
            writer.raw(UnsafeRawBufferPointer(bytes))
            writer.zigzag(Int64(count))
        }
        return writer.bytes
    }

    /// Reads what `encode` wrote, in the layout asked for.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ layout: JoinLayout,
        _ table: inout TextTable
    ) throws(ByteReader.Malformed) -> JoinDayDetails {
        var reader = ByteReader(bytes)
        let version = try reader.byte()
        guard version == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: version > 1) }
        var details = JoinDayDetails(arrival: Timestamp(milliseconds: try reader.zigzag()))
        var names: [String] = []
        for _ in 0..<(try reader.count(of: 1)) { names.append(try reader.text()) }
        while reader.remaining > 0 {
            let count = try reader.count(of: 1)
            let text = UnsafeRawBufferPointer(rebasing: reader.rest[..<count]).bindMemory(to: UInt8.self)
            guard KeyParts.isWhole(text) else { throw ByteReader.Malformed(offset: reader.offset) }
            try reader.skip(count)
            let texts = JoinLayout.texts(text, from: names, to: layout.firstTexts, into: &table)
            details.waiting.append((texts, Int(try reader.zigzag())))
        }
        return details
    }
}
