// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `The file of a day` {
    private static let day: UInt32 = 20_000
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Slots of one day, at the edges of its spans.
    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        let start = day * spans.slotsPerDay
        return stride(from: UInt32(0), to: spans.slotsPerDay, by: Int(spans.slotsPerSpan)).flatMap { edge in
            (0..<9).map { Slot(start + edge + $0 * 7) }
        }
    }()

    private func sealed(
        series: Int = 12,
        commits: Int,
        seed: UInt64 = 3
    ) throws -> (store: SeriesStore, model: ModelStore) {
        var random = SeededRandom(seed: seed)
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        for _ in 0..<commits {
            try model.commit(
                to: store,
                &random,
                mostSeries: series,
                increments: 8,
                slots: Self.slots,
                at: clock.now
            )
        }
        store.state.withLock { $0.limits.leastSharedBytes = 1 }
        try store.checkpoint()
        for day in try store.hotDays() { try store.seal(day: day) }
        return (store, model)
    }

    private func file(_ store: SeriesStore) throws -> DayFile {
        try #require(store.state.withLock { $0.days.registry.days[Self.day]?.file })
    }

    @Test func `has what the hot database had, which has nothing of the day any more`() throws {
        let (store, model) = try sealed(series: 250, commits: 500)
        expectSame(try StoreContents(store), model.contents)
        #expect(try store.hotDays() == [])
        for space in [KeySpace.chunk, .chunkList] {
            var left = 0
            try store.database.makeCursor().forEach(prefix: space.prefix) { _, _ in left += 1 }
            #expect(left == 0)
        }
        let open = try OpenDay(try file(store))
        var random = SeededRandom(for: "day file")
        #expect(open.blockCount > 1 && open.series > 0 && open.chunks > open.series)
        #expect(open.file.path.hasSuffix("/day/20241004.1"))
        // Every series there is, and those that are not.
        var lookup = DayLookup()
        for _ in 0..<300 {
            let id = SeriesID(UInt32(random.below(300)))
            let isThere = model.contents.slots[id.number] != nil || model.contents.samples[id.number] != nil
            let kind = Int(id.number) < model.series.count ? model.series[Int(id.number)].family.kind : .counter
            let positions = store.positions(of: kind)
            let found = try lookup.entry(of: id, in: open, positions: positions)
            if kind != .samples { #expect((found != nil) == isThere, "series \(id.number)") }
            #expect(
                try open.block(of: id).flatMap {
                    try open.entry(of: id, in: try open.readBlock($0), positions: positions)
                }?.offset
                    == found?.offset
            )
        }
        let before = lookup.reads
        for number in 0..<model.series.count {
            let kind = model.series[number].family.kind
            _ = try lookup.entry(of: SeriesID(UInt32(number)), in: open, positions: store.positions(of: kind))
        }
        #expect(lookup.reads - before <= open.blockCount + 1, "one series after the other reads each block once")
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        expectSame(try StoreContents(reopened), model.contents, "opened again")
    }

    @Test func `is reported by name for every byte that is flipped, or reads as before`() throws {
        let (store, model) = try sealed(commits: 25)
        let file = try file(store)
        let expected = model.contents
        let bytes = try readBytes(file.path)
        var random = SeededRandom(for: "flipped day")
        var reported = 0
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= 1 << UInt8(random.below(8))
            try writeBytes(damaged, to: file.path)
            store.openDays.removeAll()
            do {
                expectSame(try StoreContents(store), expected, "byte \(offset) of \(bytes.count)")
            } catch let error as StoreError {
                #expect(error.code == .corrupt || error.code == .incompatible)
                #expect(error.message.hasPrefix(file.path) && !error.message.contains("\n"), "\(error)")
                reported += 1
            }
        }
        #expect(reported == bytes.count, "every byte has a checksum over it")
        try writeBytes(bytes, to: file.path)
        store.openDays.removeAll()
        expectSame(try StoreContents(store), expected, "whole again")
        print("flipped day: \(reported) of \(bytes.count) bytes")
    }

    @Test func `is reported by name when it is cut anywhere, longer, another day's, or gone`() throws {
        let (store, model) = try sealed(commits: 25)
        let file = try file(store)
        let bytes = try readBytes(file.path)
        func expectCorrupt(_ context: String) {
            store.openDays.removeAll()
            let error = #expect(throws: StoreError.self) { try StoreContents(store) }
            #expect(
                error?.code == .corrupt && error?.message.hasPrefix(file.path) == true,
                "\(context): \(error as Any)"
            )
        }
        for length in 0..<bytes.count {
            try writeBytes(bytes.prefix(length), to: file.path)
            expectCorrupt("\(length) bytes")
        }
        try writeBytes(bytes + [0], to: file.path)
        expectCorrupt("a byte more")
        let other = try DayFileWriter(DayFile(in: directory.store, day: Self.day + 1, generation: 1)) { _ in }
        _ = try other.finish(through: 1)
        try writeBytes(
            try readBytes(DayFile(in: directory.store, day: Self.day + 1, generation: 1).path),
            to: file.path
        )
        expectCorrupt("another day")
        try directory.remove(file.path)
        expectCorrupt("gone")
        // Everything else goes on.
        try store.commit(Commit(arrival: clock.now))
        try writeBytes(bytes, to: file.path)
        store.openDays.removeAll()
        expectSame(try StoreContents(store).slots == model.contents.slots)
    }

    private func expectSame(_ isSame: Bool) { #expect(isSame) }

    private func expectSame(_ found: StoreContents, _ expected: StoreContents, _ context: String = "") {
        StoreTests.expectSame(found, expected, context)
    }

    @Test func `is found damaged by a query, which tells its name`() throws {
        let (store, _) = try sealed(commits: 60)
        let file = try file(store)
        let bytes = try readBytes(file.path)
        for offset in stride(from: DayFile.headerBytes, to: bytes.count, by: 17) {
            var damaged = bytes
            damaged[offset] ^= 0x10
            try writeBytes(damaged, to: file.path)
            store.openDays.removeAll()
            let view = try store.view(now: clock.now, idleTimeout: 86_400)
            let set = try view.select(
                SeriesSelection(
                    [try LabelMatcher("__name__", .matches, ".+")],
                    from: Timestamp(milliseconds: Int64(Self.day) * 86_400_000),
                    through: Timestamp(milliseconds: Int64(Self.day + 1) * 86_400_000)
                )
            )
            let columns = SampleColumns()
            var failure: StoreError?
            do {
                for index in 0..<set.count { try set.read(index, into: columns) }
            } catch let error as StoreError {
                failure = error
            }
            #expect(failure?.code == .corrupt && failure?.message.hasPrefix(file.path) == true, "byte \(offset)")
        }
    }
}

