// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `The numbers of labels` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Escapes, none, shared and own labels, and the empty set.
    private static func labels(_ number: Int) -> Labels {
        switch number % 50 {
        case 0: number == 0 ? [:] : ["n": "\(number)"]
        case 1: ["n": "\"\(number)\\\n", "é": "é"]
        case 2: ["n": "\(number)", "odd": "\"\\"]
        default: ["a": "\(number % 3)", "n": "\(number / 7)", "z": "\(number % 11)"]
        }
    }

    private static func fill(_ store: SeriesStore, _ numbers: Range<Int>) throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 40) {
            var commit = Commit(arrival: Timestamp(seconds: 1_772_366_400))
            for number in start..<min(start + 40, numbers.upperBound) {
                let family = ModelStore.families[number % 3]
                if store.find(family: family, labels: labels(number)) != nil { continue }
                let id = store.create(family: family, labels: labels(number))
                commit.points.append(SeriesPoint(series: id, slot: Slot(118_000_000), detail: 0, payload: 0))
            }
            commit.newSeries = store.takeNewSeries()
            try store.commit(commit)
        }
    }

    /// All that the index says, by number.
    private static func contents(_ index: SeriesIndex) -> [String] {
        let names = index.state.withLock { $0.names.names }
        let series = (0..<UInt32(index.count)).map { id in
            let entry = index.allEntries[Int(id)]
            return "\(entry.family) \(String(decoding: entry.text.bytes, as: UTF8.self)) \(Array(index.run(of: id)))"
        }
        let labels = (0..<index.bounds().labels).map { number in
            let label = index.labels[number]
            var ids: [UInt32] = []
            index.seriesOfLabel[number].forEachSpan(below: .max) { ids += $0 }
            return "\(names[Int(label.name)]) \(String(decoding: label.value, as: UTF8.self)) \(ids)"
        }
        return series + labels + index.state.withLock { ["\($0.seriesOfName)", "\($0.families.map(\.name))"] }
    }

    @Test func `are the same in every opening, and go on where they ended`() throws {
        var store = try SeriesStore.open(at: directory.store, clock: clock)
        try store.declare(ModelStore.reach)
        try Self.fill(store, 0..<1_000)
        for round in 1...3 {
            let expected = Self.contents(store.index)
            let count = store.index.count
            if round == 2 { try store.compact() }
            store.close()
            store = try SeriesStore.open(at: directory.store, clock: clock)
            #expect(Self.contents(store.index) == expected)
            for id in 0..<UInt32(count) {
                let series = SeriesID(id)
                let labels = store.index.labels(of: series)
                #expect(store.find(family: store.index.metricFamily(of: series), labels: labels) == series)
            }
            try Self.fill(store, round * 1_000..<round * 1_000 + 500)
            #expect(store.index.count > count)
        }
        store.close()
    }

    /// Puts other bytes under some keys, or deletes them; opening says that `told` is malformed.
    private func expectCorrupt(_ told: [UInt8], _ changes: [([UInt8], [UInt8]?)], _ context: String) throws {
        let copy = try directory.copy(of: directory.store)
        defer { try? directory.remove(copy) }
        let database = try Database.open(at: copy + "/hot/00000001")
        for (key, value) in changes {
            if let value { try database.put(key, value, sync: false) } else { try database.delete(key, sync: false) }
        }
        database.close()
        let error = #expect(throws: StoreError.self, "\(context)") { try SeriesStore.open(at: copy, clock: clock) }
        #expect(error?.code == .corrupt, "\(context)")
        let name =
            "entry " + String(UnicodeScalar(told[0]))
            + told.dropFirst().map { String($0, radix: 16) }.joined(separator: " ") + " is malformed"
        #expect(error?.message.contains(name) == true, "\(context): \(error as Any), not \(name)")
    }

    @Test func `are dense, each of one label, in order of the series that first have them; else it is corrupt`() throws
    {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        var commit = Commit(arrival: Timestamp(seconds: 1_772_366_400))
        // Labels 0 a=1, 1 b=2, 2 b=3, 3 c=4.
        for labels: Labels in [["a": "1", "b": "2"], ["a": "1", "b": "3"], ["c": "4"]] {
            let id = store.create(family: ModelStore.clicks, labels: labels)
            commit.increments.append(Increment(series: id, slot: Slot(118_000_000), units: 1))
        }
        commit.newSeries = store.takeNewSeries()
        try store.commit(commit)
        store.close()

        func label(_ name: String, _ value: String) -> [UInt8] {
            var value = value
            return value.withUTF8 { LabelRecord.encode(name: name, value: $0) }
        }
        func series(_ labels: [UInt32], family: Int = 0) -> [UInt8] {
            SeriesRecord.encode(family: family, labels: labels, created: Timestamp(seconds: 0))
        }
        let n = (0..<6).map { KeySpace.label($0) }
        let s = (0..<3).map { KeySpace.series(SeriesID($0)) }
        let f = KeySpace.family("clicks_total")
        try expectCorrupt(n[2], [(n[1], nil)], "a gap in labels")
        try expectCorrupt(s[2], [(n[3], nil)], "the last label is lost")
        try expectCorrupt(n[5], [(n[5], label("d", "5"))], "a label behind a gap")
        try expectCorrupt(n[4], [(n[4], label("d", "5"))], "a label that no series has")
        try expectCorrupt(n[3], [(n[3], label("a", "1"))], "a label twice")
        try expectCorrupt(n[2] + [0], [(n[2] + [0], label("d", "5"))], "a key that is too long")
        try expectCorrupt(n[2], [(n[2], label("b", "3") + [0])], "a label with something behind it")
        try expectCorrupt(n[2], [(n[2], [1, 1, 98, 1, 0xFF])], "a value that is not UTF-8")
        try expectCorrupt(n[2], [(n[2], label("b", ""))], "an empty value")
        try expectCorrupt(s[1], [(s[1], series([0, 4]))], "a label that is not there")
        try expectCorrupt(s[1], [(s[1], series([0, 3]))], "labels out of order of series")
        try expectCorrupt(s[0], [(s[0], series([1, 0]))], "labels out of order in a series")
        try expectCorrupt(s[1], [(s[1], series([2, 0]))], "names out of order")
        try expectCorrupt(s[1], [(s[1], series([1, 2]))], "a name twice")
        try expectCorrupt(s[1], [(s[1], series([0, 0]))], "a label twice in a series")
        try expectCorrupt(s[1], [(s[1], series([0, 2]) + [0])], "a series with something behind it")
        try expectCorrupt(s[1], [(s[1], Array(series([0, 2]).dropLast()))], "a series that is cut")
        try expectCorrupt(s[1], [(s[1], series([0, 2], family: 1))], "a family that is not there")
        try expectCorrupt(n[2], [(s[2], series([0])), (s[1], series([]))], "two labels of no series")
        try expectCorrupt(s[2], [(s[2], series([0, 1])), (n[3], nil)], "a series twice")
        try expectCorrupt(f, [(f, FamilyRecord.encode(ModelStore.clicks, number: 1))], "a gap in families")
        let spend = KeySpace.family("spend_total")
        try expectCorrupt(spend, [(spend, FamilyRecord.encode(ModelStore.spend, number: 0))], "a family's number twice")
    }

    /// Each write is one record of LevelDB's log: whatever of them a crash leaves, labels and series go together.
    @Test func `come with their series or not at all, wherever a crash cuts the log`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try Self.fill(store, 0..<400)
        let full = Self.contents(store.index).count
        store.close()
        let log = try LogFile(of: directory.store)
        var sizes: Set<Int> = []
        for end in log.ends + log.edges.map({ $0 + 5 }) where end <= log.bytes.count {
            let copy = try directory.copy(of: directory.store)
            try LogFile.cut(copy, to: end)
            let store = try SeriesStore.open(at: copy, clock: clock)
            sizes.insert(Self.contents(store.index).count)
            try Self.fill(store, 0..<400)
            #expect(Self.contents(store.index).count == full)
            store.close()
            try SeriesStore.open(at: copy, clock: clock).close()
            try directory.remove(copy)
        }
        #expect(sizes.count > 10)
    }
}
