// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `The identity table` {
    @Test func `an identity is new once, then a duplicate or a conflict`() {
        var table = IdentityTable()
        #expect(table.insert(fingerprint: 1, digest: 7, hour: 5) == .new)
        #expect(table.insert(fingerprint: 1, digest: 7, hour: 5) == .duplicate)
        #expect(table.insert(fingerprint: 1, digest: 8, hour: 6) == .conflict)
        #expect(table.insert(fingerprint: 1, digest: 7, hour: 9) == .duplicate)
        #expect(table.insert(fingerprint: 2, digest: 7, hour: 5) == .new)
        #expect(table.insert(fingerprint: .max, digest: 0, hour: 0) == .new)
        #expect(table.insert(fingerprint: .max, digest: 0, hour: 0) == .duplicate)
        #expect(table.count == 3)
    }

    @Test func `an hour that has expired is new again, its neighbours are not`() {
        var table = IdentityTable()
        for hour in UInt32(0)..<5 {
            #expect(table.insert(fingerprint: UInt64(hour) + 1, digest: 0, hour: hour) == .new)
        }
        table.expire(before: 3)
        table.expire(before: 1)  // never goes back
        #expect(table.firstHour == 3)
        for hour in UInt32(0)..<5 {
            #expect(table.insert(fingerprint: UInt64(hour) + 1, digest: 0, hour: 6) == (hour < 3 ? .new : .duplicate))
        }
    }

    /// Every fingerprint wants the same place of the same part: the longest probe runs there are.
    @Test func `identities that collide are all told apart, also after some expire`() {
        var table = IdentityTable()
        let fingerprints = (1...2_000).map { UInt64($0) << 32 | 1 }
        for (index, fingerprint) in fingerprints.enumerated() {
            #expect(table.insert(fingerprint: fingerprint, digest: UInt32(index), hour: UInt32(index % 2)) == .new)
        }
        table.expire(before: 1)
        for (index, fingerprint) in fingerprints.enumerated() where index % 2 == 1 {
            #expect(table.insert(fingerprint: fingerprint, digest: UInt32(index), hour: 2) == .duplicate)
        }
        for (index, fingerprint) in fingerprints.enumerated() {
            let expected: IdentityTable.Outcome = index % 2 == 1 ? .duplicate : .new
            #expect(table.insert(fingerprint: fingerprint, digest: UInt32(index), hour: 2) == expected)
            #expect(table.insert(fingerprint: fingerprint, digest: UInt32(index), hour: 2) == .duplicate)
        }
    }

    @Test func `compaction gives the memory back and forgets nothing that counts`() {
        var table = IdentityTable()
        let start = table.bytes
        for number in UInt64(1)...200_000 {
            _ = table.insert(fingerprint: number &* 0x9E37_79B9_7F4A_7C15, digest: 1, hour: number % 100 == 0 ? 2 : 1)
        }
        #expect(table.count == 200_000)
        #expect(table.bytes >= 200_000 * 16 * 4 / 3)
        table.expire(before: 2)
        table.compact()
        #expect(table.count == 2_000)
        #expect(table.bytes == 2 * start)  // 2,000 fill 4,096 places to at most a half
        var listed: Set<UInt64> = []
        table.forEach(hour: 2) { fingerprint, _ in listed.insert(fingerprint) }
        #expect(listed == Set((1...2_000).map { UInt64($0 * 100) &* 0x9E37_79B9_7F4A_7C15 }))
        table.forEach(hour: 1) { _, _ in Issue.record("an expired identity is still there") }
    }

    @Test func `a large table is split where it fills, and finds everything on either side`() {
        var table = IdentityTable()
        let numbers = UInt64(1)...600_000
        func fingerprint(_ number: UInt64) -> UInt64 { number &* 0x9E37_79B9_7F4A_7C15 }
        for number in numbers {
            let outcome = table.insert(
                fingerprint: fingerprint(number),
                digest: UInt32(number),
                hour: UInt32(number & 1)
            )
            check(outcome == .new, "\(number)")
        }
        #expect(table.count == 600_000)
        // Three eighths to three quarters full, and one part over.
        #expect(table.bytes >= 600_000 * 16 * 4 / 3)
        #expect(table.bytes <= 600_000 * 16 * 8 / 3 + 2 << 20)
        for number in numbers {
            let outcome = table.insert(fingerprint: fingerprint(number), digest: UInt32(number), hour: 1)
            check(outcome == .duplicate, "\(number)")
        }
        table.expire(before: 1)
        let large = table.bytes
        table.compact()
        #expect(table.count == 300_000)
        #expect(table.bytes < large)
        for number in numbers {
            let outcome = table.insert(fingerprint: fingerprint(number), digest: UInt32(number), hour: 1)
            check(outcome == (number & 1 == 1 ? .duplicate : .new), "\(number)")
        }
        table.withdraw(fingerprint(77))
        #expect(table.insert(fingerprint: fingerprint(77), digest: 0, hour: 1) == .new)
    }

    @Test func `fingerprints that no bit tells apart fill one part that grows`() {
        var table = IdentityTable()
        for number in UInt64(1)...300_000 {
            check(table.insert(fingerprint: number, digest: 1, hour: 1) == .new, "\(number)")
        }
        for number in UInt64(1)...300_000 {
            check(table.insert(fingerprint: number, digest: 1, hour: 1) == .duplicate, "\(number)")
        }
        #expect(table.count == 300_000)
        var listed = 0
        table.forEach(hour: 1) { _, _ in listed += 1 }
        #expect(listed == 300_000)
        table.expire(before: 2)
        table.compact()
        #expect(table.count == 0)
        #expect(table.bytes == IdentityTable().bytes)
    }

    @Test(arguments: 0..<4)
    func `random operations answer as a dictionary does`(run: Int) {
        var random = SeededRandom(for: "identity table, run \(run)")
        var table = IdentityTable()
        var twin: [UInt64: (digest: UInt32, hour: UInt32)] = [:]
        var hour: UInt32 = 10
        // Few places, so that probe runs are long; or spread out.
        let spread = run % 2 == 0
        for _ in 0..<50_000 {
            switch random.below(3_000) {
            case 0:
                hour += UInt32(random.below(3))
                table.expire(before: hour - UInt32(random.below(4)))
                let first = table.firstHour
                twin = twin.filter { $0.value.hour >= first }
            case 1: table.compact()
            default:
                let number = UInt64(random.below(30_000) + 1)
                let fingerprint = spread ? number &* 0x9E37_79B9_7F4A_7C15 : number << 20 | number % 3 + 1
                let digest = UInt32(random.below(10) == 0 ? 1 : 0)
                let expected: IdentityTable.Outcome =
                    if let known = twin[fingerprint] { known.digest == digest ? .duplicate : .conflict } else { .new }
                check(table.insert(fingerprint: fingerprint, digest: digest, hour: hour) == expected, "\(fingerprint)")
                if expected == .new { twin[fingerprint] = (digest, hour) }
            }
        }
        table.compact()
        #expect(table.count == twin.count)
        for hour in table.firstHour...(hour + 1) {
            var listed = 0
            table.forEach(hour: hour) { fingerprint, digest in
                listed += 1
                check(twin[fingerprint]?.digest == digest && twin[fingerprint]?.hour == hour, "\(fingerprint)")
            }
            #expect(listed == twin.values.count { $0.hour == hour })
        }
    }
}
