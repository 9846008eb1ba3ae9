// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// Why a text is no histogram in the notation of the test language.
package struct HistogramNotationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and where it matters with the offending word.
    package let message: String

    /// The message.
    package var description: String { message }
}

/// Histograms as the test language writes them:
/// `{{schema:1 sum:3 count:22 z_bucket:2 z_bucket_w:0.1 offset:-1 buckets:[5 10 7] n_offset:1 n_buckets:[4 5]
/// custom_values:[1 2] counter_reset_hint:gauge}}`.
///
/// Every property may be left out, none may stand twice. The opposite is `NativeHistogram.testExpression`.
///
/// Source: Prometheus, `promql/parser/generated_parser.y`, `histogram_series_value`, and `parse.go`,
/// `buildHistogramFromMap`; `docs/configuration/unit_testing_rules.md`.
package enum HistogramNotation {
    /// The histogram of a text, which begins with `{{` and ends with `}}`, blanks around it aside.
    ///
    /// - Complexity: O(length).
    package static func parse(_ text: some StringProtocol) throws(HistogramNotationError) -> NativeHistogram {
        var reader = Reader(bytes: Array(text.utf8))
        return try reader.read()
    }

    /// Reads a text from its beginning to its end.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0
        var histogram = NativeHistogram()
        var seen: Set<String> = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func read() throws(HistogramNotationError) -> NativeHistogram {
            skipBlanks()
            try expect("{{")
            skipBlanks()
            while position < bytes.count, bytes[position] != UInt8(ascii: "}") {
                let name = word { $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
                try expect(":")
                skipBlanks()
                guard seen.insert(name).inserted else { throw error("duplicate property \"\(name)\"") }
                try property(name)
                skipBlanks()
            }
            try expect("}}")
            skipBlanks()
            if position < bytes.count { throw error("unexpected \"\(rest)\" behind the histogram") }
            return try finished()
        }

        private mutating func property(_ name: String) throws(HistogramNotationError) {
            switch name {
            case "schema": histogram.schema = try integer()
            case "sum": histogram.sum = try number()
            case "count": histogram.count = try number()
            case "z_bucket": histogram.zeroCount = try number()
            case "z_bucket_w": histogram.zeroThreshold = try number()
            case "custom_values": histogram.customValues = try numbers()
            case "buckets": histogram.positiveBuckets = try numbers()
            case "n_buckets": histogram.negativeBuckets = try numbers()
            case "offset": histogram.positiveSpans = [NativeHistogram.Span(offset: try integer(), length: 0)]
            case "n_offset": histogram.negativeSpans = [NativeHistogram.Span(offset: try integer(), length: 0)]
            case "counter_reset_hint": histogram.resetHint = try hint()
            default: throw error("unknown property \"\(name)\"")
            }
        }

        /// The histogram with spans as long as there are buckets.
        private func finished() throws(HistogramNotationError) -> NativeHistogram {
            var histogram = histogram
            for (spans, buckets) in [
                (\NativeHistogram.positiveSpans, histogram.positiveBuckets),
                (\NativeHistogram.negativeSpans, histogram.negativeBuckets),
            ] {
                let offset = histogram[keyPath: spans].first?.offset ?? 0
                let length = UInt32(clamping: buckets.count)
                guard Int(offset) + buckets.count - 1 <= Int(Int32.max) else {
                    throw error("the last bucket's index is beyond \(Int32.max)")
                }
                histogram[keyPath: spans] = length == 0 ? [] : [NativeHistogram.Span(offset: offset, length: length)]
            }
            if histogram.zeroThreshold.isNaN { throw error("z_bucket_w is not a number") }
            guard histogram.usesCustomBuckets || (-9...52).contains(histogram.schema) else {
                throw error("schema \(histogram.schema) is not known")
            }
            return histogram
        }

        private mutating func hint() throws(HistogramNotationError) -> NativeHistogram.ResetHint {
            let name = word { $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            switch name {
            case "unknown": return .unknown
            case "reset": return .reset
            case "not_reset": return .notReset
            case "gauge": return .gauge
            default: throw error("unknown counter reset hint \"\(name)\"")
            }
        }

        private mutating func integer() throws(HistogramNotationError) -> Int32 {
            let text = numberText()
            guard let value = Int32(text) else { throw error("\"\(text)\" is not a whole number") }
            return value
        }

        private mutating func number() throws(HistogramNotationError) -> Double {
            let text = numberText()
            guard let value = Double(text) else { throw error("\"\(text)\" is not a number") }
            return value
        }

        private mutating func numbers() throws(HistogramNotationError) -> [Double] {
            try expect("[")
            var numbers: [Double] = []
            skipBlanks()
            while position < bytes.count, bytes[position] != UInt8(ascii: "]") {
                numbers.append(try number())
                skipBlanks()
            }
            try expect("]")
            return numbers
        }

        private mutating func numberText() -> String {
            word { !Reader.isBlank($0) && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "}") }
        }

        private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
            let start = position
            while position < bytes.count, belongs(bytes[position]) { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        private mutating func expect(_ text: StaticString) throws(HistogramNotationError) {
            let end = position + text.utf8CodeUnitCount
            let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            guard end <= bytes.count, bytes[position..<end].elementsEqual(wanted) else {
                throw error("expected \"\(text)\" and not \"\(rest)\"")
            }
            position = end
        }

        private mutating func skipBlanks() {
            while position < bytes.count, Reader.isBlank(bytes[position]) { position += 1 }
        }

        private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

        /// What is not read yet, for a message.
        private var rest: String { String(decoding: bytes[position...].prefix(20), as: UTF8.self) }

        private func error(_ message: String) -> HistogramNotationError {
            HistogramNotationError(message: "histogram: \(message)")
        }
    }
}
