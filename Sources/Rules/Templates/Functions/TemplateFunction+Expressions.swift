// SPDX-License-Identifier: Apache-2.0

extension TemplateFunction {
    /// Regular expressions.
    ///
    /// Source: Prometheus, `template/template.go`; Go, package regexp, MatchString and Regexp.ReplaceAllString.
    static let expressions: [TemplateFunction] = [
        TemplateFunction("match", [.text, .text]) { evaluation, arguments throws(TemplateFault) in
            let search = try evaluation.search(arguments[0].string)
            return .bool(try search.first(in: arguments[1].string, from: 0, &evaluation) != nil)
        },
        TemplateFunction("reReplaceAll", [.text, .text, .text]) { evaluation, arguments throws(TemplateFault) in
            let search = try evaluation.search(arguments[0].string)
            return .text(try search.replace(in: arguments[2].string, with: arguments[1].string, &evaluation))
        },
    ]
}
