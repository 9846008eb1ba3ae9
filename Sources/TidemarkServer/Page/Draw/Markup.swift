// SPDX-License-Identifier: Apache-2.0

/// HTML or SVG. What is put into it between `\(` and `)` is text and is escaped, unless it is markup itself: there is no way
/// to forget it.
///
/// ```swift
/// let name = "<spring>"
/// let row: Markup = "<td>\(name)</td>"  // <td>&lt;spring&gt;</td>
/// ```
struct Markup: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    /// Nothing.
    init() { text = "" }

    init(stringLiteral text: String) { self.text = text }

    init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ value: some StringProtocol) { text.append(escaping: value) }
        mutating func appendInterpolation(_ value: Int) { text += String(value) }
        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        mutating func appendInterpolation(_ parts: some Sequence<Markup>) { for part in parts { text += part.text } }

        /// A length or a place in a drawing, to a tenth. What no drawing can have is 0: a value may be any Float64.
        mutating func appendInterpolation(_ pixels: Double) {
            guard abs(pixels) < 1e9 else {
                text += "0"
                return
            }
            let tenths = Int((pixels * 10).rounded())
            text += tenths < 0 ? "-" : ""
            text += String(tenths.magnitude / 10)
            if tenths % 10 != 0 { text += "." + String(tenths.magnitude % 10) }
        }
    }

    static func += (left: inout Markup, right: Markup) { left.text += right.text }
    static func + (left: Markup, right: Markup) -> Markup {
        var sum = left
        sum += right
        return sum
    }
}

extension String {
    /// Appends text so that it says the same in an element and between quotes. Characters that no HTML may have, which only
    /// a hostile name does, become U+FFFD.
    ///
    /// Source: HTML Living Standard, 13.1.4 "Character references" and "control", "noncharacter".
    fileprivate mutating func append(escaping value: some StringProtocol) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": self += "&amp;"
            case "<": self += "&lt;"
            case ">": self += "&gt;"
            case "\"": self += "&quot;"
            case "'": self += "&#39;"
            case "\t", "\n": unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): self += "\u{FFFD}"
            case _ where (0xFDD0...0xFDEF).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE: self += "\u{FFFD}"
            default: unicodeScalars.append(scalar)
            }
        }
    }
}
