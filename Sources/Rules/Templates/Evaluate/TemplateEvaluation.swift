// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// One expansion of a template.
///
/// Source: Go, `text/template/exec.go`.
struct TemplateEvaluation {
    /// What Prometheus declares before the text of a label or an annotation.
    static let alertVariables = ["$", "$labels", "$externalLabels", "$externalURL", "$value"]

    let scope: TemplateScope
    private let program: TemplateProgram
    /// What has come out so far.
    private var output = BoundedText()
    /// The innermost last. By name, since a variable that an `and` leaves out is not there.
    private var variables: [(name: String, value: TemplateValue)] = []
    /// The line of what is done.
    private var line = 1
    private var stepsLeft = TemplateBounds.mostSteps
    /// The regular expressions that have been compiled.
    private var searches: [ByteText: ExpressionSearch] = [:]
    private var calls = 0
    private var depth = 0

    init(_ program: TemplateProgram, scope: TemplateScope) {
        self.program = program
        self.scope = scope
    }

    /// The text of the whole template.
    mutating func expand() throws(TemplateError) -> String {
        let dot = TemplateValue.alert(TemplateAlert(scope))
        let values: [TemplateValue] = [
            dot, .labels(scope.labels), .labels(scope.externalLabels), .text(scope.externalURL), .float(scope.value),
        ]
        variables = zip(TemplateEvaluation.alertVariables, values).map { (name: $0, value: $1) }
        _ = try run(program.nodes, dot)
        return output.text
    }

    /// The text of the whole template for another dot, which is all that it has.
    mutating func expand(dot: TemplateValue) throws(TemplateError) -> String {
        variables = [(name: "$", value: dot)]
        _ = try run(program.nodes, dot)
        return output.text
    }

    // MARK: - Faults and bounds

    func fault(_ reason: String) -> TemplateError { TemplateError(line: line, reason: reason) }

    /// Runs `body` and says the line of what it finds wrong.
    func located<Result>(_ body: () throws(TemplateFault) -> Result) throws(TemplateError) -> Result {
        do throws(TemplateFault) {
            return try body()
        } catch {
            throw fault(error.reason)
        }
    }

    /// Counts steps.
    mutating func charge(_ steps: Int) throws(TemplateFault) {
        stepsLeft -= steps
        if stepsLeft < 0 { throw TemplateFault("takes more than \(TemplateBounds.mostSteps) steps") }
    }

    /// Counts a step at a line.
    mutating func step(at line: Int) throws(TemplateError) {
        self.line = line
        stepsLeft -= 1
        if stepsLeft < 0 { throw fault("takes more than \(TemplateBounds.mostSteps) steps") }
    }

    /// Goes one level deeper; `defer { leave() }` is to follow.
    mutating func enter() throws(TemplateError) {
        depth += 1
        if depth > TemplateBounds.mostDepth { throw fault("more than \(TemplateBounds.mostDepth) levels deep") }
    }

    mutating func leave() { depth -= 1 }

    /// The search for a pattern, which is compiled where it is a new one.
    mutating func search(_ pattern: String) throws(TemplateFault) -> ExpressionSearch {
        let key = ByteText(pattern)
        if let search = searches[key] { return search }
        try charge(TemplateBounds.expressionCost)
        let search = try ExpressionSearch(pattern)
        if searches.count == TemplateBounds.mostExpressions { searches.removeAll() }
        searches[key] = search
        return search
    }

    // MARK: - Variables

    func variable(_ name: String) throws(TemplateError) -> TemplateValue {
        for variable in variables.reversed() where variable.name == name { return variable.value }
        throw fault("undefined variable: \(name)")
    }

    mutating func declare(_ name: String, _ value: TemplateValue) { variables.append((name, value)) }

    mutating func assign(_ name: String, _ value: TemplateValue) throws(TemplateError) {
        guard let index = variables.lastIndex(where: { $0.name == name }) else {
            throw fault("undefined variable: \(name)")
        }
        variables[index].value = value
    }

    private mutating func forget(from count: Int) {
        if variables.count > count { variables.removeSubrange(count...) }
    }

    // MARK: - Nodes

