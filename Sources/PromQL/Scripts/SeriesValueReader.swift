// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Reads the values of a series, item by item.
struct SeriesValueReader {
    private let text: [UInt8]
    private var position = 0
    private var values: [SeriesNotation.Value] = []

    init(_ text: some StringProtocol) {
        self.text = Array(text.utf8)
    }

    /// All values.
    mutating func all() throws(SeriesNotationError) -> [SeriesNotation.Value] {
        skipBlanks()
        while position < text.count {
            let start = position
            try item()
            guard position == text.count || isBlank(text[position]) else {
                let end = text[position...].firstIndex(where: isBlank) ?? text.count
                throw SeriesNotationError("unexpected values \"\(String(decoding: text[start..<end], as: UTF8.self))\"")
            }
            skipBlanks()
        }
        return values
    }

    private mutating func item() throws(SeriesNotationError) {
        switch text[position] {
        case UInt8(ascii: "_"):
            position += 1
            let count = try repetitions()
            try append(count ?? 1) { _ in .omitted }
        case UInt8(ascii: "{"):
            try histograms()
        default:
            try numbers()
        }
    }

    /// `1`, `1xN` (N + 1 times), `1+2xN`, `1-2xN`, `stale`.
    private mutating func numbers() throws(SeriesNotationError) {
        let first = try number()
        if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
            let step = try number()
            guard let count = try repetitions() else {
                throw SeriesNotationError("expected x and a count behind a step")
            }
            var value = first
            try append(count + 1) { index in
                if index > 0 { value += step }
                return .number(value)
            }
        } else {
            let count = try repetitions() ?? 0
            try append(count + 1) { _ in .number(first) }
        }
    }

    /// `{{…}}`, `{{…}}xN` (N + 1 times), `{{…}}+{{…}}xN`, `{{…}}-{{…}}xN`.
    private mutating func histograms() throws(SeriesNotationError) {
        let (first, namesHint) = try histogram()
        guard position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") else {
            let count = try repetitions() ?? 0
            return try append(count + 1) { _ in .histogram(first, namesResetHint: namesHint) }
        }
        let isAddition = text[position] == UInt8(ascii: "+")
        position += 1
        let (step, stepNamesHint) = try histogram()
        guard let count = try repetitions() else { throw SeriesNotationError("expected x and a count behind a step") }
        var sum = first
        var failure: HistogramError?
        try append(count + 1) { index in
            guard index > 0, failure == nil else { return .histogram(first, namesResetHint: namesHint) }
            do throws(HistogramError) {
                // What is to be said of an addition is for queries, not for notations.
                _ = isAddition ? try sum.add(step) : try sum.subtract(step)
            } catch {
                failure = error
            }
            return .histogram(sum, namesResetHint: namesHint || stepNamesHint)
        }
        if failure != nil { throw SeriesNotationError("histograms of exponential and custom buckets do not add") }
    }

    /// One `{{…}}`.
    private mutating func histogram() throws(SeriesNotationError) -> (NativeHistogram, namesHint: Bool) {
        let start = position
        guard position + 1 < text.count, text[position] == UInt8(ascii: "{"), text[position + 1] == UInt8(ascii: "{")
        else { throw SeriesNotationError("expected {{ at the start of a histogram") }
        while position + 1 < text.count, text[position] != UInt8(ascii: "}") || text[position + 1] != UInt8(ascii: "}")
        {
            position += 1
        }
        guard position + 1 < text.count else { throw SeriesNotationError("expected }} at the end of a histogram") }
        position += 2
        let notation = String(decoding: text[start..<position], as: UTF8.self)
        do throws(HistogramNotationError) {
            return (try HistogramNotation.parse(notation), notation.contains("counter_reset_hint"))
        } catch {
            throw SeriesNotationError("\(error)")
        }
    }

    /// A number with or without a sign, `Inf`, `NaN` or `stale`.
    private mutating func number() throws(SeriesNotationError) -> Double {
        let start = position
        if text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") { position += 1 }
        if takes("stale"), position - start == 5 { return SampleColumns.staleMarker }
        if takes("inf") { return text[start] == UInt8(ascii: "-") ? -Double.infinity : .infinity }
        if takes("nan") { return Double.nan }
        let digits = position
        skipDigits()
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            skipDigits()
        }
        if position > digits, position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            skipDigits()
        }
        let written = String(decoding: text[start..<position], as: UTF8.self)
        guard let value = Double(written) else {
            let end = text[start...].firstIndex(where: isBlank) ?? text.count
            throw SeriesNotationError("bad number \"\(String(decoding: text[start..<end], as: UTF8.self))\"")
        }
        return value
    }

    /// N of `xN`; nil when there is no `x`.
    private mutating func repetitions() throws(SeriesNotationError) -> Int? {
        guard position < text.count, text[position] == UInt8(ascii: "x") else { return nil }
        position += 1
        let start = position
        skipDigits()
        guard let count = Int(String(decoding: text[start..<position], as: UTF8.self)),
            count < SeriesNotation.maximumValues
        else { throw SeriesNotationError("expected a count behind x, less than \(SeriesNotation.maximumValues)") }
        return count
    }

    private mutating func append(
        _ count: Int,
        _ value: (Int) -> SeriesNotation.Value
    ) throws(SeriesNotationError) {
        guard values.count + count <= SeriesNotation.maximumValues else {
            throw SeriesNotationError("more than \(SeriesNotation.maximumValues) values in a line")
        }
        for index in 0..<count { values.append(value(index)) }
    }

    /// Steps over a word, in whatever case, when it stands here.
    private mutating func takes(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= text.count,
            (0..<count).allSatisfy({ text[position + $0] | 0x20 == word.utf8Start[$0] })
        else { return false }
        position += count
        return true
    }

    private mutating func skipDigits() {
        while position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) { position += 1 }
    }

    private mutating func skipBlanks() {
        while position < text.count, isBlank(text[position]) { position += 1 }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
