// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The keys of the hot database: one byte that says what the entry is, then big-endian integers, so that LevelDB's
/// bytewise order is the order of the numbers.
///
///     M name                                        settings and the checkpoint
///     F name                                        a metric family
///     N number:4                                    a label: a name with a value
///     S series:4                                    a series' family and labels, by their numbers
///     T series:4                                    a series' total through a checkpoint
///     J sequence:8                                  one commit of the journal
///     I hour:4 sequence:8                           identities that one commit accepted
///     D hour:4 last fingerprint:8                   a page of identities of an archived hour, sorted
///     P join \0 day:4 sequence:8 n:2                 what one commit changed of a join's records of a day, its n-th block
///     Q join \0 day:4 generation:4 n:4               the n-th page of a join's records of a day, sorted by their keys
///     W join \0 day:4                               which generation of pages a day has, their filter, what they sum to
///     B model \0 number:4                           a baseline of a model's features
///     C day:4 series:4 span:2                       a chunk: points or samples of one series in one UTC day
///     C day:4 series:4 span:2 hash:2                slots that several series have in common, behind the chunk of one
///     L series:4 era:2                              the chunks of one series in 16 days, and what each sums to
///     E series:4 era:2                              the sealed days of one series in 16 days, and what each sums to:
///                                                   in the newest 16 days that it has any of, so one entry a series
///     Z era:2 series:4                              the same of an era before that one
///     Y day:4                                       a sealed day: the generation of its file
///
/// Prefixes are written to disk: none is ever used again for something else.
enum KeySpace: UInt8 {
    case meta = 0x4D  // M
    case family = 0x46  // F
    case label = 0x4E  // N
    case series = 0x53  // S
    case total = 0x54  // T
    case journal = 0x4A  // J
    case identities = 0x49  // I
    case archivedIdentities = 0x44  // D
    case joinBlock = 0x50  // P
    case joinPage = 0x51  // Q
    case joinPagesOfDay = 0x57  // W
    case baseline = 0x42  // B
    case chunk = 0x43  // C
    case chunkList = 0x4C  // L
    case newestEra = 0x45  // E
    case earlierEra = 0x5A  // Z
    case sealedDay = 0x59  // Y

    /// The prefix alone.
    var prefix: [UInt8] { [rawValue] }

    static func meta(_ name: String) -> [UInt8] { KeySpace.meta.prefix + Array(name.utf8) }

    static func family(_ name: String) -> [UInt8] { KeySpace.family.prefix + Array(name.utf8) }

    static func label(_ number: UInt32) -> [UInt8] { KeySpace.label.prefix + bigEndian(number) }

    static func series(_ id: SeriesID) -> [UInt8] { KeySpace.series.prefix + bigEndian(id.number) }

    static func total(_ id: SeriesID) -> [UInt8] { KeySpace.total.prefix + bigEndian(id.number) }

    static func journal(_ sequence: UInt64) -> [UInt8] { KeySpace.journal.prefix + bigEndian(sequence) }

    static func identities(hour: UInt32, sequence: UInt64) -> [UInt8] {
        KeySpace.identities.prefix + bigEndian(hour) + bigEndian(sequence)
    }

    static func archivedIdentities(hour: UInt32, last: UInt64) -> [UInt8] {
        KeySpace.archivedIdentities.prefix + bigEndian(hour) + bigEndian(last)
    }

    static func joinDay(_ join: String, day: UInt32) -> [UInt8] { joinBlock.ofDay(join, day) }

    /// What the pages of a join and day have in front.
    static func joinPages(_ join: String, day: UInt32) -> [UInt8] { joinPage.ofDay(join, day) }

    static func joinPage(_ join: String, day: UInt32, generation: UInt32, _ number: UInt32) -> [UInt8] {
        joinPages(join, day: day) + bigEndian(generation) + bigEndian(number)
    }

    static func joinPagesOfDay(_ join: String, day: UInt32) -> [UInt8] { joinPagesOfDay.ofDay(join, day) }

    private func ofDay(_ join: String, _ day: UInt32) -> [UInt8] {
        prefix + Array(join.utf8) + [0] + KeySpace.bigEndian(day)
    }

    static func baseline(_ model: String, _ number: UInt32) -> [UInt8] {
        KeySpace.baseline.prefix + Array(model.utf8) + [0] + bigEndian(number)
    }

    static func chunk(_ place: ChunkPlace) -> [UInt8] { ChunkKey(place).withBytes { Array($0) } }

    static func sealedDay(_ day: UInt32) -> [UInt8] { KeySpace.sealedDay.prefix + bigEndian(day) }

    static func chunks(ofDay day: UInt32) -> [UInt8] { KeySpace.chunk.prefix + bigEndian(day) }

    static func chunkList(_ id: SeriesID, era: UInt16) -> [UInt8] { chunkList.ofEra(id, era) }

    static func newestEra(_ id: SeriesID, era: UInt16) -> [UInt8] { newestEra.ofEra(id, era) }

    static func earlierEra(_ id: SeriesID, era: UInt16) -> [UInt8] {
        earlierEra.prefix + bigEndian(era) + bigEndian(id.number)
    }

    private func ofEra(_ id: SeriesID, _ era: UInt16) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 7) { bytes, count in
            let key = UnsafeMutableRawBufferPointer(bytes)
            key[0] = rawValue
            key.storeBytes(of: id.number.bigEndian, toByteOffset: 1, as: UInt32.self)
            key.storeBytes(of: era.bigEndian, toByteOffset: 5, as: UInt16.self)
            count = 7
        }
    }

    /// The series and the era of a key of the chunks or the newest sealed days of a series, or nil of another one.
    @inline(__always)
    func seriesAndEra(_ key: UnsafeRawBufferPointer) -> (series: UInt32, era: UInt16)? {
        guard key.count == 7, key[0] == rawValue else { return nil }
        return (
            UInt32(bigEndian: key.loadUnaligned(fromByteOffset: 1, as: UInt32.self)),
            UInt16(bigEndian: key.loadUnaligned(fromByteOffset: 5, as: UInt16.self))
        )
    }

    /// The place that the key of a chunk names.
    static func chunkPlace(_ key: UnsafeRawBufferPointer) -> ChunkPlace? {
        guard key.count == 11, let day = read(key, at: 1, as: UInt32.self),
            let series = read(key, at: 5, as: UInt32.self),
            let span = read(key, at: 9, as: UInt16.self)
        else { return nil }
        return ChunkPlace(day: day, series: SeriesID(series), span: span)
    }

    static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// The big-endian integer at an offset of a key.
    static func read<Value: FixedWidthInteger>(_ key: UnsafeRawBufferPointer, at offset: Int, as: Value.Type) -> Value?
    {
        guard key.count >= offset + MemoryLayout<Value>.size else { return nil }
        return Value(bigEndian: key.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
