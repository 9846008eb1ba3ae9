// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

/// One prediction, its repetition and outcomes of it, in every order of arrival.
@Suite struct `Predictions and outcomes of one key, in every order of arrival and with a crash after each commit` {
    private static let day: Int64 = 86_400_000
    private static let start: Int64 = 1_747_000_000_000

    /// An event that may arrive.
    private struct Step {
        let name: String
        let isFirst: Bool
        let time: Int64
        let label: String

        var line: String {
            isFirst
                ? #"{"type":"prediction","prediction":"p","model":"m","score":\#(label),"time":\#(time)}"#
                : #"{"type":"outcome","prediction":"p","label":\#(label),"time":\#(time)}"#
        }
    }

    private static let hour: Int64 = 3_600_000
    private static let steps = [
        Step(name: "prediction", isFirst: true, time: start, label: "0.8"),
        Step(name: "another prediction", isFirst: true, time: start + hour, label: "0.3"),
        Step(name: "outcome", isFirst: false, time: start + hour, label: "1"),
        Step(name: "the same again", isFirst: false, time: start + hour, label: "1.0"),
        Step(name: "corrected", isFirst: false, time: start + 2 * hour, label: "0"),
        Step(name: "corrected back", isFirst: false, time: start + 3 * hour, label: "true"),
    ]

    private static let definitions: [MetricDefinition] = {
        let join = JoinDefinition(
            pair: "pair",
            result: "result",
            key: "prediction",
            first: .init(event: "prediction", texts: [.init("model"), .init("predicted")], numbers: [.init("score")]),
            second: .init(event: "outcome", texts: [.init("actual")], numbers: [.init("actual", as: "number")]),
            windowMilliseconds: 14 * day
        )
        let classes = [
            ClassField(name: "predicted", event: "prediction", label: "label", score: "score"),
            ClassField(name: "actual", event: "outcome", label: "label"),
        ]
        func metric(_ name: String, _ type: String, _ labels: [String]) -> MetricDefinition {
            MetricDefinition(
                name: name,
                help: "A.",
                events: [type],
                labels: labels,
                join: join,
                classes: classes
            )
        }
        var loss = metric("log_loss_total", "pair", ["model"])
        loss.measure = PairMeasure(.logLoss, ["score", "number"])
        var bins = metric("bin_total", "pair", ["actual"])
        bins.bin = BinLabel(field: "score", bounds: [0.5])
        var delay = metric("delay_seconds", "pair", ["model"])
        delay.kind = .histogram
        delay.valueFields = ["delay"]
        delay.buckets = [3_600, 7_200]
        return [
            metric("outcomes_total", "pair", ["predicted", "actual"]),
            metric("labels_total", "result", ["model", "result"]), loss, bins, delay,
        ]
    }()

    /// What a computation over everything that has arrived gives: `name{labels} slot`, and how much.
    private static func expected(_ arrived: [Step]) -> [String: Double] {
        let seconds = arrived.filter { !$0.isFirst }
        func slot(_ time: Int64) -> Int64 { time / 15_000 }
        func isOne(_ step: Step) -> Bool { step.label != "0" }
        // The newest counts, of two of one time the later; the others by what counted when they came.
        var current: Step?
        var others = (same: 0, different: 0)
        for second in seconds {
            if let counting = current {
                if isOne(second) == isOne(counting) { others.same += 1 } else { others.different += 1 }
            }
            if second.time >= current?.time ?? .min { current = second }
        }
        guard let current else { return [:] }
        guard let first = arrived.first(where: \.isFirst) else {
            return [#"labels_total{result="orphan"} \#(slot(current.time))"#: Double(seconds.count)]
        }
        let place = slot(first.time)
        let score = first.label == "0.8" ? 0.8 : 0.3
        let actual = isOne(current) ? "1" : "0"
        let delay = Double(current.time - first.time) / 1_000
        var expected: [String: Double] = [
            #"outcomes_total{actual="\#(actual)",predicted="\#(score > 0.5 ? 1 : 0)"} \#(place)"#: 1,
            #"bin_total{actual="\#(actual)",bin="\#(score > 0.5 ? "+Inf" : "0.5")"} \#(place)"#: 1,
            #"log_loss_total{model="m"} \#(place)"#: PairMeasure.Function.logLoss.value(score, isOne(current) ? 1 : 0),
            #"delay_seconds{model="m"} \#(place) [\#(delay <= 3_600 ? 0 : delay <= 7_200 ? 1 : 2)]"#: 1,
            #"delay_seconds{model="m"} \#(place) sum"#: delay,
            #"labels_total{model="m",result="joined"} \#(place)"#: 1,
        ]
        expected[#"labels_total{model="m",result="duplicate"} \#(place)"#] = Double(others.same)
        expected[#"labels_total{model="m",result="corrected"} \#(place)"#] = Double(others.different)
        return expected
    }

    /// In memory, or in pages behind each commit, or one of the records in memory.
    @Test(arguments: [nil, 0, JoinRecords.recordBytes])
    func `give the counters that a computation over all that has arrived gives`(memoryLimit: Int?) throws {
        let schema = EventSchema(Self.definitions)
        let lines = Self.steps.map { decode($0.line + "\n", schema: schema) }
        var sequences = 0
        var failures = 0
        func extend(_ sequence: [Int]) throws {
            if !sequence.isEmpty {
                sequences += 1
                let run = JoinRun(schema, memoryLimit: memoryLimit)
                for (index, step) in sequence.enumerated() {
                    try run.add(lines[step])
                    try run.crash()
                    let arrived = sequence[...index].map { Self.steps[$0] }
                    let expected = Self.expected(arrived).filter { $0.value != 0 }
                    if !run.counters.isEqual(expected), failures < 3 {
                        failures += 1
                        Issue.record("\(arrived.map(\.name)): \(run.counters), not \(expected)")
                    }
                }
            }
            guard sequence.count < 5 else { return }
            for next in lines.indices where !sequence.contains(next) { try extend(sequence + [next]) }
        }
        try extend([])
        #expect(sequences == 6 + 30 + 120 + 360 + 720)
    }

    @Test(arguments: [nil, 0])
    func `beyond the window are late, whoever comes first, and a label in time still counts`(
        memoryLimit: Int?
    ) throws {
        let schema = EventSchema(Self.definitions)
        let time = Self.start
        let window = 14 * Self.day
        let prediction = Self.steps[0].line
        func outcome(_ time: Int64) -> String {
            #"{"type":"outcome","prediction":"p","label":1,"time":\#(time)}"#
        }
        func results(_ lines: [String]) throws -> [String: Double] {
            let run = JoinRun(schema, memoryLimit: memoryLimit)
            for line in lines {
                try run.add(decode(line + "\n", schema: schema))
                try run.crash()
            }
            return run.counters.filter { $0.key.hasPrefix("labels_total") && $0.value != 0 }
        }
        let slot = time / 15_000
        let late = [#"labels_total{model="m",result="late"} \#(slot)"#: 1.0]
        let joined = [#"labels_total{model="m",result="joined"} \#(slot)"#: 1.0]
        #expect(try results([prediction, outcome(time + window)]) == joined)
        #expect(try results([prediction, outcome(time + window + 1)]) == late)
        #expect(try results([outcome(time + window + 1), prediction]) == late)
        #expect(try results([outcome(time + window), prediction]) == joined)
        #expect(
            try results([prediction, outcome(time + window + 1), outcome(time + 1)])
                == joined.merging(late) { first, _ in first }
        )
        #expect(try results([prediction, outcome(time - 1)]) == joined)
    }
}
