// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The replacement text of `label_replace`, and of `reReplaceAll` in templates: `$1`, `${1}`, `$name` and `${name}` stand for what a group matched, `$$` for
/// `$`; a `$` before anything else is itself. A name reaches as far as letters, digits and `_` do, so that `$1x` is the
/// group named `1x`. A group that is not there, or takes no part, stands for nothing.
///
/// Source: Go, `regexp`, Regexp.Expand.
package struct ReplacementTemplate {
    private enum Part {
        case text(String)
        case group(Int)
    }

    private var parts: [Part] = []

    /// Of the groups with one name the first that takes part counts, as in Go; RE2 has no name twice.
    package init(_ template: String, groupNames: [String?]) {
        var rest = template[...]
        var text = ""
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                text += "$"
                rest.removeFirst()
            } else if let name = ReplacementTemplate.takeName(&rest) {
                let number = ReplacementTemplate.number(name)
                if let group = number ?? groupNames.firstIndex(of: name), group < groupNames.count {
                    parts += [.text(text), .group(group)]
                    text = ""
                }
            } else {
                text += "$"
            }
        }
        parts.append(.text(text + rest))
    }

    /// The text for the groups of a match in a value; nil when it would be longer than so many bytes.
    func expand(_ groups: [Range<Int>?], in value: String, atMost limit: Int) -> String? {
        struct TooLong: Error {}
        var result = ""
        do throws(TooLong) {
            try expand(groups, in: Array(value.utf8)) { text throws(TooLong) in
                result += text
                if result.utf8.count > limit { throw TooLong() }
            }
        } catch {
            return nil
        }
        return result
    }

    /// Hands over the pieces of the text for the groups of a match, one behind the other.
    package func expand<Failure: Error>(
        _ groups: [Range<Int>?],
        in bytes: [UInt8],
        _ append: (String) throws(Failure) -> Void
    ) throws(Failure) {
        for part in parts {
            switch part {
            case .text(let text): try append(text)
            case .group(let group):
                if let range = groups[group] { try append(String(decoding: bytes[range], as: UTF8.self)) }
            }
        }
    }

    /// Takes the name, with its braces, behind a `$`; nil, and takes nothing, where there is none.
    private static func takeName(_ rest: inout Substring) -> String? {
        let isBraced = rest.first == "{"
        let start = isBraced ? rest.dropFirst() : rest
        let scalars = start.unicodeScalars
        let end = scalars.firstIndex { !isOfName($0) } ?? scalars.endIndex
        let name = String(scalars[..<end])
        if name.isEmpty { return nil }
        var behind = start[end...]
        if isBraced {
            guard behind.unicodeScalars.first == "}" else { return nil }
            behind = Substring(behind.unicodeScalars.dropFirst())
        }
        rest = behind
        return name
    }

    /// Letters, digits of any kind, and `_`.
    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
            return true
        default: return false
        }
    }

    /// The number of a group: digits without a leading zero, at most nine.
    private static func number(_ name: String) -> Int? {
        guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), name.utf8.count < 10 else { return nil }
        if name.utf8.first == 0x30, name.utf8.count > 1 { return nil }
        return Int(name)
    }
}
