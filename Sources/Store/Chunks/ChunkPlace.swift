// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Which slots a chunk covers: one span of one UTC day of one series.
struct ChunkPlace: Hashable, Comparable {
    /// Days since 1970-01-01.
    var day: UInt32
    var series: SeriesID
    /// The n-th span of the day.
    var span: UInt16

    /// The checksum of its key. A chunk's own is mixed with it, so that bytes under another key are not taken for it.
    var checksum: UInt32 { ChunkKey(self).checksum }

    /// The order of the keys: a day's chunks stand together, then a series'.
    static func < (left: ChunkPlace, right: ChunkPlace) -> Bool {
        (left.day, left.series.number, left.span) < (right.day, right.series.number, right.span)
    }
}

/// How a day is cut into spans: equal ones, as long as possible, of at most `mostSlots` slots.
struct ChunkSpans {
    /// Chunks of 480 to 2,048 points compress nearly as well as longer ones and are still cheap to write again.
    static let mostSlots = 2_048

    let slotsPerDay: UInt32
    let slotsPerSpan: UInt32

    init(_ resolution: SlotResolution) {
        slotsPerDay = UInt32(86_400 / resolution.seconds)
        var spans: UInt32 = 1
        while slotsPerDay % spans != 0 || slotsPerDay / spans > ChunkSpans.mostSlots { spans += 1 }
        slotsPerSpan = slotsPerDay / spans
    }

    /// The place of the chunk that holds a slot.
    func place(of slot: Slot, series: SeriesID) -> ChunkPlace {
        ChunkPlace(
            day: slot.number / slotsPerDay,
            series: series,
            span: UInt16(slot.number % slotsPerDay / slotsPerSpan)
        )
    }

    /// The first slot of a chunk.
    func firstSlot(of place: ChunkPlace) -> Slot {
        Slot(place.day * slotsPerDay + UInt32(place.span) * slotsPerSpan)
    }
}
