// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A text that is made piece by piece and does not grow beyond ``TemplateBounds/mostBytes``.
struct BoundedText {
    private(set) var text = ""

    var count: Int { text.utf8.count }

    mutating func append(_ piece: String) throws(TemplateFault) {
        guard count + piece.utf8.count <= TemplateBounds.mostBytes else {
            throw TemplateFault("text longer than \(TemplateBounds.mostBytes) bytes")
        }
        text += piece
    }

    /// Adds a value as an action prints it.
    mutating func appendShown(_ value: TemplateValue) throws(TemplateFault) {
        switch value {
        case .text(let text): try append(text)
        case .float(let value): try append(GoNumber.general(value))
        case .integer(let value): try append(String(value))
        case .none: try append("<no value>")
        default:
            var printer = ValuePrinter()
            try printer.write(value, verb: "v", depth: 1)
            try append(printer.output.text)
        }
    }

    /// Adds so many of one character.
    mutating func append(_ fill: Character, count: Int) throws(TemplateFault) {
        if count <= 0 { return }
        guard self.count + count <= TemplateBounds.mostBytes else {
            throw TemplateFault("text longer than \(TemplateBounds.mostBytes) bytes")
        }
        text += String(repeating: fill, count: count)
    }
}
