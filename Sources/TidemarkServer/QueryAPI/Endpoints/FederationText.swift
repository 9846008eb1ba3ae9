// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Tidemark
import TimeSeries

/// Lines of text 0.0.4 with timestamps.
struct FederationText {
    private(set) var page = PageText(format: .text, capacity: 16 << 10)
    /// Whether names of any characters may stand in quotes; otherwise other characters become underscores.
    let allowsUTF8: Bool

    init(allowsUTF8: Bool) { self.allowsUTF8 = allowsUTF8 }

    /// HELP, when there is one, and TYPE.
    mutating func begin(_ name: String, _ family: MetricFamily?) {
        let shown = isLegacy(name, colons: true) ? name : allowsUTF8 ? quoted(name) : underscored(name, colons: true)
        if let help = family?.help, !help.isEmpty { page.append("# HELP \(shown) \(escaped(help, quotes: false))\n") }
        let type =
            switch family?.type {
            case .counter: "counter"
            case .gauge: "gauge"
            default: "untyped"
            }
        page.append("# TYPE \(shown) \(type)\n")
    }

    /// One line.
    mutating func append(_ name: String, _ labels: Labels, _ value: Double, at time: Int64) {
        var parts: [String] = []
        let hasPlainName = isLegacy(name, colons: true) || !allowsUTF8
        if !hasPlainName { parts.append(quoted(name)) }
        var hasInstance = false
        for pair in labels.pairs where pair.name != "__name__" {
            if pair.name == "instance" { hasInstance = true }
            let isPlain = isLegacy(pair.name, colons: false)
            let label = isPlain ? pair.name : allowsUTF8 ? quoted(pair.name) : underscored(pair.name, colons: false)
            parts.append("\(label)=\(quoted(pair.value))")
        }
        if !hasInstance { parts.append("instance=\"\"") }
        let shown = hasPlainName ? underscored(name, colons: true) : ""
        page.append("\(shown){\(parts.joined(separator: ","))} \(doubleText(value)) \(time)\n")
    }

    // MARK: - Names

    private func isLegacy(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { isLegacy($0, colons: colons) }
    }

    private func isLegacy(_ byte: UInt8, colons: Bool) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        case 0x3A: colons
        default: false
        }
    }

    /// With an underscore for each character that older readers do not take.
    private func underscored(_ name: String, colons: Bool) -> String {
        if isLegacy(name, colons: colons) { return name }
        var result = ""
        for (index, scalar) in name.unicodeScalars.enumerated() {
            let isTaken = scalar.isASCII && isLegacy(UInt8(scalar.value), colons: colons)
            let isDigit = scalar.isASCII && (0x30...0x39).contains(scalar.value)
            result.unicodeScalars.append(isTaken && !(index == 0 && isDigit) ? scalar : "_")
        }
        return result
    }

    private func quoted(_ text: String) -> String { "\"\(escaped(text, quotes: true))\"" }

    private func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
