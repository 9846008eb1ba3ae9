// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// What a store's owner may do at any time.
enum TwinOperation: CaseIterable {
    case checkpoint, reopen, crash, rotate, maintain, breakOff, backup, restore, retain, wait, read, readKept, commit

    /// Commits and reads mostly.
    static func draw(_ random: inout SeededRandom) -> TwinOperation {
        switch random.below(1_000) {
        case 0..<5: .checkpoint
        case 5..<6: .reopen
        case 6..<7: .crash
        case 7..<9: .rotate
        case 9..<17: .maintain
        case 17..<18: .breakOff
        case 18..<19: random.chance(30) ? .restore : .backup
        case 19..<21: .retain
        case 21..<60: .wait
        case 60..<160: .read
        case 160..<200: .readKept
        default: .commit
        }
    }
}
