// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A metric family, as the entry `F` holds it; the key has its name. Format 1:
///
///     version:1 = 2  number:varint  kind:1  unit:1  type:1  help: text
///     count:varint  count × bound: Float64:8 little-endian
///
/// Families are numbered from 0 in the order in which they are first written. Version 1 was never released.
enum FamilyRecord {
    static func encode(_ family: MetricFamily, number: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(2)
        writer.varint(UInt64(number))
        writer.byte(family.kind.rawValue)
        writer.byte(family.unit.rawValue)
        writer.byte(family.type.rawValue)
        writer.text(family.help)
        writer.varint(UInt64(family.bounds.count))
        for bound in family.bounds { writer.fixed(bound.bitPattern) }
        return writer.bytes
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        name: String
    ) throws(ByteReader.Malformed) -> (number: UInt64, family: MetricFamily) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0) }
        let number = try reader.varint()
        guard let kind = MetricFamily.Kind(rawValue: try reader.byte()),
            let unit = MetricFamily.Unit(rawValue: try reader.byte()),
            let type = MetricType(rawValue: try reader.byte())
        else { throw ByteReader.Malformed(offset: reader.offset) }
        let help = try reader.text()
        if kind == .samples {
            guard try reader.varint() == 0, reader.remaining == 0 else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            return (number, MetricFamily(samplesNamed: name, help: help, type: type))
        }
        var bounds: [Double] = []
        for _ in 0..<(try reader.count(of: 8)) {
            let bound = Double(bitPattern: try reader.fixed(UInt64.self))
            guard bound.isFinite, bounds.last.map({ $0 < bound }) ?? true, kind == .histogram else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            bounds.append(bound)
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return (number, MetricFamily(name: name, help: help, kind: kind, unit: unit, bounds: bounds))
    }
}
