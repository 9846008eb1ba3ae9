// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Random PromQL of every kind that Prometheus 2.42 knows, over the metrics of `AgreementData`.
struct QueryGenerator {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// A query whose value is an instant vector or a scalar.
    mutating func query() -> String {
        switch Int.random(in: 0..<14, using: &random) {
        case 0, 1, 2: aggregation(depth: 2)
        case 3, 4: vector(depth: 2)
        case 5: "\(pick(["sort", "sort_desc", "abs", "-"]))(\(vector(depth: 1)))"
        case 6: setOperation()
        case 7: grouping()
        case 8: histogram()
        case 9: scalarExpression()
        case 10: labels()
        case 11: absence()
        case 12: subquery()
        default: matching()
        }
    }

    private mutating func number() -> String { pick(["0", "1", "2", "0.5", "-3", "100", "1e3", "0.25"]) }

    private mutating func selector(_ names: [String] = ["jobs_total", "bytes_total", "level", "ratio"]) -> String {
        let matchers = [
            #"{device="d1"}"#, #"{device!="d0"}"#, #"{zone=~"z[01]"}"#, #"{zone!~"z2|z3",device=~"d.*"}"#,
            #"{device=~"d0|d2"}"#, #"{zone=""}"#,
        ]
        return pick(names) + (chance(60) ? "" : pick(matchers))
    }

    private mutating func modifier() -> String {
        chance(70) ? "" : pick([" offset 5m", " offset -3m", " offset 91s", " @ 1763020817", " @ end()", " @ start()"])
    }

    private mutating func window() -> String { pick(["[1m]", "[5m]", "[10m]", "[47s]", "[1h]"]) }

    private mutating func range() -> String {
        let counters = ["rate", "increase", "irate", "resets"]
        let others = [
            "avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time", "last_over_time",
            "stddev_over_time", "stdvar_over_time", "present_over_time", "changes", "delta", "idelta", "deriv",
        ]
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            let quantile = pick(["0", "0.3", "0.5", "0.95", "1"])
            return "quantile_over_time(\(quantile), \(selector())\(window())\(modifier()))"
        case 1: return "predict_linear(\(selector(["level", "ratio"]))\(window()), \(pick(["60", "3600", "-30"])))"
        case 2, 3, 4, 5:
            return "\(pick(counters))(\(selector(["jobs_total", "bytes_total"]))\(window())\(modifier()))"
        default: return "\(pick(others))(\(selector(["level", "ratio"]))\(window())\(modifier()))"
        }
    }

    private mutating func vector(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 3), using: &random) {
        case 0: return selector() + modifier()
        case 1, 2: return range()
        case 3: return function(depth: depth - 1)
        case 4:
            // 2.42 leaves the metric name to the result of atan2, Prometheus 3 does not.
            let operation = pick(["+", "-", "*", "/", "%", "^"])
            return "\(vector(depth: depth - 1)) \(operation) \(number())"
        case 8: return "sum without (shard) (\(range()) atan2 \(number()))"
        case 5: return "\(number()) \(pick(["+", "-", "*", "/"])) \(vector(depth: depth - 1))"
        case 6:
            let comparison = pick([">", "<", ">=", "<=", "==", "!="])
            return "\(vector(depth: depth - 1)) \(comparison) \(chance(50) ? "bool " : "")\(number())"
        case 7: return "(\(aggregation(depth: depth - 1)))"
        default: return "\(range()) * \(pick(["on(device, zone)", "ignoring(shard)"])) group_left \(aggregated())"
        }
    }

    private mutating func aggregated() -> String { "sum by (device, zone) (\(range()))" }

    private mutating func function(depth: Int) -> String {
        let simple = [
            "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "sin", "cos", "atan", "tanh", "deg",
            "rad", "round", "hour", "minute", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month",
            "year", "timestamp",
        ]
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "clamp(\(vector(depth: depth)), 1, 50)"
        case 1: return "clamp_max(\(vector(depth: depth)), 20)"
        case 2: return "round(\(vector(depth: depth)), 0.1)"
        default: return "\(pick(simple))(\(vector(depth: depth)))"
        }
    }

    private mutating func aggregation(depth: Int) -> String {
        let by = pick([
            "by (device)", "by (zone)", "by (device, zone)", "without (shard)", "without (device, shard)", "",
        ])
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return "quantile \(by) (\(pick(["0.1", "0.5", "0.95"])), \(vector(depth: depth - 1)))"
        case 1: return "count_values \(by) (\"value\", \(range()) > bool 1)"
        case 2: return "sum(\(pick(["topk", "bottomk"])) \(by) (2, level))"
        default:
            let operation = pick(["sum", "avg", "min", "max", "count", "stddev", "stdvar", "group"])
            return "\(operation) \(by) (\(vector(depth: depth - 1)))"
        }
    }

    private mutating func setOperation() -> String {
        let left = selector(["level", "ratio"])
        let right = "\(selector(["level", "ratio"])) > \(number())"
        return "\(left) \(pick(["and", "or", "unless"])) \(chance(50) ? "" : "on(device) ")(\(right))"
    }

    private mutating func grouping() -> String {
        "rate(jobs_total\(window())) / on(device, zone) group_left(owner) info_by_device"
            + (chance(50) ? "" : " > \(number())")
    }

    private mutating func matching() -> String {
        let comparison = pick(["/", "-", ">", "<= bool", "=="])
        return "level \(comparison) \(pick(["", "on(device, zone, shard) ", "ignoring(owner) "]))ratio"
    }

    private mutating func histogram() -> String {
        let quantile = pick(["0", "0.5", "0.9", "0.99", "1"])
        let by = pick(["by (le)", "by (le, device)", "without (zone)"])
        return "histogram_quantile(\(quantile), sum \(by) (rate(latency_seconds_bucket\(window()))))"
    }

    private mutating func scalarExpression() -> String {
        pick([
            "scalar(level{device=\"d1\",zone=\"z1\",shard=\"s0\"}) + 1", "vector(\(number())) * 2", "time() % 60",
            "pi() * 2",
            "\(number()) + \(number())", "scalar(sum(level)) / 3", "1 > bool \(number())", "-vector(time())",
        ])
    }

    private mutating func labels() -> String {
        pick([
            #"label_replace(\#(selector()), "copy", "x-$1-y", "device", "d(.*)")"#,
            #"label_replace(level, "device", "none", "zone", "z0")"#,
            #"label_join(\#(selector(["level"])), "joined", "-", "device", "zone")"#,
            #"sum by (group) (label_replace(rate(jobs_total[5m]), "group", "$1", "zone", "z(.)"))"#,
        ])
    }

    private mutating func absence() -> String {
        pick([
            #"absent(level{device="d9"})"#, "absent(level)", #"absent_over_time(none_total{zone="z1"}[5m])"#,
            "absent_over_time(level[5m])", #"absent(sum(nothing))"#,
        ])
    }

    private mutating func subquery() -> String {
        let outer = pick(["max_over_time", "avg_over_time", "sum_over_time", "quantile_over_time"])
        let inner = pick(["rate(jobs_total[1m])", "sum by (zone) (level)", "level > 40", "deriv(ratio[5m])"])
        let argument = "(\(inner))\(pick(["[10m:1m]", "[30m:2m]", "[7m:30s]"]))\(pick(["", " offset 3m"]))"
        return outer == "quantile_over_time" ? "\(outer)(0.7, \(argument))" : "\(outer)(\(argument))"
    }
}
