// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Writes values as Go's package fmt does, under the flags of a directive.
///
/// Source: Go, `fmt/print.go` and `fmt/format.go`.
struct ValuePrinter {
    /// What stands between `%` and the verb.
    struct Flags {
        var width: Int?
        var precision: Int?
        var minus = false
        var plus = false
        var sharp = false
        var space = false
        var zero = false
        /// `%+v` and `%#v`, where the flags mean something else than for the other verbs.
        var plusV = false
        var sharpV = false

        /// Turns `+` and `#` into those of `%v`.
        mutating func applyToV() {
            (plusV, sharpV) = (plus, sharp)
            (plus, sharp) = (false, false)
        }
    }

    private(set) var output = BoundedText()
    var flags = Flags()
    /// Whether a verb that does not fit is being told: integers are numbers then, whatever they mean.
    private var isInFault = false

    mutating func append(_ text: String) throws(TemplateFault) { try output.append(text) }

    /// Adds a text with what fills its width.
    mutating func pad(_ text: String) throws(TemplateFault) {
        guard let width = flags.width else { return try output.append(text) }
        let fill = width - text.unicodeScalars.count
        if !flags.minus { try output.append(flags.zero ? "0" : " ", count: fill) }
        try output.append(text)
        if flags.minus { try output.append(" ", count: fill) }
    }

    // MARK: - Values

    /// - Parameter depth: how many values are around it.
    mutating func write(_ value: TemplateValue, verb: Unicode.Scalar, depth: Int = 0) throws(TemplateFault) {
        if verb == "T", depth == 0, !value.isNone { return try writeText(value.typeName, verb: "s", of: value) }
        let isNumber = isInFault && value.wholeNumber != nil
        if !isNumber, let text = value.ownText, "vsxXq".unicodeScalars.contains(verb) {
            return try writeText(text, verb: verb, of: value)
        }
        if let number = value.wholeNumber { return try writeInteger(number, verb: verb, of: value) }
        switch value {
        case .bool(let value):
            guard verb == "t" || verb == "v" else { return try writeBadVerb(verb, .bool(value)) }
            try pad(value ? "true" : "false")
        case .float(let number): try writeFloat(number, verb: verb)
        case .text(let text): try writeText(text, verb: verb, of: value)
        case .none:
            if depth > 0 { return try append("<nil>") }
            if verb == "v" || verb == "T" { return try pad("<nil>") }
            try append("%!\(verb)(<nil>)")
        case .labels(let labels):
            try writeMap(value, labels.pairs.lazy.map { ($0.name, .text($0.value)) }, verb: verb, depth)
        case .map(let map): try writeMap(value, map.pairs, verb: verb, depth)
        case .vector(let samples): try writeList(samples.lazy.map { .sample($0) }, verb: verb, depth)
        case .sample(let sample):
            if depth == 0 { try append("&") }
            try writeStruct(sample.fields, verb: verb, depth)
        case .alert(let alert): try writeStruct(alert.fields, verb: verb, depth)
        // Has a text of its own.
        default: try writeBadVerb(verb, value)
        }
    }

    /// `%!d(string=x)`.
    mutating func writeBadVerb(_ verb: Unicode.Scalar, _ value: TemplateValue) throws(TemplateFault) {
        try append("%!\(verb)(\(value.typeName)=")
        isInFault = true
        defer { isInFault = false }
        try write(value, verb: "v")
        try append(")")
    }

    // MARK: - What has parts

    private mutating func writeMap(
        _ map: TemplateValue,
        _ pairs: some Sequence<(String, TemplateValue)>,
        verb: Unicode.Scalar,
        _ depth: Int
    ) throws(TemplateFault) {
        let isGo = flags.sharpV
        try append(isGo ? map.typeName + "{" : "map[")
        var isFirst = true
        for (name, value) in pairs {
            if !isFirst { try append(isGo ? ", " : " ") }
            isFirst = false
            try write(.text(name), verb: verb, depth: depth + 1)
            try append(":")
            try write(value, verb: verb, depth: depth + 1)
        }
        try append(isGo ? "}" : "]")
    }

    private mutating func writeList(
        _ values: some Sequence<TemplateValue>,
        verb: Unicode.Scalar,
        _ depth: Int
    ) throws(TemplateFault) {
        try append("[")
        var isFirst = true
        for value in values {
            if !isFirst { try append(" ") }
            isFirst = false
            try write(value, verb: verb, depth: depth + 1)
        }
        try append("]")
    }

    private mutating func writeStruct(
        _ fields: [(name: String, value: TemplateValue)],
        verb: Unicode.Scalar,
        _ depth: Int
    ) throws(TemplateFault) {
        try append("{")
        for (index, field) in fields.enumerated() {
            if index > 0 { try append(" ") }
            if flags.plusV || flags.sharpV { try append(field.name + ":") }
            try write(field.value, verb: verb, depth: depth + 1)
        }
        try append("}")
    }
}

extension ValuePrinter {
    /// Go's Sprint: a space between values neither of which is a string.
    static func printed(_ values: [TemplateValue]) throws(TemplateFault) -> String {
        var printer = ValuePrinter()
        var wasText = false
        for (index, value) in values.enumerated() {
            let isText = if case .text = value { true } else { false }
            if index > 0, !isText, !wasText { try printer.append(" ") }
            try printer.write(value, verb: "v")
            wasText = isText
        }
        return printer.output.text
    }

    /// Go's Sprintln: a space between all values, and a line feed.
    static func printedLine(_ values: [TemplateValue]) throws(TemplateFault) -> String {
        var printer = ValuePrinter()
        for (index, value) in values.enumerated() {
            if index > 0 { try printer.append(" ") }
            try printer.write(value, verb: "v")
        }
        try printer.append("\n")
        return printer.output.text
    }
}
