// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateFunction {
    /// `and`, `or`, `not`, and the comparisons.
    ///
    /// Source: Go, `text/template/funcs.go`.
    static let comparisons: [TemplateFunction] = [
        TemplateFunction("and", [.any], isVariadic: true, stopsAt: false) { _, _ in .none },
        TemplateFunction("or", [.any], isVariadic: true, stopsAt: true) { _, _ in .none },
        TemplateFunction("not", [.any]) { _, arguments in .bool(!arguments[0].isTrue) },
        TemplateFunction("eq", [.any], isVariadic: true) { _, arguments throws(TemplateFault) in
            if arguments.count == 1 { throw TemplateFault("missing argument for comparison") }
            for other in arguments.dropFirst() {
                if try areEqual(arguments[0], other) { return .bool(true) }
            }
            return .bool(false)
        },
        TemplateFunction("ne", [.any, .any]) { _, arguments throws(TemplateFault) in
            .bool(try !areEqual(arguments[0], arguments[1]))
        },
        TemplateFunction("lt", [.any, .any]) { _, arguments throws(TemplateFault) in
            .bool(try isLess(arguments[0], arguments[1]))
        },
        TemplateFunction("le", [.any, .any]) { _, arguments throws(TemplateFault) in
            .bool(try isAtMost(arguments[0], arguments[1]))
        },
        // Not the other way round: Go says that a NaN is greater than all numbers.
        TemplateFunction("gt", [.any, .any]) { _, arguments throws(TemplateFault) in
            .bool(try !isAtMost(arguments[0], arguments[1]))
        },
        TemplateFunction("ge", [.any, .any]) { _, arguments throws(TemplateFault) in
            .bool(try !isLess(arguments[0], arguments[1]))
        },
    ]

    private static func areEqual(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        switch (left, right) {
        case (.none, .none): return true
        case (.none, _), (_, .none): return false
        case (.bool(let left), .bool(let right)): return left == right
        case (.float(let left), .float(let right)): return left == right
        case (.text(let left), .text(let right)): return areSameBytes(left, right)
        case (.labels, .labels), (.map, .map), (.vector, .vector), (.alert, .alert):
            throw TemplateFault("non-comparable type \(left.typeName)")
        default:
            // Those of samples and times would be of their places in memory, in Go.
            guard let left = left.wholeNumber, let right = right.wholeNumber else { throw incompatible }
            return left == right
        }
    }

    private static func isLess(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        switch (left, right) {
        case (.float(let left), .float(let right)): return left < right
        case (.text(let left), .text(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.bool, .bool), (.labels, _), (.map, _), (.vector, _), (.sample, _), (.moment, _), (.alert, _), (.none, _),
            (_, .labels), (_, .map), (_, .vector), (_, .sample), (_, .moment), (_, .alert), (_, .none):
            throw TemplateFault("invalid type for comparison")
        default:
            guard let left = left.wholeNumber, let right = right.wholeNumber else { throw incompatible }
            return left < right
        }
    }

    private static func isAtMost(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
        if try isLess(left, right) { return true }
        return try areEqual(left, right)
    }

    private static let incompatible = TemplateFault("incompatible types for comparison")
}
