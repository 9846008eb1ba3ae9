// SPDX-License-Identifier: Apache-2.0

/// What a piece of a query's text is.
enum TokenKind: Hashable {
    case end
    /// The text cannot be read on; the lexer says why.
    case fault
    case comment
    case comma, colon, equal, at
    case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket
    /// `=~` and `!~` in braces.
    case matches, doesNotMatch
    /// A word without a colon.
    case identifier
    /// A word with a colon, which can only be a metric name.
    case metricIdentifier
    case number, duration, string
    case bool, by, without, on, ignoring, groupLeft, groupRight, fill, fillLeft, fillRight
    case offset, anchored, smoothed
    case start, stop, step, range, leastOf, greatestOf
    /// Among them the words `and`, `or`, `unless` and `atan2`.
    case binary(BinaryOperator)
    case aggregation(AggregationOperator)

    /// The words with a meaning of their own, in lower case; they are read in any case.
    ///
    /// Source: Prometheus, `promql/parser/lex.go`.
    static let words: [String: TokenKind] = {
        var words: [String: TokenKind] = [
            "and": .binary(.and), "or": .binary(.or), "unless": .binary(.unless), "atan2": .binary(.arcTangent),
            "offset": .offset, "smoothed": .smoothed, "anchored": .anchored, "by": .by, "without": .without,
            "on": .on, "ignoring": .ignoring, "group_left": .groupLeft, "group_right": .groupRight,
            "fill": .fill, "fill_left": .fillLeft, "fill_right": .fillRight, "bool": .bool,
            "start": .start, "end": .stop, "step": .step, "range": .range, "min_of": .leastOf,
            "max_of": .greatestOf, "inf": .number, "nan": .number,
        ]
        for operation in AggregationOperator.allCases { words[operation.rawValue] = .aggregation(operation) }
        return words
    }()

    /// Whether it ends something whose end may be that of a modified selector.
    var isClosing: Bool {
        switch self {
        case .rightBrace, .rightParenthesis, .rightBracket, .duration, .number: true
        default: false
        }
    }

    /// Whether a word that is this may be a metric's name.
    var isMetricName: Bool {
        switch self {
        case .identifier, .metricIdentifier, .aggregation, .binary(.and), .binary(.or), .binary(.unless), .by, .without,
            .fill, .fillLeft, .fillRight, .offset, .anchored, .smoothed:
            true
        default: isFunctionName
        }
    }

    /// Whether a word that is this may be a function's name.
    var isFunctionName: Bool {
        switch self {
        case .identifier, .start, .stop, .step, .range, .leastOf, .greatestOf: true
        default: false
        }
    }

    /// Whether a word that is this may be a label's name in `by (…)`, `on (…)` and the like.
    var isLabelName: Bool {
        switch self {
        case .bool, .groupLeft, .groupRight, .ignoring, .on, .binary(.arcTangent): true
        default: isMetricName
        }
    }

    /// Whether an expression can begin with it.
    var beginsExpression: Bool {
        switch self {
        case .leftParenthesis, .leftBrace, .string, .number, .duration, .binary(.add), .binary(.subtract): true
        default: isMetricName
        }
    }
}

/// A piece of a query's text: UTF-8 offsets.
struct Token {
    var kind: TokenKind
    var start: Int
    var end: Int

    var position: SourceRange { SourceRange(start: start, end: end) }
}
