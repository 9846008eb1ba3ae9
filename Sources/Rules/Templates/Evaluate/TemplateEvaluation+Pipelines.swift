// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateEvaluation {
    /// The value of the last command; given to the variables of the pipeline.
    mutating func evaluate(_ pipeline: TemplatePipeline, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue {
        try step(at: pipeline.line)
        var value: TemplateValue?
        for command in pipeline.commands { value = try evaluate(command, dot, last: value) }
        let result = value ?? .none
        for name in pipeline.variables {
            if pipeline.assigns {
                try assign(name, result)
            } else {
                declare(name, result)
            }
        }
        return result
    }

    /// - Parameter last: the value of the command before, this one's last argument.
    private mutating func evaluate(
        _ command: TemplateCommand,
        _ dot: TemplateValue,
        last: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        try step(at: command.line)
        switch command.operand {
        case .function(let function): return try call(function, command.arguments, dot, last: last)
        case .fields(let names): return try chain(dot, names, command.arguments, dot, last: last)
        case .variable(let name, let fields):
            let value = try variable(name)
            if !fields.isEmpty { return try chain(value, fields, command.arguments, dot, last: last) }
            try takesNone(command, last)
            return value
        case .chain(let operand, let fields):
            if case .nil = operand { throw fault("indirection through explicit nil") }
            return try chain(try evaluate(operand, dot), fields, command.arguments, dot, last: last)
        case .nil: throw fault("nil is not a command")
        case .dot, .literal, .pipeline:
            try takesNone(command, last)
            return try evaluate(command.operand, dot)
        }
    }

    private func takesNone(_ command: TemplateCommand, _ last: TemplateValue?) throws(TemplateError) {
        if last != nil || !command.arguments.isEmpty { throw fault("can't give argument to non-function") }
    }

    /// The value of an argument.
    private mutating func evaluate(
        _ operand: TemplateOperand,
        _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        switch operand {
        case .dot: return dot
        case .nil: return .none
        case .literal(let value): return value
        case .fields(let names): return try chain(dot, names, [], dot, last: nil)
        case .variable(let name, let fields):
            let value = try variable(name)
            return fields.isEmpty ? value : try chain(value, fields, [], dot, last: nil)
        case .function(let function): return try call(function, [], dot, last: nil)
        case .pipeline(let pipeline):
            try enter()
            defer { leave() }
            return try evaluate(pipeline, dot)
        case .chain(let operand, let fields):
            return try chain(try evaluate(operand, dot), fields, [], dot, last: nil)
        }
    }

    // MARK: - Functions

    private mutating func call(
        _ function: TemplateFunction,
        _ operands: [TemplateOperand],
        _ dot: TemplateValue,
        last: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let count = operands.count + (last == nil ? 0 : 1)
        try located { () throws(TemplateFault) in try function.checkCount(count) }
        if let stopsAt = function.stopsAt {
            return try shortCircuit(operands, dot, last: last, stopsAt: stopsAt)
        }
        var arguments: [TemplateValue] = []
        arguments.reserveCapacity(count)
        for operand in operands { arguments.append(try evaluate(operand, dot)) }
        if let last { arguments.append(last) }
        do throws(TemplateFault) {
            try function.checkTypes(of: arguments)
        } catch {
            throw fault("wrong argument of \(function.name): \(error.reason)")
        }
        do throws(TemplateFault) {
            try charge(arguments.reduce(0) { $0 + $1.weight } / TemplateBounds.bytesOfStep)
            let result = try function.body(&self, arguments)
            try charge(result.weight / TemplateBounds.bytesOfStep)
            if case .text(let text) = result, text.utf8.count > TemplateBounds.mostBytes {
                throw TemplateFault("text longer than \(TemplateBounds.mostBytes) bytes")
            }
            return result
        } catch {
            throw fault("error calling \(function.name): \(error.reason)")
        }
    }

    /// `and` and `or`: the first argument that decides, or the last one. What comes behind is not evaluated.
    private mutating func shortCircuit(
        _ operands: [TemplateOperand],
        _ dot: TemplateValue,
        last: TemplateValue?,
        stopsAt: Bool
    ) throws(TemplateError) -> TemplateValue {
        var value = TemplateValue.none
        for operand in operands {
            value = try evaluate(operand, dot)
            if value.isTrue == stopsAt { return value }
        }
        return last ?? value
    }

    // MARK: - Fields

    /// Follows fields; the last one may be a method that takes arguments.
    private mutating func chain(
        _ receiver: TemplateValue,
        _ names: [String],
        _ operands: [TemplateOperand],
        _ dot: TemplateValue,
        last: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var value = receiver
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            if index > 0, case .none = value { throw fault("nil pointer evaluating interface {}.\(name)") }
            if let method = value.method(name) {
                var arguments: [TemplateValue] = []
                if isLast {
                    for operand in operands { arguments.append(try evaluate(operand, dot)) }
                    if let last { arguments.append(last) }
                }
                // A layout is looked at several times.
                let weight = 8 * arguments.reduce(0) { $0 + $1.weight } / TemplateBounds.bytesOfStep
                do throws(TemplateFault) {
                    try charge(weight)
                    value = try method(arguments)
                } catch {
                    throw fault(error.reason)
                }
                continue
            }
            if isLast, last != nil || !operands.isEmpty {
                throw fault("\(name) is not a method but has arguments")
            }
            guard let next = value.field(name) else {
                throw fault("can't evaluate field \(name) in type \(value.typeName)")
            }
            value = next
        }
        return value
    }
}

extension TemplateValue {
    /// A field of a struct or an element of a map; the zero value where a map has no such key, as Prometheus asks with
    /// the option missingkey=zero. Nil where there cannot be one.
    fileprivate func field(_ name: String) -> TemplateValue? {
        switch self {
        // Go has no type here to say what is missing.
        case .none: return TemplateValue.none
        case .labels(let labels): return .text(labels[name] ?? "")
        case .map(let map): return map[name] ?? TemplateValue.none
        case .sample(let sample): return sample.fields.first { $0.name == name }?.value
        case .alert(let alert):
            switch name {
            case "Labels": return .labels(alert.labels)
            case "Value": return .float(alert.value)
            default: return alert.fields.first { $0.name == name }?.value
            }
        default: return nil
        }
    }
}
