// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TidemarkCLI

@Suite struct PartsTests {
    /// The first outputs of Vigna's splitmix64.c for the seed 1234567.
    @Test func `SplitMix64 gives the published numbers`() {
        var random = SplitMix64(seed: 1_234_567)
        let published: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        for number in published { #expect(random.next() == number) }
    }

    @Test func `times are written as Foundation writes them`() {
        let seed: UInt64 = 81
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var times: [Int64] = [0, 951_782_399_999, 951_782_400_000, 1_709_164_800_000, 4_107_542_399_999]
        // Up to the year 2199; a double holds these milliseconds exactly.
        for _ in 0..<2_000 { times.append(Int64(random.index(below: 7_258_118_400_000))) }
        for time in times {
            // Half a millisecond more, because the style cuts off.
            let date = Date(timeIntervalSince1970: (Double(time) + 0.5) / 1000)
            #expect(rfc3339(milliseconds: time) == date.formatted(style))
        }
        #expect(rfc3339(milliseconds: 253_402_300_799_999) == "9999-12-31T23:59:59.999Z")
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000001"), (2_150, "0.00215"), (1_000_000, "1"), (10_500_000, "10.5"),
            (123_456_789, "123.456789"), (9_000_000_000_100, "9000000.0001"),
        ] as [(Int64, String)]
    )
    func `decimals are written shortest`(micros: Int64, text: String) {
        #expect(written { $0.append(decimalMicros: micros) } == text)
    }

    @Test(
        arguments: [
            (49_900_000, "49.90"), (50_000_000, "50.00"), (477_504, "0.477504"),
        ] as [(Int64, String)]
    )
    func `amounts keep two decimals`(micros: Int64, text: String) {
        #expect(written { $0.append(decimalMicros: micros, leastDecimals: 2) } == text)
    }

    @Test func `ids and customers are written with all their digits`() {
        #expect(written { $0.append(base32: 0) } == "0000000000000")
        #expect(written { $0.append(base32: .max) } == "fvvvvvvvvvvvv")
        #expect(written { $0.append(base32: 0x0123_4567_89AB_CDEF) } == "028q5cu4qnjff")
        #expect(written { $0.append(hex6: 0x2A3F01) } == "2a3f01")
    }

    @Test func `an alias table draws by weight and never what has none`() {
        let seed: UInt64 = 82
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let weights: [Double] = [5, 0, 1, 3, 0.5, 0.5]
        let table = AliasTable(weights: weights)
        var counts = Array(repeating: 0, count: weights.count)
        let draws = 100_000
        for _ in 0..<draws { counts[table.index(for: random.next())] += 1 }
        #expect(counts[1] == 0)
        for (count, weight) in zip(counts, weights) where weight > 0 {
            #expect(abs(deviations(hits: count, trials: draws, rate: weight / 10)) < 5, "\(counts)")
        }
    }

    @Test func `a byte table has 256 entries and leaves nobody out`() {
        let table = byteTable(weights: [1000, 1, 500, 1])
        #expect(table.count == 256)
        #expect(Set(table) == [0, 1, 2, 3])
        #expect(table.count { $0 == 0 } > table.count { $0 == 2 })
        #expect(table == table.sorted())
    }

    /// The twin is a sorted array.
    @Test func `delayed lines leave earliest first, as from a sorted list`() {
        let seed: UInt64 = 83
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        var lines = DelayedLines<DelayedLine>()
        var twin: [Int64] = []
        for step in 0..<20_000 {
            if random.index(below: 100) < 55 {
                let due = Int64(step + random.index(below: 500))
                lines.insert(DelayedLine(dueMilliseconds: due, role: .click, event: blankEvent))
                twin.append(due)
                twin.sort()
            } else {
                let due = lines.removeNext(dueAt: Int64(step))?.dueMilliseconds
                let expected = twin.first.flatMap { $0 <= step ? $0 : nil }
                #expect(due == expected)
                if expected != nil { twin.removeFirst() }
            }
            #expect(lines.nextDueMilliseconds == twin.first ?? .max)
        }
        #expect(twin.count > 100)
    }

    @Test func `slots pass in order and fill the span`() {
        let rates = DailyCurve.rates(clockOffsetMinutes: 0)
        let start: Int64 = 1_000_000_000_123
        let duration: Int64 = 100_000_000
        var clock = ArrivalClock(startMilliseconds: start, durationMilliseconds: duration, slots: 5_000, rates: rates)
        var random = SplitMix64(seed: 84)
        var before = start
        for slot in 0..<5_000 as Range<UInt64> {
            clock.advance(to: slot, jitter: random.next())
            #expect(clock.nowMilliseconds >= before && clock.nowMilliseconds < start + duration)
            #expect(clock.bin == Int(clock.nowMilliseconds % 86_400_000 / 600_000))
            before = clock.nowMilliseconds
            if slot == 0 { #expect(before < start + 200_000) }
        }
        #expect(before > start + duration - 200_000)
    }

    @Test(arguments: [1, 2, 3, 7, 1_000, 999_983, 1_000_000_000])
    func `even the last instant of the last slot lies before the end`(slots: Int) {
        let rates = DailyCurve.rates(clockOffsetMinutes: 90)
        for duration in [1, 10, 600_000, 86_400_000, 31 * 86_400_000 + 7] as [Int64] {
            var clock = ArrivalClock(
                startMilliseconds: 5_000,
                durationMilliseconds: duration,
                slots: slots,
                rates: rates
            )
            clock.advance(to: UInt64(slots - 1), jitter: .max)
            #expect(clock.nowMilliseconds == 5_000 + duration - 1)
        }
    }

    @Test func `all bytes reach the descriptor, however small the pipe`() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let writeEnd = ends[1]
        let writing = Task.detached {
            defer { close(writeEnd) }
            try bytes.withUnsafeBytes { try BlockOutput(descriptor: writeEnd).write($0) }
        }
        let read = try FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readToEnd()
        try await writing.value
        #expect(read == Data(bytes))
    }

    @Test func `a reader that leaves is told apart from other failures`() throws {
        BlockOutput.ignoreBrokenPipeSignal()
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let bytes: [UInt8] = [1, 2, 3]
        #expect(throws: BlockOutput.Failure.readerLeft) {
            try bytes.withUnsafeBytes { try BlockOutput(descriptor: ends[1]).write($0) }
        }
        close(ends[1])
        #expect(throws: BlockOutput.Failure.system(errno: EBADF)) {
            try bytes.withUnsafeBytes { try BlockOutput(descriptor: -1).write($0) }
        }
    }

    // MARK: - Helpers

    private func written(_ append: (inout LineBuffer) -> Void) -> String {
        var buffer = LineBuffer()
        append(&buffer)
        var text = ""
        buffer.drain { text = String(decoding: $0, as: UTF8.self) }
        return text
    }

    private var blankEvent: GeneratedEvent {
        GeneratedEvent(
            timeMilliseconds: 0,
            slot: 0,
            moneyMicros: 0,
            customer: 0,
            creative: 0,
            campaign: 0,
            placement: 0,
            type: .click
        )
    }
}
