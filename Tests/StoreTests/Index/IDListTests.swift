// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Store

struct `Lists of ascending numbers` {
    /// A list of the numbers, and the memory that it stands in.
    private struct Stored: ~Copyable {
        var list = IDList()
        var slabs = Slabs()

        init(_ numbers: some Sequence<UInt32>) {
            for number in numbers { list.append(number, &slabs) }
        }

        func numbers(below limit: UInt32) -> [UInt32] {
            var numbers: [UInt32] = []
            list.forEachSpan(below: limit) { numbers += $0 }
            return numbers
        }
    }

    @Test(arguments: [0, 1, 2, 6, 7, 8, 20, 21, 22, 51, 1_000, 16_381, 32_000, 60_000, 100_000])
    func `give back what was appended, whole, cut, and by leaps`(count: Int) {
        var random = SeededRandom(for: "list of \(count)")
        var last: UInt32 = 0
        let numbers = (0..<count).map { _ in
            last += UInt32(1 + random.below(20))
            return last
        }
        let stored = Stored(numbers)
        #expect(stored.list.count == UInt32(count))
        #expect(stored.numbers(below: .max) == numbers)
        for _ in 0..<20 {
            let limit = UInt32(random.below(Int(last) + 3))
            #expect(stored.numbers(below: limit) == numbers.filter { $0 < limit })
        }
        for leap in [1, 5, 300, 50_000, 1_000_000] {
            var cursor = IDList.Cursor(stored.list)
            var at = 0
            var target: UInt32 = 0
            while target < last + 2 {
                cursor.seek(target)
                while at < count, numbers[at] < target { at += 1 }
                if cursor.current != (at < count ? numbers[at] : .max) {
                    Issue.record("after a leap to \(target): \(cursor.current)")
                    return
                }
                target += UInt32(1 + random.below(leap))
            }
        }
    }

    @Test func `a copy stays as it was while the list grows`() {
        var stored = Stored(0..<100)
        let copy = stored.list
        for number in 100..<5_000 as Range<UInt32> { stored.list.append(number, &stored.slabs) }
        var numbers: [UInt32] = []
        copy.forEachSpan(below: .max) { numbers += $0 }
        #expect(numbers == Array(0..<100))
    }

    @Test func `sets are united, cut and subtracted, few numbers or many`() {
        var random = SeededRandom(for: "sets")
        for round in 0..<90 {
            let limit = UInt32(1 + random.below([10, 1_000, 30_000][round % 3]))
            let ids = (0..<limit).filter { _ in random.chance([1, 30, 90][random.below(3)]) }
            let count = 1 + random.below(5)
            let density = [0.01, 1, 20][random.below(3)]
            var parts = [[UInt32]](repeating: [], count: count)
            for id in 0..<(limit + 10) where random.chance(density * Double(count)) {
                parts[random.below(count)].append(id)
            }
            var slabs = Slabs()
            let lists = parts.map { part in
                var list = IDList()
                for id in part { list.append(id, &slabs) }
                return list
            }
            let all = Set(parts.joined())
            #expect(lists.union(below: limit) == all.filter { $0 < limit }.sorted())
            #expect(ids.keeping(true, lists, below: limit) == ids.filter { all.contains($0) })
            #expect(ids.keeping(false, lists, below: limit) == ids.filter { !all.contains($0) })
        }
    }
}

struct `Arrays whose elements stay` {
    @Test func `hold what was appended where it was`() {
        let array = StableArray<UInt64>()
        var pointers: [UnsafeMutablePointer<UInt64>] = []
        for number in 0..<100_000 as Range<UInt64> {
            array.append(number)
            pointers.append(array.pointer(to: Int(number)))
        }
        #expect(array.count == 100_000)
        for number in 0..<100_000 where pointers[number].pointee != number || array[number] != number {
            Issue.record("\(number)")
        }
    }

    @Test func `keep a run in one piece`() {
        let array = StableArray<UInt32>()
        var random = SeededRandom(for: "runs")
        var runs: [(start: Int, length: Int)] = []
        for _ in 0..<20_000 {
            let length = random.chance(0.1) ? random.below(5_000) : random.below(9)
            let start = array.appendRun(of: length)
            if let last = runs.last { #expect(start >= last.start + last.length) }
            for place in 0..<length { (array.pointer(to: start) + place).initialize(to: UInt32(runs.count)) }
            runs.append((start, length))
        }
        for (number, run) in runs.enumerated() {
            for place in 0..<run.length where array[run.start + place] != UInt32(number) { Issue.record("\(number)") }
        }
    }
}
