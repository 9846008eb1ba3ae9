// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Four hours of samples, every 15 s at 3.137 s after the quarter minute, so that no edge of a window in half seconds
/// meets one: windows of Prometheus 2.42 take in their left edge, ours do not.
enum AgreementData {
    static let start: Int64 = 1_763_013_603_137
    static let interval: Int64 = 15_000
    static let count = 960
    static let end = start + interval * Int64(count - 1)

    /// OpenMetrics text that `promtool tsdb create-blocks-from openmetrics` and `tidemark import` read.
    static func openMetrics(seed: UInt64) -> String {
        var random = SeededRandom(seed: seed)
        var text = ""
        func family(_ name: String, _ type: String) { text += "# TYPE \(name) \(type)\n" }
        func add(_ series: String, _ value: Double, _ index: Int) {
            let time = start + Int64(index) * interval
            let fraction = String(1_000 + time % 1_000).dropFirst()
            text += "\(series) \(value) \(time / 1_000).\(fraction)\n"
        }
        let places = (0..<3).flatMap { device in (0..<3).map { zone in (device, zone) } }
        func labels(_ place: (Int, Int), _ shard: Int) -> String {
            "{device=\"d\(place.0)\",zone=\"z\(place.1)\",shard=\"s\(shard)\"}"
        }
        for (name, isWhole) in [("jobs", true), ("bytes", false)] {
            family(name, "counter")
            for place in places {
                for shard in 0..<2 {
                    var value = Double.random(in: 0...1_000, using: &random).rounded()
                    for index in 0..<count {
                        if Int.random(in: 0..<300, using: &random) == 0 { value = 0 }
                        let more = Double.random(in: 0...20, using: &random)
                        value += isWhole ? more.rounded() : more * 1.37
                        add("\(name)_total" + labels(place, shard), value, index)
                    }
                }
            }
        }
        for (name, scale) in [("level", 100.0), ("ratio", 1.0)] {
            family(name, "gauge")
            for place in places {
                for shard in 0..<2 {
                    // A gap of some minutes in each.
                    let gap = Int.random(in: 300..<700, using: &random)
                    for index in 0..<count where !(gap..<(gap + 40)).contains(index) {
                        let value = Double.random(in: 0...scale, using: &random)
                        add(name + labels(place, shard), (value * 1_000).rounded() / 1_000, index)
                    }
                }
            }
        }
        family("info_by_device", "gauge")
        for place in places {
            for index in 0..<count {
                add("info_by_device{device=\"d\(place.0)\",zone=\"z\(place.1)\",owner=\"o\(place.0)\"}", 1, index)
            }
        }
        family("latency_seconds", "histogram")
        for place in places {
            var counts = [Double](repeating: 0, count: 5)
            let bounds = ["0.1", "0.5", "1.0", "5.0", "+Inf"]
            var lines = [[String]](repeating: [], count: 0)
            for index in 0..<count {
                for bucket in counts.indices { counts[bucket] += Double(Int.random(in: 0...9, using: &random)) }
                var sum = 0.0
                var point: [String] = []
                let time = start + Int64(index) * interval
                let fraction = String(1_000 + time % 1_000).dropFirst()
                let place = "device=\"d\(place.0)\",zone=\"z\(place.1)\""
                for (bucket, bound) in bounds.enumerated() {
                    sum += counts[bucket]
                    point.append(
                        "latency_seconds_bucket{\(place),le=\"\(bound)\"} \(sum) \(time / 1_000).\(fraction)\n"
                    )
                }
                point.append("latency_seconds_count{\(place)} \(sum) \(time / 1_000).\(fraction)\n")
                point.append("latency_seconds_sum{\(place)} \(sum * 0.4) \(time / 1_000).\(fraction)\n")
                lines.append(point)
            }
            text += lines.joined().joined()
        }
        return text + "# EOF\n"
    }
}
