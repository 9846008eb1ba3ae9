// SPDX-License-Identifier: Apache-2.0

/// Steps through the members of one JSON object whose grammar has been checked already, as simdjson's shim does with what
/// is nested in an event.
///
/// Names and texts are views of the object's text, or of `scratch` where escapes had to be resolved; the latter are good
/// until the next member.
struct ObjectMembers {
    private let text: UnsafeBufferPointer<UInt8>
    private var at: Int

    /// - Parameter object: the text of one object, with its braces.
    init(_ object: UnsafeBufferPointer<UInt8>) {
        text = object
        at = (object.firstIndex(of: UInt8(ascii: "{")) ?? object.count) + 1
    }

    /// The next member; false at the end.
    @inline(__always)
    mutating func next(
        _ name: inout FieldValue,
        _ value: inout FieldValue,
        scratch: inout GrowableBuffer<UInt8>
    ) -> Bool {
        skip { $0 <= 0x20 || $0 == UInt8(ascii: ",") }
        guard at < text.count, text[at] == UInt8(ascii: "\"") else { return false }
        scratch.removeAll()
        // Two texts of a member at most are resolved: room for both, so that the first does not move.
        scratch.reserve(text.count &- at)
        name = string(&scratch)
        skip { $0 <= 0x20 || $0 == UInt8(ascii: ":") }
        guard at < text.count else { return false }
        switch text[at] {
        case UInt8(ascii: "\""): value = string(&scratch)
        case UInt8(ascii: "{"): value = nested(.object)
        case UInt8(ascii: "["): value = nested(.array)
        default: value = scalar()
        }
        return true
    }

    @inline(__always)
    private mutating func skip(_ isPassed: (UInt8) -> Bool) {
        while at < text.count, isPassed(text[at]) { at &+= 1 }
    }

    private mutating func scalar() -> FieldValue {
        let start = at
        skip { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        let kind: FieldValue.Kind =
            switch text[start] {
            case UInt8(ascii: "t"): .yes
            case UInt8(ascii: "f"): .no
            case UInt8(ascii: "n"): .null
            default: .number
            }
        return view(start, at, kind)
    }

    @inline(__always)
    private func view(_ start: Int, _ end: Int, _ kind: FieldValue.Kind) -> FieldValue {
        FieldValue(
            bytes: text.baseAddress.map { $0 + start },
            length: UInt32(truncatingIfNeeded: end &- start),
            rawKind: kind.rawValue
        )
    }

    private mutating func nested(_ kind: FieldValue.Kind) -> FieldValue {
        let start = at
        var depth = 0
        repeat {
            switch text[at] {
            case UInt8(ascii: "\""): passString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            default: at += 1
            }
        } while depth > 0 && at < text.count
        return view(start, at, kind)
    }

    /// Moves behind a text; whether it has escapes.
    @inline(__always)
    @discardableResult
    private mutating func passString() -> Bool {
        var escaped = false
        at &+= 1
        while at < text.count, text[at] != UInt8(ascii: "\"") {
            if text[at] == UInt8(ascii: "\\") {
                escaped = true
                at &+= 1
            }
            at &+= 1
        }
        at &+= 1
        return escaped
    }

    @inline(__always)
    private mutating func string(_ scratch: inout GrowableBuffer<UInt8>) -> FieldValue {
        let start = at &+ 1
        guard passString() else { return view(start, at &- 1, .string) }
        let begin = scratch.count
        resolve(UnsafeBufferPointer(rebasing: text[start..<(at - 1)]), into: &scratch)
        return .string(scratch.base + begin, count: scratch.count - begin)
    }

    /// The text that escapes stand for (RFC 8259, section 7). Half of a surrogate pair becomes U+FFFD.
    private func resolve(_ escaped: UnsafeBufferPointer<UInt8>, into scratch: inout GrowableBuffer<UInt8>) {
        var units: [UInt16] = []
        func flush(_ scratch: inout GrowableBuffer<UInt8>) {
            guard !units.isEmpty else { return }
            for byte in String(decoding: units, as: UTF16.self).utf8 { scratch.append(byte) }
            units = []
        }
        var index = 0
        while index < escaped.count {
            guard escaped[index] == UInt8(ascii: "\\"), index + 1 < escaped.count else {
                flush(&scratch)
                scratch.append(escaped[index])
                index += 1
                continue
            }
            let letter = escaped[index + 1]
            index += 2
            if letter == UInt8(ascii: "u") {
                let digits = String(decoding: escaped[index..<min(index + 4, escaped.count)], as: UTF8.self)
                units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
                index += 4
                continue
            }
            flush(&scratch)
            switch letter {
            case UInt8(ascii: "b"): scratch.append(0x08)
            case UInt8(ascii: "f"): scratch.append(0x0C)
            case UInt8(ascii: "n"): scratch.append(0x0A)
            case UInt8(ascii: "r"): scratch.append(0x0D)
            case UInt8(ascii: "t"): scratch.append(0x09)
            default: scratch.append(letter)
            }
        }
        flush(&scratch)
    }
}
