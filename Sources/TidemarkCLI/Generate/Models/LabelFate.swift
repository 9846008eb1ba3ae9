// SPDX-License-Identifier: Apache-2.0

/// How the fate word of a slot is read: three independent chances of 16 bits each.
struct LabelFate {
    let word: UInt64

    /// A second outcome, with an identity of its own.
    enum Amendment {
        /// The first outcome was wrong, the second says what is right.
        case correction
        /// The second says the same.
        case repetition
    }

    /// - Parameter share: of the predictions whose outcome never comes.
    func neverComes(share: Double) -> Bool {
        Double(word & 0xFFFF) < share * 65_536
    }

    /// 1 % are corrected, 0.5 % repeated.
    var amendment: Amendment? {
        switch word >> 16 & 0xFFFF {
        case 0..<655: .correction
        case 655..<983: .repetition
        default: nil
        }
    }

    /// The line of the outcome comes before that of its prediction: 0.4 %.
    var isEarly: Bool { word >> 32 & 0xFFFF < 262 }
}
