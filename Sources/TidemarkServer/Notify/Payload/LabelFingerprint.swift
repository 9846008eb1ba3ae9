// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The number by which Prometheus and Alertmanager know a label set.
///
/// FNV-1a of 64 bits over name, 0xFF, value, 0xFF of each label in the order of names. Source: prometheus/common,
/// `model/signature.go` and `model/fnv.go`.
struct LabelFingerprint: Equatable, Sendable, CustomStringConvertible {
    /// The hash.
    let value: UInt64

    /// The fingerprint of a label set.
    init(_ labels: Labels) {
        var hash = FNV1a()
        for pair in labels.pairs {
            hash.add(pair.name)
            hash.add(pair.value)
        }
        value = hash.value
    }

    /// Sixteen hexadecimal digits.
    var description: String { sixteenDigits(value) }
}

/// FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
struct FNV1a: Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Adds a text and a byte that no text has.
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(0xFF)
    }

    private mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}

/// A number as sixteen hexadecimal digits, in lower case.
func sixteenDigits(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
