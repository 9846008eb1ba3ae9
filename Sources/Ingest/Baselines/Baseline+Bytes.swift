// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// A baseline as bytes. Format 1:
///
///     version:1 = 1  number: varint  created: zigzag milliseconds  model: text
///     has version:1 = 0 | 1  version: text, when it has one  source: text
///     features: varint, and for each
///         name: text  missing: varint  kind:1
///         kind 1, numeric:      bins: varint  upper bounds: (bins − 1) × 8  positions: bins × 8  deviation: 8
///         kind 2, categorical:  categories: varint  each: text
///         counts: varint for each bin; `other` is the last of a categorical feature
///
/// Numbers of 8 bytes are Float64, little-endian. Version and kinds are written to disk and never reused.
extension Baseline {
    private static let format: UInt8 = 1

    private enum Kind: UInt8 {
        case numeric = 1
        case categorical = 2
    }

    /// The bytes that ``init(decoding:)`` reads.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + features.count * 256)
        writer.byte(Baseline.format)
        writer.varint(UInt64(number))
        writer.zigzag(created.milliseconds)
        writer.text(model)
        writer.byte(version == nil ? 0 : 1)
        if let version { writer.text(version) }
        writer.text(source)
        writer.varint(UInt64(features.count))
        for feature in features { Baseline.encode(feature, into: &writer) }
        return writer.bytes
    }

    private static func encode(_ feature: FeatureBaseline, into writer: inout ByteWriter) {
        writer.text(feature.name)
        writer.varint(feature.missing)
        switch feature.bins {
        case .numeric(let upperBounds, let positions, let deviation):
            writer.byte(Kind.numeric.rawValue)
            writer.varint(UInt64(positions.count))
            for number in upperBounds + positions + [deviation] { writer.fixed(number.bitPattern) }
        case .categories(let values):
            writer.byte(Kind.categorical.rawValue)
            writer.varint(UInt64(values.count))
            for value in values { writer.text(value) }
        }
        for count in feature.counts { writer.varint(count) }
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: when the bytes are shorter or longer than they say, or say what no baseline can be.
    package init(decoding bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == Baseline.format else {
            throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true)
        }
        guard let number = UInt32(exactly: try reader.varint()) else { throw ByteReader.Malformed(offset: 1) }
        let created = Timestamp(milliseconds: try reader.zigzag())
        let model = try reader.text()
        var version: String?
        switch try reader.byte() {
        case 0: break
        case 1: version = try reader.text()
        default: throw ByteReader.Malformed(offset: reader.offset)
        }
        let source = try reader.text()
        var features: [FeatureBaseline] = []
        var names: Set<ByteText> = []
        for _ in 0..<(try reader.count(of: 4)) {
            let feature = try Baseline.decodeFeature(&reader)
            guard names.insert(ByteText(feature.name)).inserted else {
                throw ByteReader.Malformed(offset: reader.offset)
            }
            features.append(feature)
        }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        self.init(
            model: model,
            version: version,
            number: number,
            created: created,
            source: source,
            features: features
        )
    }

    private static func decodeFeature(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> FeatureBaseline {
        let name = try reader.text()
        let missing = try reader.varint()
        let bins: FeatureBaseline.Bins
        let binCount: Int
        switch Kind(rawValue: try reader.byte()) {
        case .numeric: (bins, binCount) = try decodeNumeric(&reader)
        case .categorical: (bins, binCount) = try decodeCategories(&reader)
        case nil: throw ByteReader.Malformed(offset: reader.offset)
        }
        var counts: [UInt64] = []
        var sum: UInt64 = 0
        for _ in 0..<binCount {
            let count = try reader.varint()
            let (total, overflow) = sum.addingReportingOverflow(count)
            if overflow { throw ByteReader.Malformed(offset: reader.offset) }
            sum = total
            counts.append(count)
        }
        return FeatureBaseline(name: name, bins: bins, counts: counts, missing: missing)
    }

    private static func decodeNumeric(
        _ reader: inout ByteReader
    ) throws(ByteReader.Malformed) -> (FeatureBaseline.Bins, count: Int) {
        let count = try reader.count(of: 16)
        guard count >= 1, count <= Baseline.mostBins else { throw ByteReader.Malformed(offset: reader.offset) }
        let upperBounds = try decodeNumbers(count - 1, &reader)
        let positions = try decodeNumbers(count, &reader)
        let deviation = try decodeNumbers(1, &reader)[0]
        guard deviation >= 0, zip(upperBounds, upperBounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        return (.numeric(upperBounds: upperBounds, positions: positions, standardDeviation: deviation), count)
    }

    /// Finite numbers.
    private static func decodeNumbers(
        _ count: Int,
        _ reader: inout ByteReader
    ) throws(ByteReader.Malformed) -> [Double] {
        var numbers: [Double] = []
        for _ in 0..<count {
            let number = Double(bitPattern: try reader.fixed(UInt64.self))
            guard number.isFinite else { throw ByteReader.Malformed(offset: reader.offset) }
            numbers.append(number)
        }
        return numbers
    }

    private static func decodeCategories(
        _ reader: inout ByteReader
    ) throws(ByteReader.Malformed) -> (FeatureBaseline.Bins, count: Int) {
        let count = try reader.count(of: 3)
        guard count <= Baseline.mostCategories else { throw ByteReader.Malformed(offset: reader.offset) }
        var values: [String] = []
        var seen: Set<ByteText> = [ByteText(Baseline.otherBin), ByteText("")]
        for _ in 0..<count {
            let value = try reader.text()
            guard seen.insert(ByteText(value)).inserted else { throw ByteReader.Malformed(offset: reader.offset) }
            values.append(value)
        }
        return (.categories(values), count + 1)
    }
}
