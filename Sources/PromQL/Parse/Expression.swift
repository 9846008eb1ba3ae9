// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// Where something stands in the text of a query: UTF-8 offsets, the end not included.
public struct SourceRange: Hashable, Sendable {
    /// The offset of the first byte.
    public var start: Int
    /// The offset behind the last byte.
    public var end: Int

    /// A range of the text.
    public init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }
}

/// The type of an expression's value, named as Prometheus names it.
public enum ValueType: String, Hashable, Sendable {
    /// One number at each step.
    case scalar
    /// For each series at most one sample at each step.
    case vector = "instant vector"
    /// For each series the samples of a window at each step.
    case matrix = "range vector"
    /// A text.
    case string
}

/// A parsed PromQL expression, with the place of each part in the text. Whether two are the same, places aside, says
/// `isSame(as:)`.
///
/// Source of the language: Prometheus, `promql/parser/generated_parser.y` and `ast.go`.
package indirect enum Expression: Sendable {
    case number(NumberLiteral)
    case string(StringLiteral)
    case parenthesis(Parenthesis)
    case unary(UnaryExpression)
    case binary(BinaryExpression)
    case call(FunctionCall)
    case aggregation(Aggregation)
    case selector(VectorSelector)
    case range(RangeSelector)
    case subquery(Subquery)
}

/// `1.5`, `0x1f`, `Inf`, `5m` (a duration is a number of seconds).
package struct NumberLiteral: Sendable {
    package var value: Double
    /// Whether it was written as a duration, and prints as one.
    package var isDuration = false
    package var position: SourceRange
}

/// `"text"`, quotes and escapes undone.
package struct StringLiteral: Sendable {
    /// The text; bytes that are no UTF-8, which only escapes can make, are replaced by U+FFFD.
    package var value: String
    /// The very bytes.
    package var bytes: [UInt8]
    package var position: SourceRange

    package init(bytes: [UInt8], position: SourceRange) {
        value = String(decoding: bytes, as: UTF8.self)
        self.bytes = bytes
        self.position = position
    }

    /// Whether the bytes are UTF-8; a label's name or value must be.
    package var isValid: Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// In double quotes as Prometheus shows it, `"a\xc5z"`.
    package var quoted: String { QuotedText.string(utf8: bytes[...]) }
}

/// `(inner)`.
package struct Parenthesis: Sendable {
    package var inner: Expression
    package var position: SourceRange
}

/// `-operand` or `+operand`.
package struct UnaryExpression: Sendable {
    package var isNegation: Bool
    package var operand: Expression
    package var position: SourceRange
}

/// An operator between two expressions.
package enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case arcTangent = "atan2"
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case and
    case or
    case unless
    /// `histogram </ number`: keeps the observations at most `number`.
    case trimUpper = "</"
    /// `histogram >/ number`: keeps the observations greater than `number`.
    case trimLower = ">/"

    package var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: true
        default: false
        }
    }

    package var isSetOperator: Bool { self == .and || self == .or || self == .unless }
}

/// `left operator right`.
package struct BinaryExpression: Sendable {
    package var operation: BinaryOperator
    package var left: Expression
    package var right: Expression
    /// `bool` stands behind a comparison.
    package var returnsBool = false
    /// How series of two vectors are matched; nil unless both sides are vectors.
    package var matching: VectorMatching?
    /// From the start of `left` to the end of `right`.
    package var position: SourceRange
}

/// How series of two vectors find one another.
package struct VectorMatching: Hashable, Sendable {
    /// How many series of a side may match one of the other.
    package enum Cardinality: Hashable, Sendable {
        case oneToOne
        /// `group_left`: many on the left.
        case manyToOne
        /// `group_right`: many on the right.
        case oneToMany
        /// Of set operators.
        case manyToMany
    }

    package var cardinality = Cardinality.oneToOne
    /// The labels of `on(…)` or `ignoring(…)`.
    package var labels: [String] = []
    /// Whether they are those of `on`.
    package var isOn = false
    /// The labels of `group_left(…)` or `group_right(…)`: taken over from the "one" side.
    package var include: [String] = []
    /// What stands for a series missing on the left: `fill(…)`, `fill_left(…)`.
    package var fillLeft: Double?
    /// What stands for a series missing on the right.
    package var fillRight: Double?
}

/// `name(arguments)`.
package struct FunctionCall: Sendable {
    package var function: Function
    package var arguments: [Expression]
    package var position: SourceRange
}

