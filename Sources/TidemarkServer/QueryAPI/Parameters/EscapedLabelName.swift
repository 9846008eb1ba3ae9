// SPDX-License-Identifier: Apache-2.0

/// Undoes the escape by which a label name of any characters fits into a URL's path: `U__http_2e_status` is
/// `http.status`. A name that does not begin with `U__`, or is no such escape, stays as it is.
///
/// Source: prometheus/common, `model/metric.go`, `UnescapeName` with `ValueEncodingEscaping`.
func unescapedLabelName(_ name: String) -> String {
    guard name.hasPrefix("U__") else { return name }
    let underscore = UInt8(ascii: "_")
    var result = ""
    var rest = name.utf8.dropFirst(3)
    while let byte = rest.popFirst() {
        guard byte == underscore else {
            result.unicodeScalars.append(Unicode.Scalar(byte))
            continue
        }
        if rest.first == underscore {
            rest.removeFirst()
            result += "_"
            continue
        }
        // `_2e_`: the code point in hexadecimal, at most six digits.
        let digits = rest.prefix(7).prefix { $0 != underscore }
        guard (1...6).contains(digits.count), digits.endIndex < rest.endIndex,
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), let scalar = Unicode.Scalar(code)
        else { return name }
        result.unicodeScalars.append(scalar)
        rest = rest.dropFirst(digits.count + 1)
    }
    return result
}
