// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `The table of what waits` {
    @Test func `is that of the dictionary twin through insertions, changes and removals`() {
        var random = SeededRandom(for: "pending table")
        var table = PendingTable()
        var twin: [UInt64: PendingRecord] = [:]
        // Few keys of few parts, close to one another, so that look-ups run into their neighbours.
        let keys = (0..<3_000).map { _ in
            UInt64(random.below(3)) << 56 | UInt64(random.below(4_000)) | UInt64(random.below(2)) << 40
        }.filter { $0 != 0 }
        for step in 0..<60_000 {
            let key = keys[random.below(keys.count)]
            let number = table.find(key)
            #expect((number >= 0) == (twin[key] != nil))
            if number < 0 {
                var record = PendingRecord(key: key, firstTime: Int64(step))
                record.numbers.1 = Double(step)
                let made = table.insert(record)
                #expect(table[made].pointee == record)
                twin[key] = record
            } else if random.chance(60) {
                table.remove(number)
                twin[key] = nil
            } else {
                table[number].pointee.secondTime = Int64(step)
                twin[key]?.secondTime = Int64(step)
            }
        }
        #expect(table.count == twin.count)
        for (key, record) in twin {
            let number = table.find(key)
            #expect(number >= 0 && table[number].pointee == record)
        }
        var found = 0
        table.forEach { _ in found += 1 }
        #expect(found == twin.count)
    }

    @Test func `gives places that are free again to others`() {
        var table = PendingTable()
        for round in 0..<4 {
            let numbers = (1...20_000).map {
                table.insert(PendingRecord(key: UInt64($0 + round * 7) << 40 | UInt64($0)))
            }
            #expect(numbers.max() == 19_999)
            for number in numbers { table.remove(number) }
        }
        #expect(table.count == 0)
        #expect(table.bytes < 20_000 * 110)
    }
}