/// An aggregation operator.
package enum AggregationOperator: String, Hashable, Sendable, CaseIterable {
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile
    case countValues = "count_values"
    case limitk
    case limitRatio = "limit_ratio"

    /// Whether a parameter stands before the vector.
    package var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .quantile, .countValues, .limitk, .limitRatio: true
        default: false
        }
    }

}

/// `operator by (labels) (parameter, operand)`.
package struct Aggregation: Sendable {
    package var operation: AggregationOperator
    /// The number, or for `count_values` the string, before the operand.
    package var parameter: Expression?
    package var operand: Expression
    /// The labels of `by` or `without`.
    package var grouping: [String] = []
    /// Whether they are those of `without`.
    package var isWithout = false
    package var position: SourceRange
}

/// Of what an `@` modifier takes its time.
package enum AtModifier: Hashable, Sendable {
    /// A time in milliseconds.
    case time(Int64)
    /// `@ start()`: the start of the query, which is its first step.
    case start
    /// `@ end()`: the end that was asked for, which may lie behind the last step.
    case end
}

/// `metric{label="value"} offset 5m @ 1600000000`.
package struct VectorSelector: Sendable {
    /// The name before the braces, or "". One in the braces is a matcher only.
    package var name: String
    /// All matchers, the one of the name among them.
    package var matchers: [LabelMatcher]
    package var offset = DurationExpression.milliseconds(0)
    package var at: AtModifier?
    /// `anchored` or `smoothed`.
    package var extent = RangeExtent.plain
    package var position: SourceRange
}

/// What a range selector, or a selector, takes in at the edges of its window.
package enum RangeExtent: String, Hashable, Sendable {
    /// The samples in the window.
    case plain = ""
    /// Also the last sample at or before the window's start: its value counts at the start.
    case anchored
    /// Also the samples before and behind, between which values are interpolated.
    case smoothed
}

/// `selector[5m]`. Offset, `@` and `anchored` stand in the selector.
package struct RangeSelector: Sendable {
    package var selector: VectorSelector
    package var range: DurationExpression
    package var position: SourceRange
}

/// `(expression)[1h:5m] offset 1d @ end()`.
package struct Subquery: Sendable {
    package var inner: Expression
    package var range: DurationExpression
    /// The resolution; nil takes the default one.
    package var step: DurationExpression?
    package var offset = DurationExpression.milliseconds(0)
    package var at: AtModifier?
    package var position: SourceRange
}

/// A duration: known when the query is read, or made of `step()` and `range()` when it runs.
///
/// Numbers in it are seconds; its value is in seconds until ``milliseconds(step:range:)`` is made of it.
package indirect enum DurationExpression: Hashable, Sendable {
    /// A plain duration or number, positive or negative.
    case milliseconds(Int64)
    /// An expression; `position` for errors.
    case expression(DurationTerm, SourceRange)
}

/// A term of a duration expression, in seconds.
package indirect enum DurationTerm: Hashable, Sendable {
    case number(Double, isDuration: Bool)
    /// `step()`: the query's step, 0 of an instant query.
    case step
    /// `range()`: the query's end less its start.
    case range
    case negated(DurationTerm)
    case parenthesis(DurationTerm)
    case binary(DurationTerm, BinaryOperator, DurationTerm)
    case least(DurationTerm, DurationTerm)
    case greatest(DurationTerm, DurationTerm)
}

extension Expression {
    /// Where it stands.
    package var position: SourceRange {
        switch self {
        case .number(let node): node.position
        case .string(let node): node.position
        case .parenthesis(let node): node.position
        case .unary(let node): node.position
        case .binary(let node): node.position
        case .call(let node): node.position
        case .aggregation(let node): node.position
        case .selector(let node): node.position
        case .range(let node): node.position
        case .subquery(let node): node.position
        }
    }

    /// The type of its value.
    package var type: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .parenthesis(let node): node.inner.type
        case .unary(let node): node.operand.type
        case .binary(let node): node.left.type == .scalar && node.right.type == .scalar ? .scalar : .vector
        case .call(let node): node.function.returns
        case .aggregation, .selector: .vector
        case .range, .subquery: .matrix
        }
    }

    /// Without the parentheses around it.
    package var unwrapped: Expression {
        var expression = self
        while case .parenthesis(let node) = expression { expression = node.inner }
        return expression
    }
}
