// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import Testing
import TimeSeries

@testable import Store

/// A series by its name and label text.
struct SeriesName: Hashable, Comparable, CustomStringConvertible {
    var family: String
    var labels: String

    var description: String { family + labels }

    static func < (left: SeriesName, right: SeriesName) -> Bool { left.description < right.description }
}

/// Everything a store says it holds, in the words of its dictionary twin.
struct StoreContents: Equatable {
    struct Total: Equatable {
        var units: Int128 = 0
        var inexact = 0.0
        /// Unix seconds of the last arrival.
        var lastArrival: UInt32 = 0
    }

    /// Totals by series, in the order of the series' numbers.
    var totals: [SeriesName: Total] = [:]
    /// Increments by series number and slot: what chunks and head hold together.
    var slots: [UInt32: [UInt32: Int64]] = [:]
    var inexactSlots: [UInt32: [UInt32: Double]] = [:]
    var counts = EventCounts()
    var watermark: Timestamp?
    var commits: UInt64 = 0

    init() {}

    /// Reads a store from its database and its head, past every cache of the store itself.
    init(_ store: SeriesStore) throws {
        let (families, entries) = store.index.ordered()
        let head = store.state.withLock { ($0.head.totals, $0.head.inexactTotals, $0.head.lastArrivals) }
        for (number, entry) in entries.enumerated() where number < head.0.count {
            let name = SeriesName(
                family: families[Int(entry.family)].family.name,
                labels: String(decoding: entry.text.bytes, as: UTF8.self)
            )
            totals[name] = Total(
                units: head.0[number],
                inexact: head.1[UInt32(number)] ?? 0,
                lastArrival: head.2[number]
            )
        }
        try store.database.makeCursor().forEach(prefix: KeySpace.chunk.prefix) { key, value in
            let place = try #require(KeySpace.chunkPlace(key))
            let chunk = try CounterChunk.decode(
                value,
                from: store.spans.firstSlot(of: place),
                span: store.spans.slotsPerSpan
            )
            for point in chunk.points { add(place.series.number, point.slot, point.units) }
            for point in chunk.inexactPoints { add(place.series.number, point.slot, point.value) }
        }
        let segments = store.state.withLock { [$0.head.active] + ($0.head.frozen.map { [$0] } ?? []) }
        for segment in segments {
            for series in segment.touched {
                for point in segment.points(of: series) { add(series, point.slot, point.units) }
            }
            for increment in segment.inexact { add(increment.series.number, increment.slot, increment.value) }
        }
        counts = store.counts
        watermark = store.watermark
        commits = store.commits
    }

    mutating func add(_ series: UInt32, _ slot: Slot, _ units: Int64) {
        slots[series, default: [:]][slot.number, default: 0] += units
    }

    mutating func add(_ series: UInt32, _ slot: Slot, _ value: Double) {
        inexactSlots[series, default: [:]][slot.number, default: 0] += value
    }
}

/// Compares what a store holds with what its twin says, and names the first thing that differs.
func expectSame(
    _ found: StoreContents,
    _ expected: StoreContents,
    _ context: @autoclosure () -> String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if found == expected { return }
    var difference = "counts \(found.counts), not \(expected.counts)"
    if found.commits != expected.commits {
        difference = "\(found.commits) commits, not \(expected.commits)"
    } else if found.watermark != expected.watermark {
        difference = "watermark \(String(describing: found.watermark)), not \(String(describing: expected.watermark))"
    } else if found.totals != expected.totals {
        let names = Set(found.totals.keys).union(expected.totals.keys).sorted()
        if let name = names.first(where: { found.totals[$0] != expected.totals[$0] }) {
            difference = "\(name) is \(String(describing: found.totals[name])), "
            difference += "not \(String(describing: expected.totals[name]))"
        }
    } else if found.slots != expected.slots || found.inexactSlots != expected.inexactSlots {
        let series = (UInt32(0)...1_000_000).first {
            found.slots[$0] != expected.slots[$0] || found.inexactSlots[$0] != expected.inexactSlots[$0]
        }
        difference = "the slots of series \(series ?? 0) differ"
    }
    Issue.record("\(context()): \(difference)", sourceLocation: sourceLocation)
}
