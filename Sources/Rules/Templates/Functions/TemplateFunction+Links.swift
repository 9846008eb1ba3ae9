// SPDX-License-Identifier: Apache-2.0

extension TemplateFunction {
    /// Addresses of Prometheus's pages, and where it is reached.
    ///
    /// Source: Prometheus, `template/template.go` and `util/strutil/strconv.go`.
    static let links: [TemplateFunction] = [
        TemplateFunction("graphLink", [.text]) { _, arguments in
            .text("/graph?g0.expr=\(QueryText.escaped(arguments[0].string))&g0.tab=0")
        },
        TemplateFunction("tableLink", [.text]) { _, arguments in
            .text(QueryText.tablePath(of: arguments[0].string))
        },
        TemplateFunction("urlQueryEscape", [.text]) { _, arguments in .text(QueryText.escaped(arguments[0].string)) },
        TemplateFunction("externalURL", []) { evaluation, _ in .text(evaluation.scope.externalURL) },
        TemplateFunction("pathPrefix", []) { evaluation, _ in
            .text(QueryText.path(ofURL: evaluation.scope.externalURL))
        },
        // Only for Prometheus's pages in HTML; here it gives the text.
        TemplateFunction("tmpl", [.text, .any]) { evaluation, arguments throws(TemplateFault) in
            do throws(TemplateError) {
                return .text(try evaluation.text(of: arguments[0].string, arguments[1]))
            } catch {
                throw TemplateFault(error.reason)
            }
        },
    ]
}
