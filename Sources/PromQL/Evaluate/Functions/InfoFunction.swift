// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `info(vector, {data matchers})`: gives series the labels of the info series that has the same `instance` and
    /// `job` at the time of their samples.
    ///
    /// Source: Prometheus, `promql/info.go`.
    func info(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let base = try vector(node.arguments[0])
        var matchers: [LabelMatcher] = []
        if node.arguments.count > 1 {
            guard case .selector(let selector) = node.arguments[1].unwrapped else {
                preconditionFailure("checked to be a selector")
            }
            matchers = selector.matchers
        }
        var names = matchers.filter { $0.name == "__name__" }
        let data = matchers.filter { $0.name != "__name__" }
        // Series that are info series themselves are left alone, where it is said which are.
        let saysWhich = node.arguments.count == 1 || names.contains { !$0.operation.isNegative }
        if names.isEmpty {
            names = [try matcher("__name__", .equal, "target_info")]
        } else if !saysWhich {
            names.append(try matcher("__name__", .matches, ".+_info"))
        }
        let isInfo = base.labels.map { labels in
            saysWhich && names.allSatisfy { $0.matches(labels["__name__"] ?? "") }
        }
        var enrichment = Enrichment(base, isInfo: isInfo, data: data)
        let identifying = try identifyingMatchers(base, isInfo)
        if !identifying.isEmpty {
            let selector = try infoSelector(names + data + identifying, as: node.arguments[0], node.position)
            let values = try self.selector(selector)
            try enrichment.take(try selectorTimestamps(selector), values)
        }
        return try enrichment.run(query)
    }

    private func matcher(
        _ name: String,
        _ operation: LabelMatcher.Operation,
        _ value: String
    ) throws(QueryError) -> LabelMatcher {
        do throws(LabelMatcherError) {
            return try LabelMatcher(name, operation, value)
        } catch {
            throw QueryError(.execution, error.message)
        }
    }

    /// For each identifying label that series have, one matcher of all of its values.
    private func identifyingMatchers(_ base: VectorColumns, _ isInfo: [Bool]) throws(QueryError) -> [LabelMatcher] {
        var result: [LabelMatcher] = []
        for name in Enrichment.identifying {
            var values: Set<ByteText> = []
            for (labels, isInfo) in zip(base.labels, isInfo) where !isInfo {
                if let value = labels[name] { values.insert(ByteText(value)) }
            }
            if values.isEmpty { continue }
            result.append(
                try matcher(name, .matches, values.map(\.text).sorted().map(\.escapedForRE2).joined(separator: "|"))
            )
        }
        return result
    }

    /// A selector of info series that looks where the first selector of the enriched expression looks: its `@` and
    /// offset, and those of the subqueries around it, count.
    private func infoSelector(
        _ matchers: [LabelMatcher],
        as expression: Expression,
        _ position: SourceRange
    ) throws(QueryError) -> VectorSelector {
        var result = VectorSelector(name: "", matchers: matchers, position: position)
        var offset: Int64 = 0
        for (duration, at) in expression.timesToFirstSelector ?? [] {
            if let at {
                result.at = at
                offset = 0
            }
            offset += try query.milliseconds(duration)
        }
        result.offset = .milliseconds(offset)
        return result
    }
}

extension Expression {
    /// Offset and `@` of the subqueries on the way to the first selector and of the selector itself, from the outside
    /// to the inside; nil when there is no selector.
    fileprivate var timesToFirstSelector: [(DurationExpression, AtModifier?)]? {
        switch self {
        case .number, .string: return nil
        case .parenthesis(let node): return node.inner.timesToFirstSelector
        case .unary(let node): return node.operand.timesToFirstSelector
        case .binary(let node): return node.left.timesToFirstSelector ?? node.right.timesToFirstSelector
        case .call(let node): return node.arguments.lazy.compactMap(\.timesToFirstSelector).first
        case .aggregation(let node): return node.operand.timesToFirstSelector ?? node.parameter?.timesToFirstSelector
        case .selector(let node): return [(node.offset, node.at)]
        case .range(let node): return [(node.selector.offset, node.selector.at)]
        case .subquery(let node):
            guard let inner = node.inner.timesToFirstSelector else { return nil }
            return [(node.offset, node.at)] + inner
        }
    }
}

extension String {
    /// As a regular expression that matches this text alone.
    fileprivate var escapedForRE2: String {
        var result = ""
        for scalar in unicodeScalars {
            if "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
