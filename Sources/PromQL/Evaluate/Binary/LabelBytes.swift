// SPDX-License-Identifier: Apache-2.0

/// Hashing of label texts by their bytes: what matching 10,000 series spends its time on.
enum LabelBytes {
    /// Differs from process to process, so that nobody can prepare labels that collide.
    private static let seed = UInt64(truncatingIfNeeded: Hasher().finalize()) | 1

    /// Begins a hash.
    static var start: UInt64 { seed }

    /// Takes a text into a hash: eight bytes at a time by folded multiplication (wyhash, Wang Yi).
    static func mix(_ hash: inout UInt64, _ text: String) {
        var text = text
        var hashed = hash
        text.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            var offset = 0
            while offset + 8 <= raw.count {
                fold(&hashed, raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < raw.count {
                rest = rest << 8 | UInt64(raw[offset])
                offset += 1
            }
            fold(&hashed, rest)
            fold(&hashed, UInt64(raw.count))
        }
        hash = hashed
    }

    @inline(__always)
    private static func fold(_ hash: inout UInt64, _ word: UInt64) {
        let product = (hash ^ word ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        hash = product.high ^ product.low ^ seed
    }
}
