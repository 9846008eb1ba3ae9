// SPDX-License-Identifier: Apache-2.0

/// The start times of a series's samples: `_ -30s-1mx2 0 *`, each relative to the time of its sample.
///
/// Source: Prometheus, `promql/promqltest/test.go`, `parseSTSequence`.
enum StartTimeNotation {
    /// Milliseconds from the sample's time, or nil for `_`: no start time.
    static func offsets(_ text: some StringProtocol) throws(SeriesNotationError) -> [Int64?] {
        var offsets: [Int64?] = []
        for item in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            guard let (first, step, count) = parse(item, last: offsets.last { $0 != nil } ?? 0),
                offsets.count + count <= SeriesNotation.maximumValues
            else { throw SeriesNotationError("invalid start time \"\(item)\"") }
            for index in 0..<count {
                guard let first else {
                    offsets.append(nil)
                    continue
                }
                let (change, overflow) = step.multipliedReportingOverflow(by: Int64(index))
                let (offset, carry) = first.addingReportingOverflow(change)
                guard !overflow, !carry else { throw SeriesNotationError("start time \"\(item)\" is out of range") }
                offsets.append(offset)
            }
        }
        return offsets
    }

    /// First offset, step and count of an item: `_`, `_xN`, `*`, `*xN`, `1s`, `1sxN`, `1s+2sxN`, `1s-2sxN`.
    private static func parse(_ item: some StringProtocol, last: Int64?) -> (Int64?, step: Int64, count: Int)? {
        let parts = item.split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false)
        var repetitions: Int?
        if parts.count == 2 {
            guard let number = Int(parts[1]), number >= 0, number < SeriesNotation.maximumValues else { return nil }
            repetitions = number
        }
        switch parts[0] {
        case "_": return repetitions == 0 ? nil : (nil, 0, repetitions ?? 1)
        case "*": return (last ?? 0, 0, (repetitions ?? 0) + 1)
        default: break
        }
        let body = parts[0]
        let sign = body.dropFirst().firstIndex { $0 == "+" || $0 == "-" } ?? body.endIndex
        guard let first = signed(body[..<sign]) else { return nil }
        if sign == body.endIndex { return (first, 0, (repetitions ?? 0) + 1) }
        guard let step = signed(body[sign...]), let repetitions else { return nil }
        return (first, step, repetitions + 1)
    }

    private static func signed(_ text: some StringProtocol) -> Int64? {
        guard let sign = text.first else { return nil }
        guard let size = try? DurationText.milliseconds(of: String(text.dropFirst(sign == "-" || sign == "+" ? 1 : 0)))
        else {
            return nil
        }
        return sign == "-" ? -size : size
    }
}
