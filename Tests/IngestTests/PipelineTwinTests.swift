// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

/// Counts events as the definitions say, with dictionaries and strings only.
private struct Twin {
    let definitions: [MetricDefinition]
    var increments: [String: Int64] = [:]
    var inexact: [String: Int] = [:]
    var series: [String: Set<String>] = [:]
    var seen: Set<String> = []
    var accepted = 0
    var duplicates = 0
    var unmatched = 0
    var overflow = 0
    var late = 0

    /// - Parameter fields: what the event says, as text; measures in `micros` are exact.
    mutating func add(
        type: String,
        id: String?,
        time: Int64,
        fields: [String: String],
        micros: [String: Int64?],
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
            let field = definition.valueFields.first { micros[$0] != nil }
            if !definition.valueFields.isEmpty && field == nil { continue }
            var name = Labels(definition.labels.map { (name: $0, value: fields[$0, default: ""]) }).expositionText
            if series[definition.name, default: []].contains(name)
                || series[definition.name, default: []].count < definition.maxSeries
            {
                series[definition.name, default: []].insert(name)
            } else {
                name = "{overflow=\"true\"}"
                series[definition.name, default: []].insert(name)
                overflows = true
            }
            let place = "\(definition.name)\(name) \(time / 15_000)"
            if let field {
                if let units = micros[field]! {
                    increments[place, default: 0] += units
                } else {
                    inexact[place, default: 0] += 1
                }
            } else {
                increments[place, default: 0] += 1
            }
        }
        overflow += overflows ? 1 : 0
    }
}

@Suite struct `Random events beside a dictionary` {
    static let definitions = [
        MetricDefinition(name: "clicks_total", help: "A.", events: ["click"], labels: ["campaign", "device"]),
        MetricDefinition(
            name: "spend_total",
            help: "A.",
            events: ["click", "spend", "view"],
            value: ["cost", "amount"],
            labels: ["campaign", "currency"],
            maxSeries: 12
        ),
        MetricDefinition(
            name: "usd_total",
            help: "A.",
            events: ["spend", "click"],
            where: ["currency": "USD"],
            value: ["amount"],
            labels: ["device"]
        ),
        MetricDefinition(
            name: "mobile_total",
            help: "A.",
            events: ["click", "view"],
            where: ["device": "m", "currency": "EUR"],
            labels: ["campaign"],
            maxSeries: 2
        ),
        MetricDefinition(name: "refund_total", help: "A.", events: ["refund"], where: ["currency": "USD"]),
        MetricDefinition(name: "none_total", help: "A.", events: ["view"], where: ["campaign": ""]),
    ]

    @Test(arguments: 0..<4)
    func `every increment is what the dictionary says`(run: Int) throws {
        var random = SeededRandom.printed("pipeline, run \(run)")
        let ingestion = Ingestion(Self.definitions)
        ingestion.checkpointed = Slot(UInt32(1_749_990_000 / 15))
        var twin = Twin(definitions: Self.definitions)
        for _ in 0..<20 {
            var lines: [String] = []
            for _ in 0..<random.below(2_000) { lines.append(event(&random, &twin)) }
            try ingestion.add(lines.joined(separator: "\n"))
            if random.below(4) == 0 { ingestion.number += 1 }
        }
        let report = ingestion.report
        #expect(report.rejected == 0)
        #expect(
            [report.accepted, report.duplicates, report.conflicts, report.unmatched, report.overflow, report.late] == [
                twin.accepted, twin.duplicates, 0, twin.unmatched, twin.overflow, twin.late,
            ]
        )
        let increments = ingestion.increments
        #expect(increments == twin.increments)
        var inexact: [String: Int] = [:]
        for increment in ingestion.commit.inexactIncrements {
            inexact["\(ingestion.directory.name(of: increment.series)) \(increment.slot.number)", default: 0] += 1
        }
        #expect(inexact == twin.inexact)
        #expect(
            Set(ingestion.directory.names.map { $0.family.name + $0.labels.expositionText })
                == Set(twin.series.flatMap { family in family.value.map { family.key + $0 } })
        )
        print(
            "IngestTests: \(report.accepted) accepted, \(report.duplicates) duplicates, \(report.unmatched) unmatched, \(report.overflow) overflowing, \(report.late) late, \(inexact.count) inexact"
        )
        #expect(
            [report.accepted, report.duplicates, report.unmatched, report.overflow, report.late, inexact.count]
                .allSatisfy { $0 > 0 }
        )
    }

    /// A random event as a line, counted by the twin. Content is a function of the identity, so there is no conflict.
    private func event(_ random: inout SeededRandom, _ twin: inout Twin) -> String {
        let number = random.below(3) == 0 ? nil : random.below(12_000)
        var own = SeededRandom(seed: number.map { UInt64($0) &+ 0xABCD } ?? random.next())
        let type = ["click", "spend", "view", "refund", "sunset"][own.below(5)]
        let time = 1_749_980_000_000 + Int64(own.below(20_000_000))
        var fields: [String: String] = [:]
        if own.below(4) > 0 {
            fields["campaign"] =
                ["a", "b", "c", "d", "é", "\\\"", "long campaign name over sixteen bytes"][own.below(7)]
        }
        if own.below(4) > 0 { fields["device"] = ["m", "d"][own.below(2)] }
        if own.below(4) > 0 { fields["currency"] = ["USD", "EUR"][own.below(2)] }
        var members = ["\"type\":\"\(type)\"", "\"time\":\(time)"]
        for (name, value) in fields {
            members.append("\"\(name)\":\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"")
        }
        var micros: [String: Int64?] = [:]
        for name in ["cost", "amount"] where name == "amount" && type == "spend" || own.below(2) == 0 {
            if own.below(20) == 0 {
                micros[name] = .some(nil)
                members.append("\"\(name)\":0.12345678")
            } else {
                let units = Int64(own.below(5_000_000))
                micros[name] = units
                members.append(
                    "\"\(name)\":\(own.below(2) == 0 ? "\(units)e-6" : "\"\(units / 1_000_000).\(String(units % 1_000_000 + 1_000_000).dropFirst())\"")"
                )
            }
        }
        if let number { members.append("\"id\":\(number)") }
        twin.add(
            type: type,
            id: number.map(String.init),
            time: time,
            fields: fields,
            micros: micros,
            checkpointed: 1_749_990_000 / 15
        )
        return "{\(members.shuffled(using: &random).joined(separator: ","))}"
    }
}
