// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Ingest

/// Counts events as the definitions say, with dictionaries and strings only.
struct PipelineTwin {
    /// A measure as an event says it.
    struct Number {
        let text: String
        /// In millionths; nil when it is finer.
        let micros: Int64?

        var value: Double { Double(text) ?? .nan }
    }

    /// What the counters count by series and slot, exactly.
    var increments: [String: Int64] = [:]
    /// Everything else by series, slot and part; see `fold`.
    var points: [String: Double] = [:]
    var series: [String: Set<String>] = [:]
    var accepted = 0
    var duplicates = 0
    var unmatched = 0
    var overflow = 0
    var late = 0
    var inexact = 0

    private let definitions: [MetricDefinition]
    private var seen: Set<String> = []

    init(_ definitions: [MetricDefinition]) {
        self.definitions = definitions
    }

    /// - Parameters:
    ///   - fields: what the event says, as text.
    ///   - numbers: its measures.
    mutating func add(
        type: String,
        id: String?,
        time: Int64,
        fields: [String: String],
        numbers: [String: Number],
        checkpointed: Int64
    ) {
        let taking = definitions.filter { definition in
            definition.events.contains(type)
                && definition.conditions.allSatisfy { fields[$0.key, default: ""] == $0.value }
        }
        guard !taking.isEmpty else {
            unmatched += 1
            return
        }
        if let id, !seen.insert(id).inserted {
            duplicates += 1
            return
        }
        accepted += 1
        if time / 15_000 < checkpointed { late += 1 }
        var overflows = false
        for definition in taking {
            let texts = fields.merging(numbers.mapValues(\.text)) { text, _ in text }
            let field = definition.valueFields.first { texts[$0] != nil }
            if !definition.valueFields.isEmpty && field == nil { continue }
            var name = Labels(definition.labels.map { (name: $0, value: fields[$0, default: ""]) }).expositionText
            if !series[definition.name, default: []].contains(name),
                series[definition.name, default: []].count >= definition.maxSeries
            {
                name = "{overflow=\"true\"}"
                overflows = true
            }
            series[definition.name, default: []].insert(name)
            let place = "\(definition.name)\(name) \(time / 15_000)"
            if let field, let text = texts[field] {
                add(definition, place, text, numbers[field], time % 15_000)
            } else {
                increments[place, default: 0] += 1
            }
        }
        overflow += overflows ? 1 : 0
    }

    private mutating func add(
        _ definition: MetricDefinition,
        _ place: String,
        _ text: String,
        _ number: Number?,
        _ millisecond: Int64
    ) {
        if definition.kind == .distinct {
            var hash = SipHash13(testKey.derived("elements"))
            hash.add(Array(text.utf8), count: text.utf8.count)
            let register = PointDetail.register(ofHash: hash.finish())
            let name = "\(place) r \(register >> 6)"
            points[name] = max(points[name, default: 0], Double(register & 63))
            return
        }
        guard let number else { return }
        switch definition.kind {
        case .counter:
            if let micros = number.micros {
                increments[place, default: 0] += micros
            } else {
                points["\(place) ~", default: 0] += number.value
                inexact += 1
            }
        case .gauge:
            if points["\(place) @", default: -1] <= Double(millisecond) {
                points["\(place) @"] = Double(millisecond)
                points[place] = number.value
            }
        case .histogram:
            let bin = definition.buckets.firstIndex { number.value <= $0 } ?? definition.buckets.count
            points["\(place) [\(bin)]", default: 0] += 1
            points["\(place) sum\(number.micros == nil ? "~" : "")", default: 0] +=
                number.micros.map(Double.init) ?? number.value
            inexact += number.micros == nil ? 1 : 0
        case .distinct, .samples:
            break
        }
    }

    /// The points of a commit taken together by the rules of `SeriesPoint`: a gauge as its value, with its millisecond
    /// under `@`; bins, sums and registers as numbers, `~` where they are of Float64.
    static func fold(_ commit: Commit, _ directory: MemoryDirectory) -> [String: Double] {
        var points: [String: Double] = [:]
        for point in commit.points {
            let place = "\(directory.name(of: point.series)) \(point.slot.number)"
            let value = Double(bitPattern: point.payload)
            let units = Double(Int64(bitPattern: point.payload))
            switch (directory.names[Int(point.series.number)].family.kind, point.detail) {
            case (.counter, PointDetail.inexact):
                points["\(place) ~", default: 0] += value
            case (.gauge, let detail):
                if points["\(place) @", default: -1] <= Double(detail) {
                    points["\(place) @"] = Double(detail)
                    points[place] = value
                }
            case (.histogram, PointDetail.exactSum):
                points["\(place) sum", default: 0] += units
            case (.histogram, PointDetail.inexactSum):
                points["\(place) sum~", default: 0] += value
            case (.histogram, let bin):
                points["\(place) [\(bin)]", default: 0] += units
            case (.distinct, let register):
                let name = "\(place) r \(register >> 6)"
                points[name] = max(points[name, default: 0], Double(register & 63))
            default:
                points["\(place) faulty"] = 1
            }
        }
        return points
    }
}
