// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `label_replace(vector, destination, replacement, source, pattern)`. Works on labels alone: of the series, not of
    /// their samples. Metric names that would go at the end are still there; one that is set here stays.
    ///
    /// - Throws: when the pattern or the name is none, a value would be too long, or two series with the same labels then have a sample at a step.
    func labelReplace(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let destination = try string(node.arguments[1])
        let replacement = try string(node.arguments[2])
        let source = try string(node.arguments[3])
        let pattern = try string(node.arguments[4])
        guard let expression = CapturingExpression(pattern) else {
            throw QueryError(.execution, "invalid regular expression in label_replace(): \(pattern)", at: node.position)
        }
        try checkLabel(destination, "destination", node)
        let template = ReplacementTemplate(replacement, groupNames: expression.groupNames)
        var columns = try vector(node.arguments[0])
        var replaced: [ByteText: String?] = [:]
        var pace = Pace(query)
        for row in 0..<columns.count {
            let value = columns.labels[row][source] ?? ""
            try pace.advance(by: 1 + value.utf8.count / 16)
            let result: String?
            if let known = replaced[ByteText(value)] {
                result = known
            } else {
                result = try expression.groups(in: value).map { groups throws(QueryError) in
                    guard let text = template.expand(groups, in: value, atMost: Evaluation.longestLabelValue) else {
                        throw tooLong(destination, node)
                    }
                    return text
                }
                replaced[ByteText(value)] = .some(result)
            }
            guard let result else { continue }
            columns.set(destination, to: result, row)
        }
        try columns.mergeSameLabels(query)
        return columns
    }

    /// `label_join(vector, destination, separator, source…)`.
    ///
    /// - Throws: as ``labelReplace(_:)``.
    func labelJoin(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let destination = try string(node.arguments[1])
        let separator = try string(node.arguments[2])
        var sources: [String] = []
        for argument in node.arguments.dropFirst(3) {
            sources.append(try string(argument))
            try checkLabel(sources[sources.count - 1], "source", node)
        }
        try checkLabel(destination, "destination", node)
        var columns = try vector(node.arguments[0])
        var pace = Pace(query)
        for row in 0..<columns.count {
            var length = 0
            let values = sources.map { source in
                let value = columns.labels[row][source] ?? ""
                length += value.utf8.count + separator.utf8.count
                return value
            }
            if length - separator.utf8.count > Evaluation.longestLabelValue { throw tooLong(destination, node) }
            try pace.advance(by: 1 + values.count + length / 64)
            columns.set(destination, to: values.joined(separator: separator), row)
        }
        try columns.mergeSameLabels(query)
        return columns
    }

    /// Bytes of the longest value that a label is given. Replacements of replacements would else double it each time.
    private static let longestLabelValue = 1 << 16

    private func tooLong(_ name: String, _ node: FunctionCall) -> QueryError {
        let text =
            "\(node.function.rawValue)() makes a value of label \(QuotedText.string(name)) longer than "
            + "\(Evaluation.longestLabelValue) bytes"
        return QueryError(.execution, text, at: node.position)
    }

    /// A label's name is any UTF-8 that is not empty. Bytes that are none have become U+FFFD when the text was read.
    func checkLabel(_ name: String, _ role: String, _ node: FunctionCall) throws(QueryError) {
        if !name.isEmpty, !name.unicodeScalars.contains("\u{FFFD}") { return }
        let role = role.isEmpty ? "" : role + " "
        let text = "invalid \(role)label name in \(node.function.rawValue)(): \(name)"
        throw QueryError(.execution, text, at: node.position)
    }
}

extension VectorColumns {
    /// Sets a label of a series. A metric name that is set does not go.
    fileprivate mutating func set(_ name: String, to value: String, _ row: Int) {
        labels[row] = labels[row].setting(name, to: value)
        if name == "__name__" { dropsName[row] = false }
    }
}
