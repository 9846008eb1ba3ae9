// SPDX-License-Identifier: Apache-2.0

/// Steps through the elements of a JSON array, or the values of a JSON text, by their outermost brackets alone.
///
/// Every element is cut out before it is parsed, so that a fault inside one does not take its neighbours along: only a
/// missing bracket or quote reaches further than its own element.
struct JSONElements {
    /// A piece of text that should be one value.
    struct Element {
        let text: UnsafeBufferPointer<UInt8>
        /// The 1-based line on which it begins.
        let line: Int
        /// The text ended inside the element.
        let isCut: Bool
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var line = 1
    /// Whether the text is an array, whose brackets and commas separate elements.
    private let isArray: Bool
    private(set) var closed = false

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        var start = 0
        var line = 1
        while start < text.count, text[start] <= 0x20 {
            if text[start] == 0x0A { line += 1 }
            start += 1
        }
        isArray = start < text.count && text[start] == UInt8(ascii: "[")
        offset = isArray ? start + 1 : start
        self.line = line
    }

    /// The next element, or nil at the end.
    mutating func next() -> Element? {
        skipSeparators()
        guard offset < text.count else { return nil }
        let start = offset
        let startLine = line
        var depth = 0
        while offset < text.count {
            switch text[offset] {
            case UInt8(ascii: "\""):
                skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return element(from: start, startLine) }
                depth -= 1
                if depth == 0 {
                    offset += 1
                    // A value that goes on behind its bracket is one faulty element.
                    return rest(from: start, startLine)
                }
            case UInt8(ascii: ",") where depth == 0:
                return element(from: start, startLine)
            case 0x0A:
                if depth == 0, !isArray { return element(from: start, startLine) }
                line += 1
            default:
                break
            }
            offset += 1
        }
        return Element(text: UnsafeBufferPointer(rebasing: text[start...]), line: startLine, isCut: depth > 0)
    }

    /// Whether an array was opened and never closed, once `next` has given nil.
    var isUnclosed: Bool { isArray && !closed }

    private mutating func skipSeparators() {
        while offset < text.count {
            let byte = text[offset]
            if byte == 0x0A { line += 1 }
            if isArray, byte == UInt8(ascii: "]"), !closed {
                closed = true
            } else if !(byte <= 0x20 || (isArray && !closed && byte == UInt8(ascii: ","))) {
                return
            }
            offset += 1
        }
    }

    private mutating func skipString() {
        offset += 1
        while offset < text.count {
            let byte = text[offset]
            if byte == UInt8(ascii: "\\") {
                offset += 1
            } else if byte == UInt8(ascii: "\"") {
                offset += 1
                return
            } else if byte == 0x0A {
                line += 1
            }
            offset += 1
        }
        offset = min(offset, text.count)
    }

    /// Runs on to the next separator, so that `{} x,` is one element. Outside an array a line end separates too.
    private mutating func rest(from start: Int, _ startLine: Int) -> Element {
        while offset < text.count, text[offset] != UInt8(ascii: ","), text[offset] != UInt8(ascii: "]"),
            isArray || text[offset] != UInt8(ascii: "{") && text[offset] != 0x0A
        {
            if text[offset] == UInt8(ascii: "\"") {
                skipString()
                continue
            }
            if text[offset] == 0x0A { line += 1 }
            offset += 1
        }
        return element(from: start, startLine)
    }

    private mutating func element(from start: Int, _ startLine: Int) -> Element {
        if offset == start { offset += 1 }  // a stray closing bracket
        return Element(
            text: UnsafeBufferPointer(rebasing: text[start..<min(offset, text.count)]),
            line: startLine,
            isCut: false
        )
    }
}
