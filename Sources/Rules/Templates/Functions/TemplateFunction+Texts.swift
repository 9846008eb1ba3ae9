// SPDX-License-Identifier: Apache-2.0

extension TemplateFunction {
    /// Letters, and the parts of addresses.
    ///
    /// Source: Prometheus, `template/template.go`; Go, package strings.
    static let texts: [TemplateFunction] = [
        TemplateFunction("toUpper", [.text]) { _, arguments in .text(mapped(arguments[0].string, \.uppercaseMapping)) },
        TemplateFunction("toLower", [.text]) { _, arguments in .text(mapped(arguments[0].string, \.lowercaseMapping)) },
        TemplateFunction("title", [.text]) { _, arguments in .text(titled(arguments[0].string)) },
        TemplateFunction("stripPort", [.text]) { _, arguments in
            .text(HostPort(arguments[0].string)?.host ?? arguments[0].string)
        },
        TemplateFunction("stripDomain", [.text]) { _, arguments in
            .text(HostPort.withoutDomain(arguments[0].string))
        },
    ]

    /// One character becomes one, as in Go; where Unicode says several, it stays.
    private static func mapped(
        _ text: String,
        _ mapping: KeyPath<Unicode.Scalar.Properties, String>
    ) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(mapped(scalar, mapping))
        }
        return String(result)
    }

    private static func mapped(
        _ scalar: Unicode.Scalar,
        _ mapping: KeyPath<Unicode.Scalar.Properties, String>
    ) -> Unicode.Scalar {
        let mapped = scalar.properties[keyPath: mapping].unicodeScalars
        return mapped.count == 1 ? mapped.first ?? scalar : scalar
    }

    /// The first letter of each word in its title form; the others stay.
    private static func titled(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var isFirst = true
        for scalar in text.unicodeScalars {
            result.append(isFirst ? mapped(scalar, \.titlecaseMapping) : scalar)
            if scalar.isASCII {
                isFirst = !scalar.isOfTemplateName
            } else {
                isFirst = !scalar.isOfTemplateName && scalar.properties.isWhitespace
            }
        }
        return String(result)
    }
}
