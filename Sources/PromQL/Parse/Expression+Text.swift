// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Expression: CustomStringConvertible {
    /// On one line, as Prometheus prints it (`promql/parser/printer.go`): what stands between parentheses stays there,
    /// matchers are ordered by their text. Reading it gives the same expression.
    package var description: String {
        var writer = ExpressionWriter()
        writer.write(self)
        return writer.text
    }

    /// Whether ``description`` has more bytes than this. O(bytes), at most as many as are asked for.
    func isLonger(than bytes: Int) -> Bool {
        var writer = ExpressionWriter(limit: bytes)
        writer.write(self)
        return writer.isFull
    }
}

/// Writes expressions on one line.
struct ExpressionWriter {
    private(set) var text = ""
    /// Beyond so many bytes nothing more is written.
    var limit = Int.max

    init(limit: Int = .max) { self.limit = limit }

    var isFull: Bool { text.utf8.count > limit }

    mutating func write(_ expression: Expression) {
        if isFull { return }
        switch expression {
        case .number(let node): text += node.text
        case .string(let node): text += node.quoted
        case .parenthesis(let node):
            text += "("
            write(node.inner)
            text += ")"
        case .unary(let node):
            text += node.isNegation ? "-" : "+"
            write(node.operand)
        case .binary(let node):
            if node.isInfinityToPower { text += "Inf" } else { write(node.left) }
            text += " \(node.operatorText) "
            write(node.right)
        case .call(let node):
            text += "\(node.function.rawValue)("
            write(node.arguments)
            text += ")"
        case .aggregation(let node):
            text += node.operatorText + "("
            write((node.parameter.map { [$0] } ?? []) + [node.operand])
            text += ")"
        case .selector(let node):
            write(node.name, node.matchers)
            writeTime(node.at)
            if node.extent != .plain { text += " \(node.extent.rawValue)" }
            writeOffset(node.offset)
        case .range(let node):
            write(node.selector.name, node.selector.matchers)
            text += "[\(node.range)]"
            if node.selector.extent != .plain { text += " \(node.selector.extent.rawValue)" }
            writeTime(node.selector.at)
            writeOffset(node.selector.offset)
        case .subquery(let node):
            write(node.inner)
            text += node.windowText
        }
    }

    private mutating func write(_ list: [Expression]) {
        for (index, expression) in list.enumerated() {
            if index > 0 { text += ", " }
            write(expression)
        }
    }

    private mutating func write(_ name: String, _ matchers: [LabelMatcher]) {
        text += name
        let shown = matchers.filter {
            name.isEmpty || $0.name != "__name__" || $0.operation != .equal || $0.value != name
        }
        if shown.isEmpty, !name.isEmpty { return }
        let texts = shown.map { $0.description.replacing("\u{FFFD}", with: "\\ufffd") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        text += "{" + texts.joined(separator: ",") + "}"
    }

    mutating func writeTime(_ at: AtModifier?) {
        switch at {
        case .time(let milliseconds):
            let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1_000)
            let fraction = String(1_000 + rest).dropFirst()
            text += " @ \(milliseconds < 0 ? "-" : "")\(seconds).\(fraction)"
        case .start: text += " @ start()"
        case .end: text += " @ end()"
        case nil: break
        }
    }

    mutating func writeOffset(_ offset: DurationExpression) {
        if offset != .milliseconds(0) { text += " offset \(offset)" }
    }
}

extension NumberLiteral {
    /// As it prints: a duration as a duration.
    var text: String {
        if !isDuration { return GoNumber.decimal(value) }
        return value == 0 && value.sign == .minus
            ? "-0s" : DurationText.text(milliseconds: Int64((value * 1_000).rounded()))
    }
}

extension BinaryExpression {
    /// Whether `+Inf` stands before `^`, where it has to be written without the sign: that would bind less tightly.
    var isInfinityToPower: Bool {
        guard operation == .power, case .number(let number) = left else { return false }
        return number.value == .infinity
    }

    /// The operator and all that says how the sides are matched.
    var operatorText: String {
        var text = operation.rawValue
        if returnsBool { text += " bool" }
        guard let matching else { return text }
        let isGrouped = matching.cardinality == .manyToOne || matching.cardinality == .oneToMany
        if !matching.labels.isEmpty || matching.isOn || isGrouped {
            text += " \(matching.isOn ? "on" : "ignoring") (\(LabelNames.text(matching.labels)))"
        }
        if isGrouped {
            let side = matching.cardinality == .manyToOne ? "left" : "right"
            text += " group_\(side) (\(LabelNames.text(matching.include)))"
        }
        switch (matching.fillLeft, matching.fillRight) {
        case (let left?, let right?) where left == right || left.isNaN && right.isNaN:
            text += " fill (\(GoNumber.general(left)))"
        case (let left, let right):
            if let left { text += " fill_left (\(GoNumber.general(left)))" }
            if let right { text += " fill_right (\(GoNumber.general(right)))" }
        }
        return text
    }
}

extension Aggregation {
    /// The operator and its grouping.
    var operatorText: String {
        if isWithout { return "\(operation.rawValue) without (\(LabelNames.text(grouping))) " }
        return grouping.isEmpty ? operation.rawValue : "\(operation.rawValue) by (\(LabelNames.text(grouping))) "
    }
}

extension Subquery {
    /// The brackets and all that stands behind them.
    var windowText: String {
        var writer = ExpressionWriter()
        writer.writeTime(at)
        writer.writeOffset(offset)
        return "[\(range):\(step.map(\.description) ?? "")]" + writer.text
    }
}

/// Names of labels between parentheses.
private enum LabelNames {
    static func text(_ names: [String]) -> String {
        names.map { name in
            let isPlain = name.utf8.first?.isLetter == true && name.utf8.allSatisfy(\.isLetterOrDigit)
            return isPlain ? name : QuotedText.string(name)
        }
        .joined(separator: ", ")
    }
}

extension DurationExpression: CustomStringConvertible {
    /// As it prints in brackets and behind `offset`.
    package var description: String {
        switch self {
        case .milliseconds(let value): DurationText.text(milliseconds: value)
        case .expression(let term, _): term.text
        }
    }
}

extension DurationTerm {
    fileprivate var text: String {
        switch self {
        case .number(let value, let isDuration):
            NumberLiteral(value: value, isDuration: isDuration, position: SourceRange(start: 0, end: 0)).text
        case .step: "step()"
        case .range: "range()"
        case .negated(let inner): "-" + inner.text
        case .parenthesis(let inner): "(" + inner.text + ")"
        case .least(let left, let right): "min_of(\(left.text), \(right.text))"
        case .greatest(let left, let right): "max_of(\(left.text), \(right.text))"
        case .binary(let left, let operation, let right): "\(left.text) \(operation.rawValue) \(right.text)"
        }
    }
}
