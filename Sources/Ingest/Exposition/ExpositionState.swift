// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// What an `ExpositionReader` has read, and the loop over lines.
struct ExpositionState: ~Copyable {
    private let isOpenMetrics: Bool
    private let format: ExpositionFormat
    private let grammar: NumberText.Grammar

    var batch = SampleBatch()
    var faults: [ExpositionFault] = []
    var counts = ExpositionCounts()

    private var texts = SeriesTextTable()
    private var families = FamilyTable()
    /// The series by name and ordered labels, all cut by a byte that UTF-8 never has.
    private var names = SeriesTextTable()

    /// The entry of the last line's series.
    private var previous = 0
    /// The 1-based line that is being read.
    private var line = 0
    /// The beginning of a line whose end has not come yet.
    private var carried = GrowableBuffer<UInt8>(capacity: 256)
    /// The carried line is longer than a line may be; what comes of it is thrown away.
    private var isTooLong = false
    private var hasEnded = false

    init(_ format: ExpositionFormat) {
        self.format = format
        isOpenMetrics = format == .openMetrics
        grammar = format == .openMetrics ? .openMetrics : .text
    }

    // MARK: - Pieces

    mutating func read(_ piece: UnsafeRawBufferPointer, arrival: Int64) {
        guard let base = piece.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let end = base + piece.count
        var start = base
        if carried.count > 0 || isTooLong {
            let lineEnd = lineEnd(from: start, end)
            carry(start, (lineEnd ?? end) - start)
            guard let lineEnd else { return }
            readCarried(arrival)
            start = lineEnd + 1
        }
        while let lineEnd = lineEnd(from: start, end) {
            readLine(start, lineEnd, arrival)
            start = lineEnd + 1
        }
        carry(start, end - start)
    }

    mutating func finish(arrival: Int64) {
        if carried.count > 0 || isTooLong { readCarried(arrival) }
        if isOpenMetrics, !hasEnded {
            tell("the text ends without # EOF; what followed may be missing", line: line + 1)
        }
        families = FamilyTable()
        line = 0
        hasEnded = false
    }

    @inline(__always)
    private func lineEnd(from start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
        memchr(start, 0x0A, end - start).map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
    }

    private mutating func carry(_ start: UnsafePointer<UInt8>, _ count: Int) {
        if isTooLong { return }
        if carried.count + count > EventLimits.lineBytes {
            carried.removeAll()
            isTooLong = true
        } else {
            carried.append(from: start, count: count)
        }
    }

    private mutating func readCarried(_ arrival: Int64) {
        if isTooLong {
            beginLine()
            tellTooLong()
        } else {
            readLine(carried.base, carried.base + carried.count, arrival)
        }
        carried.removeAll()
        isTooLong = false
    }

    // MARK: - Lines

    @inline(__always)
    private mutating func beginLine() {
        line &+= 1
        counts.lines &+= 1
    }

    @inline(__always)
    private mutating func readLine(
        _ start: UnsafePointer<UInt8>,
        _ lineEnd: UnsafePointer<UInt8>,
        _ arrival: Int64
    ) {
        beginLine()
        if lineEnd - start > EventLimits.lineBytes { return tellTooLong() }
        var end = lineEnd
        if end > start, end[-1] == 0x0D { end -= 1 }
        // Fast path: the series that followed the last line's series the last time.
        let guess = Int(texts[previous].successor)
        let entry = texts[guess]
        if texts.isPrefix(entry, of: start, count: end - start),
            readValue(start + entry.length, end, entry.series, arrival)
        {
            previous = guess
        } else {
            readOtherLine(start, end, arrival)
        }
    }

    /// Reads what is behind the text of a series, and adds the sample; false, and nothing done, when it is not right.
    @inline(__always)
    private mutating func readValue(
        _ start: UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>,
        _ series: UInt32,
        _ arrival: Int64
    ) -> Bool {
        var at = start
        while at < end, LineCursor.isBlank(at.pointee) { at += 1 }
        guard let value = NumberText.read(&at, end, grammar) else { return false }
        var milliseconds = arrival
        if at < end {
            guard LineCursor.isBlank(at.pointee) else { return false }
            repeat { at += 1 } while at < end && LineCursor.isBlank(at.pointee)
            if at < end, at.pointee != UInt8(ascii: "#") {
                guard let time = isOpenMetrics ? TimeText.seconds(&at, end) : TimeText.milliseconds(&at, end),
                    at == end || LineCursor.isBlank(at.pointee)
                else { return false }
                milliseconds = time
                while at < end, LineCursor.isBlank(at.pointee) { at += 1 }
            }
            if at < end, !dropExemplar(at, end) { return false }
        }
        batch.append(series: series, milliseconds: milliseconds, bits: value.bitPattern)
        counts.samples &+= 1
        return true
    }

    @inline(never)
    private mutating func dropExemplar(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        var cursor = LineCursor(start, end)
        guard isOpenMetrics, (try? ExemplarText(&cursor, .lenient)) != nil else { return false }
        counts.exemplars += 1
        return true
    }

