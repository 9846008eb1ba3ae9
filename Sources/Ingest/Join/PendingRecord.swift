// SPDX-License-Identifier: Apache-2.0

/// What is known of one key of a join: a first that waits, a second that came before its first, or both.
///
/// 72 bytes; texts are numbers of a `TextTable`.
struct PendingRecord: BitwiseCopyable, Equatable {
    /// The hash of the key, never 0.
    var key: UInt64 = 0
    /// Milliseconds since the Unix epoch; `none`: not here yet.
    var firstTime = PendingRecord.none
    var secondTime = PendingRecord.none
    /// Two of the first, two of the second; NaN: absent.
    var numbers: (Double, Double, Double, Double) = (.nan, .nan, .nan, .nan)
    var firstTexts: UInt32 = 0
    var secondTexts: UInt32 = 0
    /// The UTC day under which the record is kept, on the disk too: that of the first, or, until there is one, of the
    /// first second.
    var day: UInt32 = 0
    /// While there is no first: seconds that said what the one that counts said, and seconds that said something else.
    var duplicates: UInt16 = 0
    var corrected: UInt16 = 0

    static let none = Int64.min

    var hasFirst: Bool { firstTime != PendingRecord.none }
    var hasSecond: Bool { secondTime != PendingRecord.none }

    static func == (left: PendingRecord, right: PendingRecord) -> Bool {
        left.key == right.key && left.firstTime == right.firstTime && left.secondTime == right.secondTime
            && left.firstTexts == right.firstTexts && left.secondTexts == right.secondTexts && left.day == right.day
            && left.duplicates == right.duplicates && left.corrected == right.corrected
            && left.bits == right.bits
    }

    private var bits: SIMD4<UInt64> {
        SIMD4(numbers.0.bitPattern, numbers.1.bitPattern, numbers.2.bitPattern, numbers.3.bitPattern)
    }

    /// The day of a time.
    static func day(of milliseconds: Int64) -> UInt32 { UInt32(clamping: milliseconds / 86_400_000) }
}

/// One side of a record, as an event brings it.
struct PendingSide: BitwiseCopyable {
    var time: Int64
    var texts: UInt32
    var numbers: (Double, Double)

    /// Whether its content is that of the second that counts.
    @inline(__always)
    func hasContent(of record: PendingRecord) -> Bool {
        texts == record.secondTexts && numbers.0.bitPattern == record.numbers.2.bitPattern
            && numbers.1.bitPattern == record.numbers.3.bitPattern
    }
}
