// SPDX-License-Identifier: Apache-2.0

import CSimdJSON

/// One field of an event as a decoder found it: a view of bytes that it does not own.
struct FieldValue: BitwiseCopyable, @unchecked Sendable {  // A view; whoever holds the bytes keeps it to one thread.
    enum Kind: UInt8 {
        case absent = 0
        case string = 1
        case number = 2
        case yes = 3
        case no = 4
        case null = 5
        case object = 6
        case array = 7
    }

    var bytes: UnsafePointer<UInt8>?
    var length: UInt32
    var rawKind: UInt8

    static let absent = FieldValue(bytes: nil, length: 0, rawKind: Kind.absent.rawValue)

    @inline(__always)
    static func string(_ bytes: UnsafePointer<UInt8>?, count: Int) -> FieldValue {
        FieldValue(bytes: bytes, length: UInt32(count), rawKind: Kind.string.rawValue)
    }

    @inline(__always)
    static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> FieldValue {
        .string(bytes.baseAddress, count: bytes.count)
    }

    @inline(__always)
    var count: Int { Int(length) }

    /// Neither absent nor `null`.
    @inline(__always)
    var isPresent: Bool { rawKind != Kind.absent.rawValue && rawKind != Kind.null.rawValue }

    /// A string or a number: what has text of its own.
    @inline(__always)
    var isText: Bool { rawKind == Kind.string.rawValue || rawKind == Kind.number.rawValue }

    /// A string, a number or a boolean: what is taken as it is written.
    var isWritten: Bool { isText || isBoolean }

    @inline(__always)
    var isString: Bool { rawKind == Kind.string.rawValue }

    @inline(__always)
    var isNumber: Bool { rawKind == Kind.number.rawValue }

    var isBoolean: Bool { rawKind == Kind.yes.rawValue || rawKind == Kind.no.rawValue }

    var isObject: Bool { rawKind == Kind.object.rawValue }

    var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: bytes, count: count) }

    /// The text as a string, for messages and for what is done once.
    var string: String { String(decoding: text, as: UTF8.self) }
}
