// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// When the hot database is exchanged for a fresh one with the same entries, which ends deleted entries on the disk and
/// the growth of LevelDB's manifest.
public struct RotationSettings: Sendable, Hashable {
    /// So many bytes, and twice as many as it had after the last rotation. 64 MiB.
    public var leastBytes = 64 << 20
    /// So many seconds after the last rotation, if anything was committed. A day.
    public var interval = 86_400
    /// A database of more bytes waits for as many intervals as it has times these, so that what a rotation costs is
    /// bounded over time, however many years are in it. 8 MiB.
    public var bytesPerInterval = 8 << 20
    /// So many bytes of manifest. 4 MiB.
    public var manifestBytes = 4 << 20
    /// A rotation during which more bytes than this are written is given up, and tried again an hour later: they are
    /// kept in memory. 256 MiB.
    public var mostRecordedBytes = 256 << 20
    /// So many bytes have to be free on the disk beside those that the copy takes, or else it is not begun. 64 MiB.
    public var leastFreeBytes = 64 << 20

    /// The defaults.
    public init() {}

    /// Seconds from a rotation that failed to the next one.
    static let retryInterval: Int64 = 3_600
}

/// The last rotation, as the entry `M rotation` of the database that it made holds it. Format 1:
///
///     version:1 = 1   time: zigzag milliseconds   bytes: varint, of its files when it was made
struct RotationRecord: Equatable {
    static let name = "rotation"

    var time: Timestamp
    var bytes: Int

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.zigzag(time.milliseconds)
        writer.varint(UInt64(bytes))
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> RotationRecord {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        let time = Timestamp(milliseconds: try reader.zigzag())
        let record = RotationRecord(time: time, bytes: Int(clamping: try reader.varint()))
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return record
    }
}

/// The steps of a rotation, in order. A crash behind any of them leaves one whole database with everything in it.
enum RotationStep: CaseIterable, Sendable {
    /// What is written is recorded.
    case recording
    /// Some entries have been copied, into a folder that is marked as unfinished.
    case copying
    /// All have, and what was written meanwhile, and are durable.
    case copied
    /// With the writers waiting, the rest is in, durable.
    case finished
    /// It has lost its mark: an opening takes it.
    case published
    /// It is in use from now on.
    case exchanged
    /// The one before is gone, or goes with its last cursor.
    case discarded
}
