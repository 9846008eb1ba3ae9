// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `The spans of a day` {
    private static let resolutions = (1...3_600).compactMap { SlotResolution(seconds: $0) }

    @Test func `cut it into equal parts of at most 2,048 slots, whatever the resolution`() {
        #expect(Self.resolutions.count > 50)
        for resolution in Self.resolutions {
            let spans = ChunkSpans(resolution)
            #expect(spans.slotsPerDay == UInt32(86_400 / resolution.seconds))
            #expect(spans.slotsPerSpan >= 1 && spans.slotsPerSpan <= 2_048)
            #expect(spans.slotsPerDay % spans.slotsPerSpan == 0)
            // As long as possible: no smaller number of equal spans would do.
            for fewer in 1..<(spans.slotsPerDay / spans.slotsPerSpan) {
                #expect(spans.slotsPerDay % fewer != 0 || spans.slotsPerDay / fewer > 2_048)
            }
        }
        #expect(ChunkSpans(.standard).slotsPerSpan == 1_920)
    }

    @Test func `give every slot one place, which begins at most a span before it`() {
        for resolution in Self.resolutions {
            let spans = ChunkSpans(resolution)
            let day = spans.slotsPerDay
            var slots: [UInt32] = [0, 1, day - 1, day, day + 1, 20_000 * day, UInt32.max / day * day - 1]
            for span in 1..<(day / spans.slotsPerSpan) {
                slots += [span * spans.slotsPerSpan - 1, span * spans.slotsPerSpan]
            }
            for number in slots {
                let place = spans.place(of: Slot(number), series: SeriesID(7))
                let first = spans.firstSlot(of: place).number
                #expect(place.day == number / day && place.series == SeriesID(7))
                #expect(first <= number && number - first < spans.slotsPerSpan)
                #expect(first / day == (first + spans.slotsPerSpan - 1) / day, "a span lies in one day")
            }
        }
    }

    @Test func `have keys in the order of day, series and span, which give their place back`() {
        var random = SeededRandom(for: "chunk keys")
        var places = (0..<300).map { _ in
            ChunkPlace(
                day: UInt32(random.below(3)) << UInt32(8 * random.below(3)),
                series: SeriesID(UInt32(random.below(3)) << UInt32(8 * random.below(4))),
                span: UInt16(random.below(600))
            )
        }
        places.sort()
        let keys = places.map { KeySpace.chunk($0) }
        for (left, right) in zip(keys, keys.dropFirst()) where left != right {
            #expect(left.lexicographicallyPrecedes(right))
        }
        for (key, place) in zip(keys, places) {
            #expect(key.withUnsafeBytes { KeySpace.chunkPlace($0) } == place)
            #expect(key.dropLast().withUnsafeBytes { KeySpace.chunkPlace($0) } == nil)
        }
    }
}
