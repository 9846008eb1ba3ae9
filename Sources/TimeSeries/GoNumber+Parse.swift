// SPDX-License-Identifier: Apache-2.0

extension GoNumber {
    /// The number of a text as Go reads one: decimal, or hexadecimal with a binary exponent, with underscores between
    /// digits; `inf` and `infinity` with a sign or without, `nan`, in any case of letters. Nil for anything else, and
    /// for what is too large for a Double.
    ///
    /// Source: Go, `strconv.ParseFloat`.
    package static func parse(_ text: String) -> Double? {
        var rest = Array(text.utf8)[...]
        let isSigned = rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+")
        let isNegative = rest.first == UInt8(ascii: "-")
        if isSigned { rest = rest.dropFirst() }
        switch String(decoding: rest, as: UTF8.self).lowercased() {
        case "inf", "infinity": return isNegative ? -.infinity : .infinity
        case "nan": return isSigned ? nil : .nan
        default: break
        }
        guard let digits = plainNumber(rest), let value = Double(digits), value.isFinite else { return nil }
        return isNegative ? -value : value
    }

    /// A number without a sign, its underscores taken out; nil when it does not have the form of one.
    private static func plainNumber(_ bytes: ArraySlice<UInt8>) -> String? {
        let bytes = bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }  // small letters
        let isHexadecimal = bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")])
        func isDigit(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || isHexadecimal && (0x61...0x66).contains(byte)
        }
        var plain = isHexadecimal ? Array(bytes.prefix(2)) : []
        var position = plain.count
        var digits = 0
        var hasPoint = false
        /// Whether an underscore may come: behind a digit or the prefix.
        var mayBreak = isHexadecimal
        var isBroken = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "_") {
                guard mayBreak, !isBroken else { return nil }
                isBroken = true
            } else if isDigit(byte) {
                digits += 1
                (mayBreak, isBroken) = (true, false)
                plain.append(byte)
            } else if byte == UInt8(ascii: "."), !hasPoint, !isBroken {
                hasPoint = true
                mayBreak = false
                plain.append(byte)
            } else {
                break
            }
            position += 1
        }
        guard digits > 0, !isBroken else { return nil }
        if position == bytes.count { return isHexadecimal ? nil : String(decoding: plain, as: UTF8.self) }
        guard bytes[position] == UInt8(ascii: isHexadecimal ? "p" : "e") else { return nil }
        plain.append(bytes[position])
        var exponent = bytes[(position + 1)...]
        if let sign = exponent.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            plain.append(sign)
            exponent = exponent.dropFirst()
        }
        guard let first = exponent.first, first != UInt8(ascii: "_"), exponent.last != UInt8(ascii: "_") else {
            return nil
        }
        for (byte, next) in zip(exponent, exponent.dropFirst()) where byte == UInt8(ascii: "_") && next == byte {
            return nil
        }
        let power = exponent.filter { $0 != UInt8(ascii: "_") }
        guard power.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return String(decoding: plain + power, as: UTF8.self)
    }
}
