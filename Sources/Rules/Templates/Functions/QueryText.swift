// SPDX-License-Identifier: Apache-2.0

/// Texts in URLs.
enum QueryText {
    /// With `%XX` for all but letters, digits and `-_.~`, and `+` for a space.
    ///
    /// Source: Go, net/url, QueryEscape.
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.append(byte)
            case 0x20: result.append(UInt8(ascii: "+"))
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The path of Prometheus's page that shows an expression as a table.
    ///
    /// Source: Prometheus, `util/strutil/strconv.go`, TableLinkForExpression.
    static func tablePath(of query: String) -> String { "/graph?g0.expr=\(escaped(query))&g0.tab=1" }

    /// The path of a URL, its `%XX` undone; empty where it has none.
    static func path(ofURL url: String) -> String {
        var rest = url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest[colon...].starts(with: "://".utf8) {
            rest = rest[rest.index(colon, offsetBy: 3)...].drop { $0 != UInt8(ascii: "/") }
        }
        var bytes = Array(rest)[...]
        var result: [UInt8] = []
        while let byte = bytes.popFirst() {
            let digits = String(decoding: bytes.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
                let value = UInt8(digits, radix: 16)
            {
                result.append(value)
                bytes = bytes.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