    /// Does what a list says. Variables that it declares stay: what is around forgets them.
    private mutating func run(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> TemplateFlow {
        for node in nodes {
            switch node {
            case .text(let text): try emit(.text(text))
            case .action(let pipeline):
                let value = try evaluate(pipeline, dot)
                if pipeline.variables.isEmpty { try emit(value) }
            case .choice(let branches, let otherwise, let setsDot):
                let flow = try choose(branches, otherwise, setsDot: setsDot, dot)
                if flow != .end { return flow }
            case .range(let branch, let otherwise):
                let flow = try loop(branch, otherwise, dot)
                if flow != .end { return flow }
            case .call(let name, let pipeline, let line):
                try step(at: line)
                let value = if let pipeline { try evaluate(pipeline, dot) } else { TemplateValue.none }
                self.line = line
                try call(name, value)
            case .leave(let flow): return flow
            }
        }
        return .end
    }

    private mutating func emit(_ value: TemplateValue) throws(TemplateError) {
        let before = output.count
        do throws(TemplateFault) {
            try output.appendShown(value)
            try charge((output.count - before) / TemplateBounds.bytesOfStep)
        } catch {
            throw fault(error.reason)
        }
    }

    private mutating func choose(
        _ branches: [TemplateBranch],
        _ otherwise: [TemplateNode],
        setsDot: Bool,
        _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateFlow {
        try enter()
        let known = variables.count
        defer {
            forget(from: known)
            leave()
        }
        for branch in branches {
            let value = try evaluate(branch.pipeline, dot)
            if value.isTrue { return try run(branch.body, setsDot ? value : dot) }
        }
        return try run(otherwise, dot)
    }

    /// Runs a defined template, which sees none of the variables.
    mutating func call(_ name: String, _ dot: TemplateValue) throws(TemplateError) {
        guard let nodes = program.definitions[name] else {
            throw fault("template \(QuotedText.string(name)) not defined")
        }
        if calls == TemplateBounds.mostCalls { throw fault("more than \(TemplateBounds.mostCalls) templates deep") }
        try enter()
        calls += 1
        let outer = variables
        variables = [("$", dot)]
        defer {
            variables = outer
            calls -= 1
            leave()
        }
        _ = try run(nodes, dot)
    }

    /// The text of a defined template.
    mutating func text(of name: String, _ dot: TemplateValue) throws(TemplateError) -> String {
        let outer = output
        output = BoundedText()
        defer { output = outer }
        try call(name, dot)
        return output.text
    }

    // MARK: - Loops

    private mutating func loop(
        _ branch: TemplateBranch,
        _ otherwise: [TemplateNode],
        _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateFlow {
        try enter()
        let known = variables.count
        defer {
            forget(from: known)
            leave()
        }
        let subject = try evaluate(branch.pipeline, dot)
        let count = try elementCount(of: subject, branch.pipeline)
        if count == 0 { return try run(otherwise, dot) }
        let inner = variables.count
        for index in 0..<count {
            try step(at: branch.pipeline.line)
            let (key, element) = TemplateEvaluation.element(Int(index), of: subject)
            try set(branch.pipeline, key, element)
            let flow = try run(branch.body, element)
            forget(from: inner)
            if flow == .break { break }
        }
        return .end
    }

    private func elementCount(of value: TemplateValue, _ pipeline: TemplatePipeline) throws(TemplateError) -> Int64 {
        switch value {
        case .none: return 0
        case .vector(let samples): return Int64(samples.count)
        case .labels(let labels): return Int64(labels.pairs.count)
        case .map(let map): return Int64(map.pairs.count)
        case .integer(let count):
            if pipeline.variables.count > 1 { throw fault("can't use \(count) to iterate over more than one variable") }
            return max(0, count)
        default: throw fault("range can't iterate over a value of type \(value.typeName)")
        }
    }

    private static func element(_ index: Int, of value: TemplateValue) -> (TemplateValue, TemplateValue) {
        switch value {
        case .vector(let samples): (.integer(Int64(index)), .sample(samples[index]))
        case .labels(let labels): (.text(labels.pairs[index].name), .text(labels.pairs[index].value))
        case .map(let map): (.text(map.pairs[index].name), map.pairs[index].value)
        default: (.integer(Int64(index)), .integer(Int64(index)))
        }
    }

    /// Gives the variables of a `range` their values: one gets the element, two the key and the element.
    private mutating func set(
        _ pipeline: TemplatePipeline,
        _ key: TemplateValue,
        _ element: TemplateValue
    ) throws(TemplateError) {
        let values = pipeline.variables.count > 1 ? [key, element] : [element]
        for (name, value) in zip(pipeline.variables, values) { try assign(name, value) }
    }
}
