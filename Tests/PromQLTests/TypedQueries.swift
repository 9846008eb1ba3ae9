// SPDX-License-Identifier: Apache-2.0

import TestSupport

@testable import PromQL

/// Makes texts of queries from the signatures of all functions, with all operators and modifiers, and with numbers,
/// durations and times that are hard. Most are right; some are refused.
struct TypedQueries {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices.randomElement(using: &random)! }
    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private static let vectorFunctions = Function.allCases.filter { $0.returns == .vector }
    private static let scalarFunctions = Function.allCases.filter { $0.returns == .scalar }

    /// A query of any type that is no range vector.
    mutating func query(_ depth: Int) -> String {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return scalar(depth)
        case 1: return string()
        case 2: return matrix(depth)
        default: return vector(depth)
        }
    }

    mutating func vector(_ depth: Int) -> String {
        if depth <= 0 { return selector() + modifiers() }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return selector() + modifiers()
        case 1: return "-\(vector(depth - 1))"
        case 2, 3: return binary(depth - 1)
        case 4, 5: return aggregation(depth - 1)
        default: return call(pick(TypedQueries.vectorFunctions), depth - 1)
        }
    }

    mutating func scalar(_ depth: Int) -> String {
        if depth <= 0 || chance(2) { return number() }
        if chance(3) { return "(\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^"])) \(scalar(depth - 1)))" }
        return call(pick(TypedQueries.scalarFunctions), depth - 1)
    }

    mutating func matrix(_ depth: Int) -> String {
        if depth > 0, chance(3) {
            let inner = chance(5) ? scalar(depth - 1) : vector(depth - 1)
            return "(\(inner))[\(duration()):\(chance(3) ? "" : duration())]\(modifiers())"
        }
        return "\(selector())[\(duration())]\(modifiers())" + (chance(6) ? pick([" anchored", " smoothed"]) : "")
    }

    private mutating func call(_ function: Function, _ depth: Int) -> String {
        let signature = function.signature
        var types = signature.arguments
        for _ in 0..<signature.optional where chance(2) { types.removeLast() }
        if signature.isVariadic, let last = types.last, types.count == signature.arguments.count {
            for _ in 0..<Int.random(in: 0..<3, using: &random) { types.append(last) }
        }
        var arguments: [String] = []
        for (index, type) in types.enumerated() {
            switch type {
            case .scalar: arguments.append(scalar(depth))
            case .vector where function == .info && index == 1:
                arguments.append(pick(["{version!=\"\"}", "{a=~\".*\"}", "{__name__=~\".+_info\"}", "{job=\"j\"}"]))
            case .vector: arguments.append(vector(depth))
            case .matrix: arguments.append(matrix(depth))
            case .string: arguments.append(string())
            }
        }
        return "\(function.rawValue)(\(arguments.joined(separator: ", ")))"
    }

    private mutating func aggregation(_ depth: Int) -> String {
        let operation = pick(AggregationOperator.allCases)
        let grouping = pick(["", " by (a)", " without (a, le)", " by (job, \"x y\")", " by (__name__)", " without ()"])
        var arguments = vector(depth)
        if operation.takesParameter {
            arguments = "\(operation == .countValues ? string() : scalar(depth)), \(arguments)"
        }
        return "\(operation.rawValue)\(grouping)(\(arguments))"
    }

    private mutating func binary(_ depth: Int) -> String {
        let operation = pick(BinaryOperator.allCases)
        let isBool = operation.isComparison && chance(3) ? " bool" : ""
        let form = Int.random(in: 0..<5, using: &random)
        if form < 2, !operation.isSetOperator {
            let (left, right) = form == 0 ? (vector(depth), scalar(depth)) : (scalar(depth), vector(depth))
            return "(\(left) \(operation.rawValue)\(isBool) \(right))"
        }
        var matching = pick(["", "", " on (a)", " ignoring (a, le)", " on ()", " on (job, instance)"])
        if !operation.isSetOperator {
            if !matching.isEmpty {
                matching += pick(["", " group_left ()", " group_right (a)", " group_left (version)"])
            }
            matching += pick(["", "", "", " fill (0)", " fill_left (NaN)", " fill_right (-Inf)"])
        }
        return "((\(vector(depth))) \(operation.rawValue)\(isBool)\(matching) (\(vector(depth))))"
    }

    private mutating func selector() -> String {
        pick([
            "a", "job:b:rate5m", "sum{a=\"x\"}", "{\"x y\"}", "up_total", "up_total{a!=\"x\"}", "{\"größe_bytes\"}",
            "h_bucket", "native", "native{a=\"0\"}", "{__name__=~\"a|native\"}", "{__name__=~\".+\"}", "target_info",
            "{a=\"é 😀\"}", "none", "native{a=~\"[0-1]\"}",
        ])
    }

    private mutating func number() -> String {
        if chance(3) {
            return pick([
                "NaN", "Inf", "-Inf", "-0", "9223372036854775807", "9223372036854774784", "-9223372036854775808",
                "1e308",
                "-1e308", "1e-320", "18446744073709551616", "2147483648", "-2147483649", "0x7fffffffffffffff", "100y",
                "0",
            ])
        }
        if chance(2) { return pick(["0.5", "1", "2", "0.9", "-0.25", "3", "0.1", "1e9"]) }
        return "\(Double(bitPattern: random.next()))"
            .replacing("inf", with: "Inf").replacing("nan", with: "NaN").replacing("snan", with: "NaN")
    }

    private mutating func string() -> String {
        pick([
            "\"a\"", "\"x y\"", "\"\"", "\"__name__\"", "\"le\"", "\"version\"", "\"(.*)\"", "\"$1\"",
            "\"${1}x${name}$\"",
            "\"(\"", "\"(?P<name>.)|b\"", "\"[[:alpha:]]+\"", "\"(a{1000}){1000}\"", "\"\\\\pL*(?i)é\"",
            "\"$99999999999$$\"",
            "\"\\xff\"", "\"x|\"", "\"(?:)*+\"", "\"job\"", "\"\\x00\"", "\"((((((.?)?)?)?)?)?)+$\"",
        ])
    }

    private mutating func duration() -> String {
        if chance(8) {
            return pick([
                "1ms", "290y", "292y", "100y", "9223372036", "(9223372036)", "1e-3", "2ms * 1.5", "(step() + 1ms)",
                "(range() + 1ms)", "max_of(step(), 1s)", "(2 ^ 33)", "(1e308 * 10)", "(1 / 0)", "300000y", "(5m - 1ms)",
                "0s",
            ])
        }
        return pick(["15s", "30s", "31s", "1m", "1m1ms", "5m", "2m", "7s", "10s"])
    }

    private mutating func modifiers() -> String {
        if !chance(4) { return "" }
        let offset = pick([
            "", " offset 1m", " offset -1m", " offset 100y", " offset -100y", " offset 292y",
            " offset -(step() + 292y)",
            " offset 1ms", " offset (range() * 1e3)", " offset -9223372036",
        ])
        let at = pick([
            "", " @ 60", " @ start()", " @ end()", " @ -60.001", " @ 9223372036854774", " @ 9223372036854775",
            " @ -9223372036854775",
            " @ 9223372036854774.807", " @ 1e9", " @ 0", " @ 1e300",
        ])
        return chance(2) ? offset + at : at + offset
    }
}
