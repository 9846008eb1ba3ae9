// SPDX-License-Identifier: Apache-2.0

/// What `printf` makes of a format and arguments; what does not fit together is shown in the text, as Go does.
///
/// Source: Go, package fmt, and `doPrintf` in its `print.go`.
struct PrintFormat {
    /// Widths and precisions beyond it are none, as in Go: written ones when another digit follows.
    static let mostWidth = 1_000_000

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private let arguments: [TemplateValue]
    private var argument = 0
    private var printer = ValuePrinter()
    /// Whether an argument was named by its number anywhere: then none is said to be left over.
    private var isReordered = false
    private var hasGoodNumber = true
    /// Whether a `[n]` has just been read.
    private var isBehindNumber = false

    private init(_ format: String, _ arguments: [TemplateValue]) {
        scalars = Array(format.unicodeScalars)
        self.arguments = arguments
    }

    static func text(_ format: String, _ arguments: [TemplateValue]) throws(TemplateFault) -> String {
        var format = PrintFormat(format, arguments)
        try format.run()
        return format.printer.output.text
    }

    private mutating func run() throws(TemplateFault) {
        while index < scalars.count {
            let start = index
            while index < scalars.count, scalars[index] != "%" { index += 1 }
            if index > start { try printer.append(text(start..<index)) }
            if index < scalars.count { try directive() }
        }
        if !isReordered, argument < arguments.count { try writeExtra() }
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private var peeked: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    // MARK: - Directives

    private mutating func directive() throws(TemplateFault) {
        index += 1
        printer.flags = ValuePrinter.Flags()
        hasGoodNumber = true
        isBehindNumber = false
        readFlags()
        readArgumentNumber()
        try readWidth()
        try readPrecision()
        if !isBehindNumber { readArgumentNumber() }
        guard let verb = peeked else { return try printer.append("%!(NOVERB)") }
        index += 1
        if verb == "%" { return try printer.append("%") }
        guard hasGoodNumber else { return try printer.append("%!\(verb)(BADINDEX)") }
        guard argument < arguments.count else { return try printer.append("%!\(verb)(MISSING)") }
        let value = arguments[argument]
        argument += 1
        if verb == "v" { printer.flags.applyToV() }
        try printer.write(value, verb: verb)
    }

    private mutating func readFlags() {
        while let flag = peeked {
            switch flag {
            case "#": printer.flags.sharp = true
            case "0": printer.flags.zero = true
            case "+": printer.flags.plus = true
            case "-": printer.flags.minus = true
            case " ": printer.flags.space = true
            default: return
            }
            index += 1
        }
    }

    private mutating func readWidth() throws(TemplateFault) {
        if peeked == "*" {
            index += 1
            guard let width = starArgument() else { return try printer.append("%!(BADWIDTH)") }
            printer.flags.width = Int(width.magnitude)
            if width < 0 { printer.flags.minus = true }
            isBehindNumber = false
            return
        }
        printer.flags.width = number()
        // `%[3]2d`.
        if isBehindNumber, printer.flags.width != nil { hasGoodNumber = false }
    }

    private mutating func readPrecision() throws(TemplateFault) {
        guard index + 1 < scalars.count, peeked == "." else { return }
        index += 1
        // `%[3].2d`.
        if isBehindNumber { hasGoodNumber = false }
        readArgumentNumber()
        guard peeked == "*" else {
            printer.flags.precision = number() ?? 0
            return
        }
        index += 1
        isBehindNumber = false
        guard let precision = starArgument() else { return try printer.append("%!(BADPREC)") }
        if precision < 0 { return try printer.append("%!(BADPREC)") }
        printer.flags.precision = Int(precision)
    }

    /// The digits that are next. Beyond ``mostWidth`` the rest of the format is passed over, as in Go.
    private mutating func number() -> Int? {
        var value: Int?
        while let digit = peeked, ("0"..."9").contains(digit) {
            if let value, value > PrintFormat.mostWidth {
                index = scalars.count
                return nil
            }
            value = (value ?? 0) * 10 + Int(digit.value - 0x30)
            index += 1
        }
        return value
    }

    /// The argument that a `*` takes; nil where it is no int of that size.
    private mutating func starArgument() -> Int64? {
        guard argument < arguments.count else { return nil }
        let value = arguments[argument].wholeNumber
        argument += 1
        guard let value, value.magnitude <= PrintFormat.mostWidth else { return nil }
        return value
    }

    /// `[n]`: the argument that comes next, counted from 1.
    private mutating func readArgumentNumber() {
        guard peeked == "[" else { return }
        isReordered = true
        guard let end = scalars[index...].firstIndex(of: "]") else {
            hasGoodNumber = false
            index += 1
            return
        }
        let digits = text((index + 1)..<end)
        index = end + 1
        guard digits.utf8.allSatisfy({ $0.isTemplateDigit }), let number = Int(digits), number >= 1,
            number <= arguments.count
        else {
            hasGoodNumber = false
            return
        }
        argument = number - 1
        isBehindNumber = true
    }

    private mutating func writeExtra() throws(TemplateFault) {
        printer.flags = ValuePrinter.Flags()
        try printer.append("%!(EXTRA ")
        for (index, value) in arguments[argument...].enumerated() {
            if index > 0 { try printer.append(", ") }
            try printer.append(value.typeName)
            if case .none = value { continue }
            try printer.append("=")
            try printer.write(value, verb: "v")
        }
        try printer.append(")")
    }
}
