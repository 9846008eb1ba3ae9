// SPDX-License-Identifier: Apache-2.0

/// Steps through the members of a JSON object whose names are not known before.
///
/// The text has been found valid, by ``JSONObjectReader``; here only its structure is followed.
struct JSONMembers {
    /// A member as it is written: texts without their quotes.
    struct Member {
        let name: UnsafeBufferPointer<UInt8>
        let value: FieldValue
        /// Whether there are escape sequences in the name, and in the value, if it is a text.
        let isNameEscaped: Bool
        let isValueEscaped: Bool
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var at: Int

    /// - Parameter object: the text of one object, its braces included.
    init(_ object: UnsafeBufferPointer<UInt8>) {
        text = object
        at = (object.firstIndex(of: UInt8(ascii: "{")) ?? object.count) + 1
    }

    /// The next member, or nil at the end.
    mutating func next() -> Member? {
        // To the name: past white space and the comma.
        while at < text.count, text[at] != UInt8(ascii: "\"") {
            if text[at] == UInt8(ascii: "}") { return nil }
            at += 1
        }
        guard at < text.count else { return nil }
        let (name, isNameEscaped) = string()
        while at < text.count, text[at] <= 0x20 || text[at] == UInt8(ascii: ":") { at += 1 }
        guard at < text.count else { return nil }
        var isValueEscaped = false
        let value: FieldValue
        switch text[at] {
        case UInt8(ascii: "\""):
            let (content, isEscaped) = string()
            isValueEscaped = isEscaped
            value = .string(content.baseAddress, count: content.count)
        case UInt8(ascii: "{"): value = container(.object)
        case UInt8(ascii: "["): value = container(.array)
        default: value = scalar()
        }
        return Member(name: name, value: value, isNameEscaped: isNameEscaped, isValueEscaped: isValueEscaped)
    }

    /// The content of the text whose opening quote is here; goes behind the closing one.
    private mutating func string() -> (content: UnsafeBufferPointer<UInt8>, isEscaped: Bool) {
        at += 1
        let start = at
        var isEscaped = false
        while at < text.count, text[at] != UInt8(ascii: "\"") {
            if text[at] == UInt8(ascii: "\\") {
                isEscaped = true
                at += 1
            }
            at += 1
        }
        let end = min(at, text.count)
        at = end + 1
        return (UnsafeBufferPointer(rebasing: text[start..<end]), isEscaped)
    }

    private mutating func scalar() -> FieldValue {
        let start = at
        while at < text.count, text[at] > 0x20, text[at] != UInt8(ascii: ","), text[at] != UInt8(ascii: "}") { at += 1 }
        let kind: FieldValue.Kind =
            switch text[start] {
            case UInt8(ascii: "t"): .yes
            case UInt8(ascii: "f"): .no
            case UInt8(ascii: "n"): .null
            default: .number
            }
        return value(kind, from: start)
    }

    private mutating func container(_ kind: FieldValue.Kind) -> FieldValue {
        let start = at
        var depth = 0
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""):
                _ = string()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
            default:
                break
            }
            at += 1
            if depth == 0 { break }
        }
        return value(kind, from: start)
    }

    private func value(_ kind: FieldValue.Kind, from start: Int) -> FieldValue {
        let bytes = UnsafeBufferPointer(rebasing: text[start..<min(at, text.count)])
        return FieldValue(bytes: bytes.baseAddress, length: UInt32(bytes.count), rawKind: kind.rawValue)
    }
}
