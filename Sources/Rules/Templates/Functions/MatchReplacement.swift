// SPDX-License-Identifier: Apache-2.0

/// The replacement of `reReplaceAll`: `$1`, `${1}`, `$name` and `${name}` stand for what a group matched, `$$` for `$`;
/// a `$` before anything else is itself. A name reaches as far as letters, digits and `_` do. A group that is not there,
/// or takes no part, stands for nothing.
///
/// Source: Go, package regexp, Regexp.Expand.
struct MatchReplacement {
    private enum Part {
        case text(String)
        case group(Int)
    }

    private var parts: [Part] = []

    init(_ template: String, groupNames: [String?]) {
        var rest = template.unicodeScalars[...]
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar != "$" {
                text.append(scalar)
            } else if rest.first == "$" {
                rest.removeFirst()
                text.append("$")
            } else if let name = MatchReplacement.takeName(&rest) {
                guard let group = MatchReplacement.group(name, groupNames) else { continue }
                parts += [.text(String(text)), .group(group)]
                text = String.UnicodeScalarView()
            } else {
                text.append("$")
            }
        }
        parts.append(.text(String(text)))
    }

    func expand(_ groups: [Range<Int>?], in bytes: [UInt8], into result: inout BoundedText) throws(TemplateFault) {
        for part in parts {
            switch part {
            case .text(let text): try result.append(text)
            case .group(let group):
                guard group < groups.count, let range = groups[group] else { continue }
                try result.append(String(decoding: bytes[range], as: UTF8.self))
            }
        }
    }

    /// Takes the name behind a `$`, with its braces; nil, and takes nothing, where there is none.
    private static func takeName(_ rest: inout Substring.UnicodeScalarView) -> String? {
        let isBraced = rest.first == "{"
        let start = isBraced ? rest.dropFirst() : rest
        let name = start.prefix { $0.isOfTemplateName }
        if name.isEmpty { return nil }
        var behind = start[name.endIndex...]
        if isBraced {
            guard behind.popFirst() == "}" else { return nil }
        }
        rest = behind
        return String(String.UnicodeScalarView(name))
    }

    /// The number of a group by number, or by name.
    private static func group(_ name: String, _ names: [String?]) -> Int? {
        guard name.utf8.allSatisfy({ $0.isTemplateDigit }) else { return names.firstIndex(of: name) }
        if name.utf8.count > 1, name.utf8.first == UInt8(ascii: "0") { return nil }
        return Int(name)
    }
}
