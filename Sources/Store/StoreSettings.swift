// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// What a store is created with and keeps, as the entry `M settings` holds it. Format 1:
///
///     version:1 = 2  resolution: varint seconds  secret: 2 × 8 bytes
///
/// Version 1, of stores made before the first release, is told as incompatible.
struct StoreSettings {
    static let name = "settings"
    static let version: UInt8 = 2

    var resolution: SlotResolution
    var secret: (first: UInt64, second: UInt64)

    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(StoreSettings.version)
        writer.varint(UInt64(resolution.seconds))
        writer.fixed(secret.first)
        writer.fixed(secret.second)
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> StoreSettings {
        var reader = ByteReader(bytes)
        guard try reader.byte() == version else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        guard let resolution = SlotResolution(seconds: Int(clamping: try reader.varint())) else {
            throw ByteReader.Malformed(offset: 1)
        }
        let first = try reader.fixed(UInt64.self)
        let second = try reader.fixed(UInt64.self)
        return StoreSettings(resolution: resolution, secret: (first, second))
    }
}
