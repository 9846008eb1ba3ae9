// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// A regular expression that is looked for anywhere in a text.
///
/// Those of TimeSeries match whole texts, so the pattern gets an end that takes anything, and a beginning that takes as
/// little as it can, which finds the first match as a search does. Behind the first place, the beginning takes one
/// character more: the one before that place, which `^` and `\b` look at.
///
/// Source: Go, package regexp.
struct ExpressionSearch {
    private let atStart: CapturingExpression
    private let behindStart: CapturingExpression

    init(_ pattern: String) throws(TemplateFault) {
        // Alone first: `a)(b` is none, for all that it is one in parentheses.
        guard CapturingExpression(pattern) != nil else { throw TemplateFault(ExpressionSearch.fault(of: pattern)) }
        // A `\Q` may reach to the end of the pattern.
        for end in ["", "\\E"] {
            let group = "((?-s:\(pattern)\(end)))(?s:.*)"
            if let first = CapturingExpression("(?s:.*?)" + group),
                let second = CapturingExpression("(?s:.)(?s:.*?)" + group)
            {
                (atStart, behindStart) = (first, second)
                return
            }
        }
        throw TemplateFault("regular expression too large: `\(pattern)`")
    }

    private static func fault(of pattern: String) -> String {
        do throws(LabelMatcherError) {
            _ = try LabelMatcher("", .matches, pattern)
            return "error parsing regexp: `\(pattern)`"
        } catch {
            return error.message
        }
    }

    /// The groups of the first match that begins at a byte or behind it, the whole first.
    func first(
        in text: String,
        from start: Int,
        _ evaluation: inout TemplateEvaluation
    ) throws(TemplateFault) -> [Range<Int>?]? {
        let bytes = text.utf8
        var skipped = 0
        if start > 0 {
            // To the character before.
            skipped = start - 1
            while skipped > 0, bytes[bytes.index(bytes.startIndex, offsetBy: skipped)] & 0xC0 == 0x80 { skipped -= 1 }
        }
        try evaluation.charge(1 + (bytes.count - skipped) / TemplateBounds.bytesOfStep)
        let expression = start == 0 ? atStart : behindStart
        guard let groups = expression.groups(in: String(Substring(bytes.dropFirst(skipped)))) else { return nil }
        return groups.dropFirst().map { $0.map { ($0.lowerBound + skipped)..<($0.upperBound + skipped) } }
    }

    /// The text with each match replaced.
    func replace(
        in text: String,
        with replacement: String,
        _ evaluation: inout TemplateEvaluation
    ) throws(TemplateFault) -> String {
        let bytes = Array(text.utf8)
        let names = Array(atStart.groupNames.dropFirst())
        let template = ReplacementTemplate(replacement, groupNames: names)
        var result = BoundedText()
        var copied = 0
        var place = 0
        while place <= bytes.count, let groups = try first(in: text, from: place, &evaluation), let whole = groups[0] {
            try result.append(String(decoding: bytes[copied..<max(copied, whole.lowerBound)], as: UTF8.self))
            // Not for an empty match right behind another.
            if whole.upperBound > copied || whole.lowerBound == 0 {
                try template.expand(groups, in: bytes) { text throws(TemplateFault) in try result.append(text) }
            }
            copied = max(copied, whole.upperBound)
            place = whole.upperBound > place ? whole.upperBound : place + width(at: place, of: bytes)
        }
        try result.append(String(decoding: bytes[min(copied, bytes.count)...], as: UTF8.self))
        return result.text
    }

    private func width(at index: Int, of bytes: [UInt8]) -> Int {
        index < bytes.count ? QuotedText.scalar(at: index, in: bytes).count : 1
    }
}
