// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A series' family and labels, as the entry `S` holds them. Format 1:
///
///     version:1 = 1  created: zigzag milliseconds  family: text  count:varint  count × (name: text, value: text)
///
/// A text is its length in bytes as a varint and its UTF-8.
enum SeriesRecord {
    static func encode(family: String, labels: Labels, created: Timestamp) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.byte(1)
        writer.zigzag(created.milliseconds)
        writer.text(family)
        writer.varint(UInt64(labels.pairs.count))
        for pair in labels.pairs {
            writer.text(pair.name)
            writer.text(pair.value)
        }
        return writer.bytes
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ByteReader.Malformed) -> (family: String, labels: Labels, created: Timestamp) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0) }
        let created = Timestamp(milliseconds: try reader.zigzag())
        let family = try reader.text()
        var pairs: [(name: String, value: String)] = []
        for _ in 0..<(try reader.count(of: 2)) { pairs.append((try reader.text(), try reader.text())) }
        guard Set(pairs.map(\.name)).count == pairs.count else { throw ByteReader.Malformed(offset: reader.offset) }
        return (family, Labels(pairs), created)
    }
}

/// A metric family, as the entry `F` holds it; the key has its name. Format 1:
///
///     version:1 = 1  kind:1  unit:1  help: text
enum FamilyRecord {
    static func encode(_ family: MetricFamily) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.byte(family.kind.rawValue)
        writer.byte(family.unit.rawValue)
        writer.text(family.help)
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(ByteReader.Malformed) -> MetricFamily {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1, let kind = MetricFamily.Kind(rawValue: try reader.byte()),
            let unit = MetricFamily.Unit(rawValue: try reader.byte())
        else { throw ByteReader.Malformed(offset: 0) }
        return MetricFamily(name: name, help: try reader.text(), kind: kind, unit: unit)
    }
}