    // MARK: - Lines that are not as guessed

    @inline(never)
    private mutating func readOtherLine(
        _ lineStart: UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>,
        _ arrival: Int64
    ) {
        var start = lineStart
        if line == 1, end - start >= 3, start[0] == 0xEF, start[1] == 0xBB, start[2] == 0xBF { start += 3 }
        while start < end, LineCursor.isBlank(start.pointee) { start += 1 }
        if start == end { return }
        do throws(SyntaxFault) {
            if start.pointee == UInt8(ascii: "#") {
                try readHashLine(UnsafeBufferPointer(start: start, count: end - start))
                return
            }
            if hasEnded { throw SyntaxFault("a sample behind # EOF") }
            let (entry, length) = try findSeries(start, end)
            texts.setSuccessor(of: previous, to: entry)
            previous = entry
            if !readValue(start + length, end, texts[entry].series, arrival) {
                throw valueFault(start + length, end)
            }
        } catch {
            tell(error.reason, line: line)
        }
    }

    private mutating func readHashLine(_ text: UnsafeBufferPointer<UInt8>) throws(SyntaxFault) {
        if text.elementsEqual("# EOF".utf8) {
            // In text it is a comment, but no writer of text writes it; the seconds would be read as milliseconds.
            guard isOpenMetrics else { throw SyntaxFault("an OpenMetrics text is read as text format 0.0.4") }
            hasEnded = true
        } else if let metadata = try MetadataLine(text, format) {
            families.add(metadata)
        }
    }

    /// The entry of the series that a line begins with, and the length of its text.
    private mutating func findSeries(
        _ start: UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>
    ) throws(SyntaxFault) -> (entry: Int, length: Int) {
        guard let length = SeriesText.length(start, end) else {
            var cursor = LineCursor(start, end)
            _ = try SeriesText(&cursor, .lenient)
            throw SyntaxFault("the braces around the labels are not closed")
        }
        let hash = texts.hash(of: start, count: length)
        let known = texts.index(of: start, count: length, hash: hash)
        if known != 0 { return (known, length) }

        var cursor = LineCursor(start, start + length)
        let text = try SeriesText(&cursor, .lenient)
        guard cursor.isAtEnd else { throw SyntaxFault("no metric name: \(SyntaxFault.quoted(cursor.rest))") }
        let labels = text.labels?.labels ?? Labels([])
        var name: [UInt8] = []
        name.reserveCapacity(length)
        name.append(contentsOf: text.name.utf8)
        for pair in labels.pairs {
            name.append(0xFF)
            name.append(contentsOf: pair.name.utf8)
            name.append(0xFF)
            name.append(contentsOf: pair.value.utf8)
        }
        let series = name.withUnsafeBufferPointer { name in
            guard let start = name.baseAddress else { return 0 as UInt32 }
            let hash = names.hash(of: start, count: name.count)
            let known = names.index(of: start, count: name.count, hash: hash)
            if known != 0 { return names[known].series }
            let new = UInt32(batch.table.count)
            batch.table.append(
                SampleBatch.Series(family: families.family(ofSamplesNamed: text.name), labels: labels)
            )
            _ = names.add(start, count: name.count, hash: hash, series: new)
            return new
        }
        return (texts.add(start, count: length, hash: hash, series: series), length)
    }

    // MARK: - Faults

    /// Why `readValue` did not read this.
    private func valueFault(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> SyntaxFault {
        var cursor = LineCursor(start, end)
        cursor.skipBlanks()
        if cursor.isAtEnd { return SyntaxFault("no value") }
        let value = cursor.word()
        guard NumberText.value(of: value, grammar) != nil else {
            return SyntaxFault("the value \(SyntaxFault.quoted(value)) is not a number")
        }
        cursor.skipBlanks()
        if cursor.next != UInt8(ascii: "#") {
            let time = cursor.word()
            var at = time.baseAddress ?? end
            let read = isOpenMetrics ? TimeText.seconds(&at, cursor.at) : TimeText.milliseconds(&at, cursor.at)
            guard read != nil, at == cursor.at else {
                let unit = isOpenMetrics ? "seconds" : "whole milliseconds"
                return SyntaxFault("the timestamp \(SyntaxFault.quoted(time)) is not in \(unit), or too far away")
            }
            cursor.skipBlanks()
        }
        guard isOpenMetrics, cursor.next == UInt8(ascii: "#") else {
            return SyntaxFault("more than a value and a timestamp: \(SyntaxFault.quoted(cursor.rest))")
        }
        do throws(SyntaxFault) {
            _ = try ExemplarText(&cursor, .lenient)
            return SyntaxFault("not a sample")
        } catch {
            return error
        }
    }

    @inline(never)
    private mutating func tellTooLong() {
        tell("longer than \(EventLimits.lineBytes) bytes", line: line)
    }

    private mutating func tell(_ reason: String, line: Int) {
        faults.append(ExpositionFault(line: line, reason: reason))
        counts.faults += 1
    }
}
