// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Cuts a text into rows of fields (RFC 4180: quotes around a field, doubled inside one, line feeds allowed inside).
///
/// A faulty row ends with its first line, so a missing quote costs one row and not all that follow.
struct CSVRows {
    enum Row {
        /// The fields of a row stand in `fields`.
        case fields
        case fault(RejectReason, String)
        /// The text ends inside the row, and there is more to come; `consumed` is where it begins.
        case incomplete
    }

    private let text: UnsafeBufferPointer<UInt8>
    private let delimiter: UInt8
    private let isLast: Bool
    private var offset = 0
    /// Fields with doubled quotes, made single; reset for each row.
    private let unquoted: UnsafeMutablePointer<UInt8>

    /// The 1-based line on which the last row begins.
    private(set) var line = 0
    private var nextLine = 1

    /// The text ended inside a faulty row; the rest of its line belongs to it.
    private(set) var endsInFaultyLine = false

    /// - Parameters:
    ///   - isBehindFault: whether the text begins inside a faulty row, whose line is passed over.
    ///   - isLast: whether the text ends with the file, and not inside a row perhaps.
    ///   - scratch: room for `EventLimits.lineBytes` bytes, alive as long as the rows are read.
    init(
        _ text: UnsafeBufferPointer<UInt8>,
        delimiter: UInt8,
        isLast: Bool,
        isBehindFault: Bool = false,
        scratch: UnsafeMutablePointer<UInt8>
    ) {
        self.isLast = isLast
        self.text = text
        self.delimiter = delimiter
        self.unquoted = scratch
        if isBehindFault {
            line = 1
            skipLine(lineEnd(from: 0))
        }
    }

    /// How many bytes of the text have been read as whole rows.
    var consumed: Int { offset }

    /// Reads the next row into `fields`; nil at the end. Blank lines are passed over.
    mutating func next(into fields: inout GrowableBuffer<FieldValue>) -> Row? {
        while offset < text.count {
            line = nextLine
            let end = lineEnd(from: offset)
            var contentEnd = end
            if contentEnd > offset, text[contentEnd - 1] == 0x0D { contentEnd -= 1 }
            if contentEnd == offset {
                if end == text.count, !isLast { return .incomplete }
                skipLine(end)
                continue
            }
            return row(into: &fields, firstLineEnd: end)
        }
        return nil
    }

    private func lineEnd(from start: Int) -> Int {
        guard let base = text.baseAddress, let end = memchr(base + start, 0x0A, text.count - start) else {
            return text.count
        }
        return base.distance(to: end.assumingMemoryBound(to: UInt8.self))
    }

    private mutating func skipLine(_ end: Int) {
        endsInFaultyLine = end == text.count && !isLast
        offset = min(end + 1, text.count)
        nextLine = line + 1
    }

    private mutating func row(into fields: inout GrowableBuffer<FieldValue>, firstLineEnd: Int) -> Row {
        fields.removeAll()
        let start = offset
        var at = offset
        var scratchUsed = 0
        var lineFeeds = 0
        let limit = min(text.count, start + EventLimits.lineBytes + 2)  // with the line end
        while true {
            if at < limit, text[at] == UInt8(ascii: "\"") {
                guard let end = quotedField(&at, limit, &scratchUsed, &lineFeeds, &fields) else {
                    let tooLong = at - start >= EventLimits.lineBytes
                    if !tooLong, at >= text.count - 1, !isLast { return .incomplete }
                    skipLine(firstLineEnd)
                    return tooLong
                        ? .fault(.tooLarge, "longer than \(EventLimits.lineBytes) bytes, or a quote is not closed")
                        : .fault(.malformed, "a quote is not closed, or text follows a closing quote")
                }
                at = end
            } else {
                let fieldStart = at
                while at < limit, text[at] != delimiter, text[at] != 0x0A {
                    if text[at] == UInt8(ascii: "\"") {
                        skipLine(firstLineEnd)
                        return .fault(.malformed, "a quote inside a field that is not quoted")
                    }
                    at += 1
                }
                if at == limit, limit < text.count {
                    skipLine(firstLineEnd)
                    return .fault(.tooLarge, "longer than \(EventLimits.lineBytes) bytes")
                }
                var fieldEnd = at
                if fieldEnd > fieldStart, at == text.count || text[at] == 0x0A, text[fieldEnd - 1] == 0x0D {
                    fieldEnd -= 1
                }
                fields.append(.string(text.baseAddress! + fieldStart, count: fieldEnd - fieldStart))
            }
            if at < limit, text[at] == delimiter {
                at += 1
                continue
            }
            break
        }
        if at >= text.count, !isLast { return .incomplete }
        let end = at
        if end - start - (text[end - 1] == 0x0D ? 1 : 0) > EventLimits.lineBytes {
            skipLine(firstLineEnd)
            return .fault(.tooLarge, "longer than \(EventLimits.lineBytes) bytes")
        }
        nextLine = line + lineFeeds + 1
        offset = min(end + 1, text.count)
        guard FieldText.isUTF8(UnsafeBufferPointer(rebasing: text[start..<end])) else {
            return .fault(.badUTF8, "the row is not valid UTF-8")
        }
        return .fields
    }

    /// Reads a quoted field whose opening quote is at `at`; the offset of the delimiter or line end behind it, or nil.
    private mutating func quotedField(
        _ at: inout Int,
        _ limit: Int,
        _ scratchUsed: inout Int,
        _ lineFeeds: inout Int,
        _ fields: inout GrowableBuffer<FieldValue>
    ) -> Int? {
        at += 1
        let start = at
        let scratchStart = scratchUsed
        var copied = false
        while at < limit {
            let byte = text[at]
            if byte == UInt8(ascii: "\"") {
                if at + 1 < limit, text[at + 1] == UInt8(ascii: "\"") {
                    if !copied {
                        copied = true
                        for index in start..<at { unquoted[scratchUsed + index - start] = text[index] }
                        scratchUsed += at - start
                    }
                    unquoted[scratchUsed] = byte
                    scratchUsed += 1
                    at += 2
                    continue
                }
                let field =
                    copied
                    ? FieldValue.string(unquoted + scratchStart, count: scratchUsed - scratchStart)
                    : FieldValue.string(text.baseAddress! + start, count: at - start)
                at += 1
                if at + 1 < limit, text[at] == 0x0D, text[at + 1] == 0x0A { at += 1 }
                if at == text.count || at < limit && (text[at] == delimiter || text[at] == 0x0A) {
                    fields.append(field)
                    return at
                }
                if at + 1 == text.count, text[at] == 0x0D {
                    fields.append(field)
                    return at + 1
                }
                return nil
            }
            if byte == 0x0A { lineFeeds += 1 }
            if copied {
                unquoted[scratchUsed] = byte
                scratchUsed += 1
            }
            at += 1
        }
        return nil
    }
}