struct `Numbers of sealed days` {
    @Test func `come back as they were, whatever their size`() throws {
        var random = SeededRandom(for: "sealed sums")
        let rules: [PointRule] = [
            .add(inexact: 7, unitsPerWhole: 1), .latest, .greatestRank,
        ]
        for round in 0..<2_000 {
            let rule = rules[round % 3]
            var era = SealedEra()
            func sums(_ last: Int64) -> SealedSums {
                var details = Set((0..<random.below(6)).map { _ in UInt32(random.below(20)) })
                if case .latest = rule { details = [UInt32(random.below(15_000))] }
                if case .greatestRank = rule { details = Set(details.map { $0 << 6 | 3 }) }
                return SealedSums(
                    last: last,
                    sums: details.sorted().map { detail in
                        var number = Int128(Int64(bitPattern: random.anyMagnitude()))
                        if rule.isFloat(detail) {
                            number = Int128(random.next() >> UInt64(random.below(64)))
                        } else if case .greatestRank = rule {
                            number = 0
                        } else if random.chance(10) {
                            number = (random.chance(50) ? 1 : -1) * Int128(random.next()) << Int128(random.below(36))
                        }
                        return SealedSums.Sum(detail: detail, number: number)
                    }
                )
            }
            if random.chance(70) { era.before = sums(Int64(random.below(1 << 31))) }
            if random.chance(50) { era.earlier = (0..<1_250).filter { _ in random.chance(2) } }
            let positions = ChunkPositions.slots(ChunkSpans(.standard))
            for day in UInt32(20_000)..<20_016 where random.chance(30) {
                let first = positions.start(ofDay: day) + Int64(random.below(100))
                let last = first + Int64(random.below(5_000))
                era.days.append(
                    SealedEra.Day(
                        day: day,
                        generation: UInt32(random.anyMagnitude() >> 32),
                        first: first,
                        last: last,
                        sums: sums(last)
                    )
                )
            }
            let key = KeySpace.newestEra(SeriesID(9), era: 1_250)
            let bytes = era.encode(era: 1_250, positions: positions, rule: rule, key: key)
            let found = try bytes.withUnsafeBytes { bytes in
                try key.withUnsafeBytes { key in
                    try SealedEra.decode(bytes, key: key, era: 1_250, positions: positions, rule: rule)
                }
            }
            #expect(found == era)
            // Damage is noticed, and nothing traps on what only looks right.
            for _ in 0..<3 {
                var damaged = Array(bytes.dropLast(4))
                if !damaged.isEmpty { damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next()) }
                let crc = damaged.withUnsafeBytes { CRC32C.checksum($0) } ^ key.withUnsafeBytes { CRC32C.checksum($0) }
                damaged += withUnsafeBytes(of: crc.littleEndian) { Array($0) }
                _ = damaged.withUnsafeBytes { bytes in
                    key.withUnsafeBytes { key in
                        try? SealedEra.decode(bytes, key: key, era: 1_250, positions: positions, rule: rule)
                    }
                }
            }
        }
    }

    @Test func `beyond what days can come to are refused, and end nothing`() throws {
        let rule = PointRule.add(inexact: 7, unitsPerWhole: 1)
        for (number, isGood) in [(Int128(1) << 100, true), (-(Int128(1) << 100), true), (.max, false), (.min, false)] {
            var era = SealedEra()
            era.before = SealedSums(last: 1, sums: [SealedSums.Sum(detail: 0, number: number)])
            let positions = ChunkPositions.slots(ChunkSpans(.standard))
            let key = KeySpace.newestEra(SeriesID(9), era: 1_250)
            let bytes = era.encode(era: 1_250, positions: positions, rule: rule, key: key)
            let found = bytes.withUnsafeBytes { bytes in
                key.withUnsafeBytes { key in
                    try? SealedEra.decode(bytes, key: key, era: 1_250, positions: positions, rule: rule)
                }
            }
            #expect(found == (isGood ? era : nil))
        }
    }

    @Test func `add up as the points would`() {
        let rule = PointRule.add(inexact: 1, unitsPerWhole: 1)
        var total = SealedSums()
        for last in 1...3 {
            total.add(
                SealedSums(
                    last: Int64(last),
                    sums: [.init(detail: 0, number: Int128(Int64.max)), .init(detail: 1, number: 0)]
                ),
                rule
            )
        }
        #expect(total.sums == [.init(detail: 0, number: 3 * Int128(Int64.max)), .init(detail: 1, number: 0)])
        #expect(total.last == 3)
        var gauge = SealedSums(last: 5, sums: [.init(detail: 10, number: 1)])
        gauge.add(SealedSums(last: 4, sums: [.init(detail: 90, number: 2)]), .latest)
        #expect(gauge.sums == [.init(detail: 10, number: 1)])
        gauge.add(SealedSums(last: 5, sums: [.init(detail: 10, number: 3)]), .latest)
        #expect(gauge.sums == [.init(detail: 10, number: 3)], "of equals the later one")
        var seen = SealedSums(registers: [1 << 6 | 4, 2 << 6 | 9], last: 8)
        seen.add(SealedSums(registers: [1 << 6 | 5, 3 << 6 | 1], last: 7), .greatestRank)
        #expect(seen.sums.map(\.detail) == [1 << 6 | 5, 2 << 6 | 9, 3 << 6 | 1] && seen.last == 8)
        seen.remove(known: SealedSums(registers: [1 << 6 | 6, 2 << 6 | 8], last: 1))
        #expect(seen.sums.map(\.detail) == [2 << 6 | 9, 3 << 6 | 1])
    }
}
