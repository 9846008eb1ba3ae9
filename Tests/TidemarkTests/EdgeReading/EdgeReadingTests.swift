// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import PromQL
@testable import Store

struct `Reading around the edges of windows` {
    private static let functions = [
        "rate", "increase", "delta", "irate", "idelta", "resets", "changes", "min_over_time", "max_over_time",
        "first_over_time", "last_over_time", "count_over_time", "present_over_time", "ts_of_first_over_time",
        "ts_of_last_over_time", "ts_of_max_over_time", "avg_over_time", "sum_over_time", "absent_over_time",
    ]
    private static let anchored = ["rate", "increase", "delta", "resets", "changes"]
    private static let smoothed = ["rate", "increase", "delta"]
    private static let names = [
        "clicks_total", "spend_total", "load", "delay_seconds_bucket", "delay_seconds_sum", "delay_seconds_count",
        "reach",
        "{__name__=~\"clicks_total|load|delay_seconds_.*\"}",
    ]

    /// A query over the random days that looks at edges, as far as a source can leave anything out.
    private func query(_ random: inout SeededRandom) -> String {
        let name = Self.names.randomElement(using: &random) ?? ""
        var moved = ""
        switch random.below(8) {
        case 0: moved = " offset \(random.below(100_000))s"
        case 1: moved = " offset -1h"
        case 2: moved = " offset 1d"
        case 3: moved = " @ start()"
        case 4: moved = " @ \(RandomDays.start(ofDay: UInt32(random.below(12))) / 1_000 + Int64(random.below(90_000)))"
        default: break
        }
        switch random.below(8) {
        case 0: return name + moved
        case 1: return name + " smoothed" + moved
        case 2: return "timestamp(\(name)\(moved))"
        default: break
        }
        let range = ["20s", "5m", "61m", "6h", "1d", "25h", "3d"].randomElement(using: &random) ?? ""
        var function = Self.functions.randomElement(using: &random) ?? ""
        var extent = ""
        if random.chance(40) {
            function = Self.anchored.randomElement(using: &random) ?? ""
            extent = " anchored"
            if random.chance(50) {
                function = Self.smoothed.randomElement(using: &random) ?? ""
                extent = " smoothed"
            }
        }
        let call = "\(function)(\(name)[\(range)]\(extent)\(moved))"
        switch random.below(6) {
        case 0: return "sum by (campaign, le) (\(call))"
        case 1: return "max_over_time(\(call)[1d:6h])"
        default: return call
        }
    }

    /// Everything of an answer but how long it took.
    private func description(_ result: QueryResult) -> [String] {
        guard case .matrix(let columns) = result.value else { return ["\(result.value)"] }
        let steps = result.statistics.samplesPerStep.map { "\($0.samples)" }.joined(separator: " ")
        var lines = [
            "\(result.warnings)", "\(result.infos)", "\(result.statistics.totalQueryableSamples)", "per step: \(steps)",
        ]
        for series in 0..<columns.count {
            let samples = columns.samples(of: series)
                .map { "\(columns.timestamps[$0]):\(columns.values[$0].bitPattern)" }
            lines.append("\(columns.labels[series]) \(samples.joined(separator: " "))")
        }
        return lines
    }

    @Test(.timeLimit(.minutes(10))) func `gives to the last bit what reading everything gives`() throws {
        var random = SeededRandom(for: "edges")
        var (sparse, most, least, read) = (0, 0, 0, 0)
        for round in 0..<10 {
            let directory = try TemporaryDirectory()
            var days = try RandomDays(at: directory.store, SeededRandom(seed: random.next()))
            try days.fill()
            for _ in 0..<40 {
                let idle = [900, 7_200, 86_400, 86_400, 200_000][random.below(5)]
                let view = try days.view(idle: idle)
                let (full, edges) = (CountingSource(view, isFull: true), CountingSource(view, isFull: false))
                var engine = QueryEngine()
                engine.options.countsSamplesPerStep = true
                engine.options.threads = 1
                let text = query(&random)
                var start = RandomDays.start(ofDay: UInt32(random.below(8)))
                let isAligned = random.chance(50)
                if !isAligned { start += Int64(random.below(86_400_000)) }
                let steps: [Int64] = [420_000, 3_600_000, 21_600_000, 86_400_000, 86_400_000, 90_007_000, 172_800_000]
                let step = steps[random.below(steps.count)]
                let length = Int64(random.below(10 * 86_400_000))
                func answer(_ source: CountingSource) -> [String] {
                    do throws(QueryError) {
                        let result = try engine.range(
                            text,
                            from: Timestamp(milliseconds: start),
                            through: Timestamp(milliseconds: start + length),
                            step: step,
                            on: source
                        )
                        return description(result)
                    } catch {
                        // Of two metrics whose names are dropped series may be the same.
                        return [error.message]
                    }
                }
                let (expected, found) = (answer(full), answer(edges))
                sparse += edges.sparseReads
                most += full.chunksDecoded
                least += edges.chunksDecoded
                read += max(expected.count - 4, 0)
                // A histogram is read once for its bins and once for its sum.
                #expect(edges.chunksDecoded <= 2 * full.chunksDecoded && edges.samplesRead <= full.samplesRead)
                if let (line, other) = zip(expected, found).first(where: { $0 != $1 }) {
                    Issue.record(
                        """
                        round \(round), \(text), from \(start) for \(length) by \(step), idle \(idle), slots of \
                        \(view.store.resolution.seconds) s: \(other.prefix(900)), not \(line.prefix(900))
                        """
                    )
                    return
                }
                #expect(expected.count == found.count)
            }
            days.store.close()
            let faults = try SeriesStore.verify(directory.store).faults
            #expect(faults.isEmpty, "\(faults)")
        }
        print("edges: \(read) series, \(sparse) read around edges, \(least) chunks of \(most)")
        #expect(sparse > 200 && least < most)
    }
}
