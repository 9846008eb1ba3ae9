// SPDX-License-Identifier: Apache-2.0

import YAML

/// A text that is known to the receiver and to nobody else: it is never printed, whichever way it is asked for.
public enum Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself.
    case text(String)
    /// The file that holds it, read anew for each request, so that it can be replaced while Tidemark runs.
    case file(String)

    /// Never the text; where it comes from at most.
    public var description: String {
        switch self {
        case .text: "<secret>"
        case .file(let path): "<secret in \(path)>"
        }
    }

    /// As ``description``.
    public var debugDescription: String { description }

    /// Without children: `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The text, without the line break a file ends with.
    ///
    /// - Throws: `FileError` when the file cannot be read or the text has a character that cannot be in a header.
    func read() throws(FileError) -> String {
        switch self {
        case .text(let text): return text
        case .file(let path):
            var text = try TextFile.read(path)[...]
            while let last = text.last, last.isNewline { text = text.dropLast() }
            guard HeaderText.isValue(text) else {
                throw FileError(file: path, line: nil, reason: "a control character is in the text")
            }
            return String(text)
        }
    }
}

/// What may stand in a header of a request (RFC 9110, section 5).
enum HeaderText {
    /// Whether this is a token.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }

    /// Whether it has no control character; with one, a text could add headers, or end them.
    static func isValue(_ value: some StringProtocol) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
