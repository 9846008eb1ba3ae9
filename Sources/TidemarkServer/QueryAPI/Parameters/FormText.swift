// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// One name and value of a query string or of a form.
struct FormField: Equatable, Sendable {
    var name: String
    var value: String
}

/// Reads `application/x-www-form-urlencoded` text: `a=1&b=x+y&c=%2F`.
///
/// - Throws: ``APIError``, 400, for a `%` that no two hexadecimal digits follow, or bytes that are no UTF-8.
/// Source: WHATWG URL standard, 5.1; Go's `url.ParseQuery`, which refuses the same escapes.
func formFields(_ text: some Collection<UInt8>) throws(APIError) -> [FormField] {
    var fields: [FormField] = []
    for part in text.split(separator: UInt8(ascii: "&")) {
        let equals = part.firstIndex(of: UInt8(ascii: "="))
        let name = try unescaped(part[..<(equals ?? part.endIndex)])
        let value = try equals.map { equals throws(APIError) in try unescaped(part[part.index(after: equals)...]) }
        fields.append(FormField(name: name, value: value ?? ""))
    }
    return fields
}

/// Undoes the escapes of one name or value, `+` for a space included.
private func unescaped(_ text: some Collection<UInt8>) throws(APIError) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
        case UInt8(ascii: "%"):
            let escape = rest.prefix(2)
            guard let high = escape.first.flatMap(hexadecimal), let low = escape.dropFirst().first.flatMap(hexadecimal)
            else {
                let shown = String(decoding: [byte] + escape, as: UTF8.self)
                throw APIError(.badRequest, "error parsing form values: invalid URL escape \"\(shown)\"")
            }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        default: bytes.append(byte)
        }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw APIError(.badRequest, "error parsing form values: not UTF-8")
    }
    return text
}

/// The value of a hexadecimal digit.
func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
