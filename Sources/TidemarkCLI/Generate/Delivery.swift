// SPDX-License-Identifier: Apache-2.0

/// How the delivery word of a slot is read: three independent chances of 16 bits each.
enum Delivery {
    /// 0.5 % of 2^16.
    private static let lateChances: UInt64 = 328
    /// 1 % of 2^16. A little above, because retries take lines but are not sent again themselves.
    private static let retryChances: UInt64 = 662

    static func isLate(_ word: UInt64) -> Bool { word & 0xFFFF < lateChances }
    static func isRetried(_ word: UInt64) -> Bool { word >> 16 & 0xFFFF < retryChances }
    static func successorIsLate(_ word: UInt64) -> Bool { word >> 32 & 0xFFFF < lateChances }
}
