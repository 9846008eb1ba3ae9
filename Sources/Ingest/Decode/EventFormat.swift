// SPDX-License-Identifier: Apache-2.0

/// How the text of a body or file is to be read. CloudEvents are recognised, one by one, inside JSON.
public enum EventFormat: String, CaseIterable, Sendable {
    /// Decided by the mapping, else by the first character: `[` is a JSON array, anything else is NDJSON, except that a
    /// first line which is not a whole object begins a JSON text of several lines.
    case auto
    /// One JSON object on each line.
    case ndjson
    /// A JSON array of objects, or one object, over any number of lines.
    case json
    /// Comma-separated values, through a mapping.
    case csv

    /// The format of this text.
    static func detect(_ text: UnsafeBufferPointer<UInt8>) -> EventFormat {
        guard let first = text.first(where: { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }) else {
            return .ndjson
        }
        if first == UInt8(ascii: "[") { return .json }
        // A pretty-printed object: its first line ends inside it.
        var lineEnd = 0
        var begun = false
        while lineEnd < text.count, !(begun && text[lineEnd] == UInt8(ascii: "\n")) {
            if text[lineEnd] > 0x20 { begun = true }
            lineEnd += 1
        }
        var last = lineEnd
        while last > 0, text[last - 1] <= 0x20 { last -= 1 }
        if first == UInt8(ascii: "{"), last > 0 {
            let ending = text[last - 1]
            // A line that only lost its end is followed by another object.
            let next = text[lineEnd...].first { $0 > 0x20 }
            if ending == UInt8(ascii: "{") || ending == UInt8(ascii: ","), next != first { return .json }
        }
        return .ndjson
    }
}
