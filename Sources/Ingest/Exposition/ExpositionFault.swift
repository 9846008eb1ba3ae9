// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a line of an exposition.
public struct ExpositionFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The 1-based line.
    public let line: Int
    /// The fault in words.
    public let reason: String

    /// A fault.
    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    /// `line 3: 'x' is not a number`.
    public var description: String { "line \(line): \(reason)" }
}

/// What is wrong inside a line, before it is known which line it is.
struct SyntaxFault: Error {
    let reason: String
    /// The line, where it is known to be another one than that which is being read.
    let line: Int?

    init(_ reason: String, line: Int? = nil) {
        self.reason = reason
        self.line = line
    }

    /// A piece of a faulty line, short and printable, in single quotes.
    static func quoted(_ text: UnsafeBufferPointer<UInt8>) -> String {
        let shown = String(decoding: text.prefix(60), as: UTF8.self).unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? scalar.escaped(asASCII: true) : String(scalar)
        }.joined()
        return "'\(shown)\(text.count > 60 ? "…" : "")'"
    }
}
