// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

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
        MetricDefinition(
            name: "level",
            help: "A.",
            kind: .gauge,
            events: ["view", "click"],
            value: ["level", "amount"],
            labels: ["campaign", "device"]
        ),
        MetricDefinition(
            name: "delay",
            help: "A.",
            kind: .histogram,
            events: ["click", "refund"],
            value: ["level"],
            buckets: [-1, -0.25, 0, 0.1, 1],
            labels: ["device"],
            maxSeries: 1
        ),
        MetricDefinition(
            name: "paid",
            help: "A.",
            kind: .histogram,
            events: ["spend"],
            where: ["currency": "EUR"],
            value: ["amount", "cost"],
            buckets: [2.5],
            labels: ["campaign"]
        ),
        MetricDefinition(
            name: "reach",
            help: "A.",
            kind: .distinct,
            events: ["view", "click"],
            value: ["customer", "campaign"],
            labels: ["device"]
        ),
    ]

    @Test(arguments: 0..<4)
    func `everything is what the dictionary says`(run: Int) throws {
        var random = SeededRandom(for: "pipeline, run \(run)")
        let ingestion = Ingestion(Self.definitions)
        ingestion.checkpointed = Slot(UInt32(1_749_990_000 / 15))
        var twin = PipelineTwin(Self.definitions)
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
        #expect(ingestion.increments == twin.increments)
        #expect(PipelineTwin.fold(ingestion.commit, ingestion.directory) == twin.points)
        #expect(ingestion.commit.counts.inexact == UInt64(twin.inexact))
        #expect(
            Set(ingestion.directory.names.map { $0.family.name + $0.labels.expositionText })
                == Set(twin.series.flatMap { family in family.value.map { family.key + $0 } })
        )
        print(
            "IngestTests: \(report.accepted) accepted, \(report.duplicates) duplicates, \(report.unmatched) unmatched,"
                + " \(report.overflow) overflowing, \(report.late) late, \(twin.inexact) inexact,"
                + " \(ingestion.commit.points.count) points"
        )
        #expect(
            [report.accepted, report.duplicates, report.unmatched, report.overflow, report.late, twin.inexact]
                .allSatisfy { $0 > 0 }
        )
    }

    /// A random event as a line, counted by the twin. Content is a function of the identity, so there is no conflict.
    private func event(_ random: inout SeededRandom, _ twin: inout PipelineTwin) -> String {
        let number = random.below(3) == 0 ? nil : random.below(12_000)
        var own = SeededRandom(seed: number.map { UInt64($0) &+ 0xABCD } ?? random.next())
        let type = ["click", "spend", "view", "refund", "sunset"][own.below(5)]
        // Whole seconds now and then, so that gauges are set twice in a millisecond.
        let spread = own.below(2) == 0 ? 20_000 : 20_000_000
        let time = 1_749_980_000_000 + Int64(own.below(spread)) * Int64(20_000_000 / spread)
        var fields: [String: String] = [:]
        if own.below(4) > 0 {
            fields["campaign"] =
                ["a", "b", "c", "d", "é", "\\\"", "long campaign name over sixteen bytes"][own.below(7)]
        }
        if own.below(4) > 0 { fields["device"] = ["m", "d"][own.below(2)] }
        if own.below(4) > 0 { fields["currency"] = ["USD", "EUR"][own.below(2)] }
        if own.below(4) > 0 { fields["customer"] = "customer-\(own.below(400))" }
        var members = ["\"type\":\"\(type)\"", "\"time\":\(time)"]
        for (name, value) in fields {
            members.append("\"\(name)\":\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"")
        }
        var numbers: [String: PipelineTwin.Number] = [:]
        for name in ["cost", "amount", "level"] where own.below(2) == 0 || name == "amount" && type == "spend" {
            let measure = measure(&own, signed: name == "level")
            numbers[name] = measure
            members.append(own.below(2) == 0 ? "\"\(name)\":\(measure.text)" : "\"\(name)\":\"\(measure.text)\"")
        }
        // Without one, an event that only histograms take would be rejected.
        if type == "refund", numbers["level"] == nil {
            numbers["level"] = PipelineTwin.Number(text: "0", micros: 0)
            members.append("\"level\":0")
        }
        if let number { members.append("\"id\":\(number)") }
        twin.add(
            type: type,
            id: number.map(String.init),
            time: time,
            fields: fields,
            numbers: numbers,
            checkpointed: 1_749_990_000 / 15
        )
        return "{\(members.shuffled(using: &random).joined(separator: ","))}"
    }

    /// A number under five, mostly of whole millionths; finer ones are such that Float64 adds them up exactly.
    private func measure(_ random: inout SeededRandom, signed: Bool) -> PipelineTwin.Number {
        let sign: Int64 = signed && random.below(2) == 0 ? -1 : 1
        if random.below(20) == 0 {
            return PipelineTwin.Number(
                text: "\(Double(sign) * Double(2 * random.below(2_000) + 1) / 1_024)",
                micros: nil
            )
        }
        let micros = sign * (random.below(8) == 0 ? Int64(random.below(3)) * 1_000_000 : Int64(random.below(5_000_000)))
        return PipelineTwin.Number(text: "\(micros)e-6", micros: micros)
    }
}
