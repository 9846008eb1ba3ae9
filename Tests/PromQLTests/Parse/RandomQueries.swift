// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Makes texts of well-typed queries from PromQL's grammar.
struct RandomQueries {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random)! }
    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private mutating func blank() -> String { chance(4) ? pick([" ", "\n", "\t ", " # note\n"]) : "" }

    mutating func vector(_ depth: Int) -> String {
        if depth <= 0 { return selector() }
        switch Int.random(in: 0..<14, using: &random) {
        case 0, 1: return selector()
        case 2: return "(\(blank())\(vector(depth - 1))\(blank()))"
        case 3: return pick(["-", "+", "- ", "--"]) + vector(depth - 1)
        case 4: return "\(vector(depth - 1)) \(operation()) \(scalar(depth - 1))"
        case 5: return "\(scalar(depth - 1)) \(operation())\(chance(3) ? blank() : " ")(\(vector(depth - 1)))"
        case 6, 7:
            // In parentheses, so that no scalar comes to stand beside `on (…)`.
            if chance(2) { return "\(vector(depth - 1)) \(operation()) \(vector(depth - 1))" }
            return "(\(vector(depth - 1))) \(operation())\(matching(isSet: false)) (\(vector(depth - 1)))"
        case 8:
            return "\(vector(depth - 1)) \(pick(["and", "OR", "unless"]))\(matching(isSet: true)) \(vector(depth - 1))"
        case 9: return "\(pick(["rate", "sum_over_time", "changes", "absent_over_time"]))(\(matrix(depth - 1)))"
        case 10: return "quantile_over_time(\(scalar(depth - 1)),\(matrix(depth - 1)))"
        case 11:
            return pick(["abs", "sort", "histogram_sum"]) + "(\(vector(depth - 1)))"
        case 12: return "label_replace(\(vector(depth - 1)), \(string()), \(string()), \(string()), \(string()))"
        default: return aggregation(depth - 1)
        }
    }

    private mutating func aggregation(_ depth: Int) -> String {
        let grouping = pick(["", "", " by (\(labels()))", " without(\(labels()))"])
        let (name, arguments) =
            chance(3)
            ? (pick(["topk", "quantile", "limit_ratio"]), "\(scalar(depth)), \(vector(depth))")
            : chance(6)
                ? ("count_values", "\(string()), \(vector(depth))") : (pick(["sum", "AVG", "group"]), vector(depth))
        return chance(2) ? "\(name)\(grouping) (\(arguments))" : "\(name)(\(arguments))\(grouping)"
    }

    private mutating func operation() -> String {
        pick(["+", "-", "*", "/", "%", "^", "atan2", "== bool", "!= bool", "> bool", "<bool", ">=bool", "</", ">/"])
    }

    private mutating func matching(isSet: Bool) -> String {
        var text = pick(["", "", " on(a)", " ignoring (b, c,)", " on ()"])
        if isSet { return text }
        if !text.isEmpty { text += pick(["", " group_left()", " group_right (d)", " GROUP_LEFT(e)"]) }
        return text
            + pick(["", "", "", " fill(0)", " fill_left (-Inf)", " fill_right(5m)", " fill_left(1) fill_right(1e-9)"])
    }

    private mutating func labels() -> String { pick(["", "a", "by, on", "a,", "\"x y\", offset", "'é'"]) }

    mutating func scalar(_ depth: Int) -> String {
        guard depth > 0 else { return number() }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return "(\(scalar(depth - 1)))"
        case 1: return pick(["-", "+"]) + scalar(depth - 1)
        case 2:
            return
                "\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^", "== bool", "atan2"])) \(scalar(depth - 1))"
        case 3: return "scalar(\(vector(depth - 1)))"
        case 4: return pick(["time()", "pi()", "step( )", "start()"])
        case 5: return "max_of(\(scalar(depth - 1)), \(scalar(depth - 1)))"
        default: return number()
        }
    }

    private mutating func number() -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return pick(["Inf", "nan", "0x1F", "017", "1_000", "0", ".5", "5m", "1y3d", "1ms"])
        case 1: return "\(Double(bitPattern: UInt64.random(in: 0..<0x7FF0_0000_0000_0000, using: &random)))"
        case 2: return "\(Int.random(in: 0..<1_000_000, using: &random))s"
        default: return "\(Int.random(in: 0..<100, using: &random))"
        }
    }

    private mutating func string() -> String {
        pick(["\"a\"", "'b\\'\\x00'", "`c\\`", "\"\\u00e9😀\\\\\"", "\"\\xff\"", "\"\""])
    }

    private mutating func selector() -> String {
        bare() + modifiers() + (chance(8) ? pick([" anchored", " smoothed"]) : "")
    }

    private mutating func bare() -> String {
        let name = pick([
            "a", "job:b:rate5m", "sum", "offset", "end", "by", "fill", "min_of", "{\"x y\"}", "{__name__=~'a|b'}",
        ])
        guard !name.hasPrefix("{"), chance(2) else { return name }
        return name + pick(["{}", "{b=\"c\"}", "{b!='c', d=~`e.*`,}", "{\"l l\"!~\"m\"}", "{ on = \"x\" }"])
    }

    private mutating func matrix(_ depth: Int) -> String {
        if chance(3) {
            return "(\(vector(depth)))[\(duration(2)):\(chance(2) ? "" : duration(1))]" + modifiers()
        }
        return "\(bare())[\(duration(2))]\(modifiers())" + (chance(8) ? pick([" anchored", " smoothed"]) : "")
    }

    /// More than 0 whatever `step()` is.
    private mutating func duration(_ depth: Int) -> String {
        guard depth > 0 else { return pick(["5m", "1h30m", "1m0s", "90", "0.5", "15ms", "1w"]) }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return "(\(duration(depth - 1)))"
        case 1: return "\(duration(depth - 1)) + \(duration(depth - 1))"
        case 2: return "-\(duration(depth - 1)) + 90d"
        case 3: return "\(duration(0)) * (\(pick(["3", "1.5", "2s"])))"
        case 4: return "\(pick(["min_of", "MAX_OF"]))(\(duration(depth - 1)), \(duration(depth - 1)))"
        case 5: return "step() + \(duration(depth - 1))"
        case 6: return "range()*2 ^ 0.5 % 7+1"
        default: return duration(0)
        }
    }

    private mutating func modifiers() -> String {
        let offset = pick([
            "", "", " offset 5m", " OFFSET -1h30m", " offset (1m + step())", " offset -(2 * 3)",
            " offset +min_of(1, 2)",
            " offset -range()",
        ])
        let at = pick(["", "", " @ 1600000000.125", " @ start()", " @ -5m", " @END( )"])
        return chance(2) ? offset + at : at + offset
    }
}
