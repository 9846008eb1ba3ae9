// SPDX-License-Identifier: Apache-2.0

extension TemplateFunction {
    /// `print` and its kin, and the texts for HTML, JavaScript and URLs.
    ///
    /// Source: Go, `text/template/funcs.go`.
    static let printing: [TemplateFunction] = [
        TemplateFunction("print", [], isVariadic: true) { _, arguments throws(TemplateFault) in
            .text(try ValuePrinter.printed(arguments))
        },
        TemplateFunction("println", [], isVariadic: true) { _, arguments throws(TemplateFault) in
            .text(try ValuePrinter.printedLine(arguments))
        },
        TemplateFunction("printf", [.text], isVariadic: true) { _, arguments throws(TemplateFault) in
            .text(try PrintFormat.text(arguments[0].string, Array(arguments.dropFirst())))
        },
        TemplateFunction("html", [], isVariadic: true) { _, arguments throws(TemplateFault) in
            .text(inHTML(try shown(arguments)))
        },
        TemplateFunction("js", [], isVariadic: true) { _, arguments throws(TemplateFault) in
            .text(inJavaScript(try shown(arguments)))
        },
        TemplateFunction("urlquery", [], isVariadic: true) { _, arguments throws(TemplateFault) in
            .text(QueryText.escaped(try shown(arguments)))
        },
        TemplateFunction("safeHtml", [.text]) { _, arguments in arguments[0] },
    ]

    /// As `print` has it, with what an action shows for no value.
    private static func shown(_ arguments: [TemplateValue]) throws(TemplateFault) -> String {
        if arguments.count == 1, case .text(let text) = arguments[0] { return text }
        return try ValuePrinter.printed(
            arguments.map {
                if case .none = $0 { .text("<no value>") } else { $0 }
            }
        )
    }

    private static func inHTML(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "&#34;"
            case "'": result += "&#39;"
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\0": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func inJavaScript(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "'": result += "\\'"
            case "\"": result += "\\\""
            case "<": result += "\\u003C"
            case ">": result += "\\u003E"
            case "&": result += "\\u0026"
            case "=": result += "\\u003D"
            case _ where scalar.value < 0x20 || !scalar.isASCII && !scalar.printsInGo:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
